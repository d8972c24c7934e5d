#include "matmul.h"

void matmul(int64_t n, const real *A, const real *B, real *C)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) {
            real sum = 0;
            for (int64_t k = 0; k < n; k++)
                sum += A[i * n + k] * B[k * n + j];
            C[i * n + j] = sum;
        }
}
