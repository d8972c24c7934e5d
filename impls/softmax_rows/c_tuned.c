/* c_loops with loops that vectors can run: exp is that of the C library for whole vectors (libmvec), and a row has
 * LANES maxima and sums at once, so that no addition waits for the one before. A product with 1 / total divides.
 */
__attribute__((simd("notinbranch"))) extern float expf(float); /* before math.h: these two exist for vectors */
__attribute__((simd("notinbranch"))) extern double exp(double);
#include <tgmath.h>

#include "softmax_rows.h"

enum { LANES = 64 };

static real larger(real a, real b) { return a > b ? a : b; }

static real largest_of(int64_t m, const real *x)
{
    real lanes[LANES];
    int64_t j = 0;
    for (int lane = 0; lane < LANES; lane++)
        lanes[lane] = x[0];
    for (; j + LANES <= m; j += LANES)
        for (int lane = 0; lane < LANES; lane++)
            lanes[lane] = larger(lanes[lane], x[j + lane]);
    for (; j < m; j++)
        lanes[0] = larger(lanes[0], x[j]);
    for (int lane = 1; lane < LANES; lane++)
        lanes[0] = larger(lanes[0], lanes[lane]);
    return lanes[0];
}

static real sum_of(int64_t m, const real *y)
{
    real lanes[LANES] = {0};
    int64_t j = 0;
    for (; j + LANES <= m; j += LANES)
        for (int lane = 0; lane < LANES; lane++)
            lanes[lane] += y[j + lane];
    for (; j < m; j++)
        lanes[0] += y[j];
    for (int lane = 1; lane < LANES; lane++)
        lanes[0] += lanes[lane];
    return lanes[0];
}

void softmax_rows(int64_t n, int64_t m, const real *restrict X, real *restrict Y)
{
    for (int64_t i = 0; i < n; i++, X += m, Y += m) {
        real largest = largest_of(m, X);
        for (int64_t j = 0; j < m; j++)
            Y[j] = exp(X[j] - largest);
        real factor = 1 / sum_of(m, Y);
        for (int64_t j = 0; j < m; j++)
            Y[j] *= factor;
    }
}
