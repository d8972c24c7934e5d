/* The coordinates one after the other, so that those of neighbouring points fill vectors.
 *
 * The root sets the limit. On a processor that takes 5 cycles for those of eight floats, and 9 for those of four
 * doubles, the rest is done meanwhile. A distance is the same both ways, and half of them could be left out: tiles
 * that were turned around took longer in float32 (their stores do not follow each other), and less in float64.
 */
#include <stdlib.h>
#include <tgmath.h>

#include "pairwise.h"

#ifdef __AVX512F__
enum { BYTES = 64 }; /* of a vector */
#else
enum { BYTES = 32 };
#endif
enum { LANES = BYTES / sizeof(real), PARTS = 4, BLOCK = PARTS * LANES }; /* numbers in a vector; points at a time */
typedef real vector __attribute__((vector_size(BYTES), aligned(sizeof(real)), may_alias));

/* x (d x room): a coordinate of all points, then the next one; behind the last point come zeros */
static real *coordinates(int64_t n, int64_t d, int64_t room, const real *X)
{
    real *x = calloc(d * room, sizeof(real));
    for (int64_t k = 0; k < d; k++)
        for (int64_t i = 0; i < n; i++)
            x[k * room + i] = X[i * d + k];
    return x;
}

/* The distances of `point` from BLOCK others, the first of them at x; `count` of them are wanted */
static inline __attribute__((always_inline)) void distances(int64_t d, int64_t room, const real *point, const real *x,
                                                            int64_t count, real *D)
{
    vector sums[PARTS] = {0};
    real squares[BLOCK];
    for (int64_t k = 0; k < d; k++, x += room)
#pragma GCC unroll 4
        for (int part = 0; part < PARTS; part++) {
            vector difference = ((const vector *)x)[part] - point[k];
            sums[part] += difference * difference;
        }
#pragma GCC unroll 4
    for (int part = 0; part < PARTS; part++)
        ((vector *)squares)[part] = sums[part];
    for (int64_t j = 0; j < count; j++)
        D[j] = sqrt(squares[j]);
}

void pairwise(int64_t n, int64_t d, const real *X, real *D)
{
    int64_t room = (n / BLOCK + 1) * BLOCK, j;
    real *x = coordinates(n, d, room, X);
    for (int64_t i = 0; i < n; i++) {
        for (j = 0; j + BLOCK <= n; j += BLOCK)
            distances(d, room, X + i * d, x + j, BLOCK, D + i * n + j);
        distances(d, room, X + i * d, x + j, n - j, D + i * n + j);
    }
    free(x);
}
