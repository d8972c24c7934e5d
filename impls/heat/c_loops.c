#include "heat.h"

static const real HALF = 0.5, EIGHTH = 0.125;

static void time_step(int64_t n, const real *restrict u, real *restrict w)
{
    for (int64_t i = 1; i < n - 1; i++) {
        const real *above = u + (i - 1) * n, *here = u + i * n, *below = u + (i + 1) * n;
        for (int64_t j = 1; j < n - 1; j++)
            w[i * n + j] = HALF * here[j] + EIGHTH * (above[j] + below[j] + here[j - 1] + here[j + 1]);
    }
}

void heat(int64_t n, real *u, real *w)
{
    time_step(n, u, w);
    time_step(n, w, u);
}
