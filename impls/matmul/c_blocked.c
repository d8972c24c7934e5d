#include <string.h>

#include "matmul.h"

enum { BLOCK = 64 }; /* three blocks of 64 × 64 numbers of 8 bytes are 96 KB, and fit into the second cache */

static int64_t end_of(int64_t block, int64_t n) { return block + BLOCK < n ? block + BLOCK : n; }

void matmul(int64_t n, const real *A, const real *B, real *C)
{
    memset(C, 0, n * n * sizeof(real));
    for (int64_t ii = 0; ii < n; ii += BLOCK)
        for (int64_t kk = 0; kk < n; kk += BLOCK)
            for (int64_t jj = 0; jj < n; jj += BLOCK)
                for (int64_t i = ii; i < end_of(ii, n); i++)
                    for (int64_t k = kk; k < end_of(kk, n); k++)
                        for (int64_t j = jj; j < end_of(jj, n); j++)
                            C[i * n + j] += A[i * n + k] * B[k * n + j];
}
