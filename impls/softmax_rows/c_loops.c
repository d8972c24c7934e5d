#include <tgmath.h> /* the exp of the type: expf or exp */

#include "softmax_rows.h"

void softmax_rows(int64_t n, int64_t m, const real *X, real *Y)
{
    for (int64_t i = 0; i < n; i++, X += m, Y += m) {
        real largest = X[0], total = 0;
        for (int64_t j = 1; j < m; j++)
            if (X[j] > largest)
                largest = X[j];
        for (int64_t j = 0; j < m; j++)
            total += Y[j] = exp(X[j] - largest);
        for (int64_t j = 0; j < m; j++)
            Y[j] /= total;
    }
}
