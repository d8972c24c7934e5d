#include <tgmath.h> /* the root of the type: sqrtf or sqrt */

#include "pairwise.h"

void pairwise(int64_t n, int64_t d, const real *X, real *D)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) {
            real squares = 0;
            for (int64_t k = 0; k < d; k++) {
                real difference = X[i * d + k] - X[j * d + k];
                squares += difference * difference;
            }
            D[i * n + j] = sqrt(squares);
        }
}
