#include <string.h>

#include "histogram.h"

void histogram(int64_t n, int64_t m, const real *x, int64_t *counts)
{
    memset(counts, 0, m * sizeof *counts);
    for (int64_t i = 0; i < n; i++)
        counts[(int64_t)(m * x[i])]++;
}
