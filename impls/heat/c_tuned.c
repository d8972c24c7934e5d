/* Both time steps in one sweep, in tiles of four rows and one vector.
 *
 * A point needs its four neighbours. In plain loops each is loaded anew: five loads for six operations. The rows of a
 * tile share those above and below: 14 loads for four points. More rows would have more vectors than registers.
 *
 * The second step follows the first while w is still in the first cache, and u passes through the caches once for both
 * steps. A row of u may be overwritten as soon as the row of w behind it is there, which needs no row of u before it.
 */
#include "heat.h"

#ifdef __AVX512F__
enum { BYTES = 64 }; /* of a vector */
#else
enum { BYTES = 32 };
#endif
enum { LANES = BYTES / sizeof(real), ROWS = 4 };
typedef real vector __attribute__((vector_size(BYTES), aligned(sizeof(real)), may_alias));

static const real HALF = 0.5, EIGHTH = 0.125;

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

/* A time step of LANES points in each of `rows` rows, which is unrolled: the first are at `from` and `to` */
static inline __attribute__((always_inline)) void tile(int rows, int64_t n, const real *from, real *to)
{
    vector row[ROWS + 2];
#pragma GCC unroll 6
    for (int k = 0; k < rows + 2; k++)
        row[k] = *(const vector *)(from + (k - 1) * n);
#pragma GCC unroll 4
    for (int k = 0; k < rows; k++) {
        vector sides = *(const vector *)(from + k * n - 1) + *(const vector *)(from + k * n + 1);
        *(vector *)(to + k * n) = HALF * row[k + 1] + EIGHTH * (row[k] + row[k + 2] + sides);
    }
}

/* A time step of the inner points of `rows` rows. The last tile may compute points once more. */
static inline __attribute__((always_inline)) void strip(int rows, int64_t n, const real *from, real *to)
{
    int64_t last = n - 1 - LANES;
    for (int64_t j = 1; j < last; j += LANES)
        tile(rows, n, from + j, to + j);
    tile(rows, n, from + last, to + last);
}

/* Where a row has no whole vector */
static void narrow(int64_t n, int64_t begin, int64_t end, const real *from, real *to)
{
    for (int64_t i = begin; i < end; i++)
        for (int64_t k = i * n + 1; k < i * n + n - 1; k++)
            to[k] = HALF * from[k] + EIGHTH * (from[k - n] + from[k + n] + from[k - 1] + from[k + 1]);
}

/* A time step of the rows from begin to end */
static void rows_of(int64_t n, int64_t begin, int64_t end, const real *from, real *to)
{
    if (n - 2 < LANES) {
        narrow(n, begin, end, from, to);
        return;
    }
    for (; begin + ROWS <= end; begin += ROWS)
        strip(ROWS, n, from + begin * n, to + begin * n);
    for (; begin < end; begin++)
        strip(1, n, from + begin * n, to + begin * n);
}

void heat(int64_t n, real *u, real *w)
{
    int64_t done = 1; /* rows below have taken both steps */
    for (int64_t first = 1, end; first < n - 1; first = end) {
        end = least(first + ROWS, n - 1);
        rows_of(n, first, end, u, w);
        int64_t ready = end == n - 1 ? end : done + (end - 1 - done) / ROWS * ROWS;
        rows_of(n, done, ready, w, u);
        done = ready;
    }
}
