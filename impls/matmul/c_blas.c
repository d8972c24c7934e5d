#include <cblas.h>

#include "matmul.h"

#define GEMM(A, B, C) _Generic((C), float *: scipy_cblas_sgemm, double *: scipy_cblas_dgemm)( \
        CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, A, n, B, n, 0, C, n)

void matmul(int64_t n, const real *A, const real *B, real *C)
{
    GEMM(A, B, C);
}
