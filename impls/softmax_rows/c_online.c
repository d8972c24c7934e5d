/* The maximum and the sum in one pass (M. Milakov, N. Gimelshein: Online normalizer calculation for softmax, 2018):
 * whenever a number is larger than all before it, the sum so far is scaled to the new maximum.
 */
#include <tgmath.h>

#include "softmax_rows.h"

void softmax_rows(int64_t n, int64_t m, const real *X, real *Y)
{
    for (int64_t i = 0; i < n; i++, X += m, Y += m) {
        real largest = X[0], total = 1;
        for (int64_t j = 1; j < m; j++)
            if (X[j] > largest) {
                total = total * exp(largest - X[j]) + 1;
                largest = X[j];
            } else
                total += exp(X[j] - largest);
        for (int64_t j = 0; j < m; j++)
            Y[j] = exp(X[j] - largest) / total;
    }
}
