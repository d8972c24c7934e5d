#include <string.h>

#include "matmul.h"

void matmul(int64_t n, const real *A, const real *B, real *C)
{
    memset(C, 0, n * n * sizeof(real));
    for (int64_t k = 0; k < n; k++)
        for (int64_t j = 0; j < n; j++)
            for (int64_t i = 0; i < n; i++)
                C[i * n + j] += A[i * n + k] * B[k * n + j];
}
