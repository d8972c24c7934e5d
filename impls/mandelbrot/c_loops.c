#include "mandelbrot.h"

static int32_t iterations(real x, real y, int64_t limit)
{
    real re = x, im = y;
    for (int32_t k = 0; k < limit; k++) {
        real re_square = re * re, im_square = im * im;
        if (re_square + im_square > 4)
            return k;
        im = 2 * re * im + y;
        re = re_square - im_square + x;
    }
    return limit;
}

void mandelbrot(int64_t n, int64_t limit, const real *x, const real *y, int32_t *counts)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++)
            counts[i * n + j] = iterations(x[j], y[i], limit);
}
