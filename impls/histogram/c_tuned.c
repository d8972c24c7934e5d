/* Numbers take turns at TABLES tables of counts, which are added up at the end: a count is seldom written and read at
 * once, so that few additions wait for a store. The bins of a block are found first, in vectors of 32-bit numbers.
 */
#include <stdlib.h>
#include <string.h>

#include "histogram.h"

enum { TABLES = 8, BLOCK = 1024 };

static int64_t *tables;

void histogram_setup(int64_t n, int64_t m)
{
    free(tables);
    tables = malloc(TABLES * m * sizeof *tables);
}

void histogram(int64_t n, int64_t m, const real *restrict x, int64_t *restrict counts)
{
    int32_t bins[BLOCK];
    real scale = m;
    memset(tables, 0, TABLES * m * sizeof *tables);
    for (int64_t first = 0; first < n; first += BLOCK) {
        int64_t length = n - first < BLOCK ? n - first : BLOCK, i = 0;
        for (int64_t k = 0; k < length; k++)
            bins[k] = (int32_t)(scale * x[first + k]);
        for (; i + TABLES <= length; i += TABLES)
            for (int table = 0; table < TABLES; table++)
                tables[table * m + bins[i + table]]++;
        for (; i < length; i++)
            tables[bins[i]]++;
    }
    for (int64_t bin = 0; bin < m; bin++) {
        counts[bin] = 0;
        for (int table = 0; table < TABLES; table++)
            counts[bin] += tables[table * m + bin];
    }
}
