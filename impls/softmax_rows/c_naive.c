#include <tgmath.h>

#include "softmax_rows.h"

void softmax_rows(int64_t n, int64_t m, const real *X, real *Y)
{
    for (int64_t i = 0; i < n; i++, X += m, Y += m) {
        real total = 0;
        for (int64_t j = 0; j < m; j++)
            total += Y[j] = exp(X[j]);
        for (int64_t j = 0; j < m; j++)
            Y[j] /= total;
    }
}
