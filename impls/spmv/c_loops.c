#include "spmv.h"

void spmv(int64_t n, int64_t k, const int32_t *indptr, const int32_t *indices, const real *data, const real *x,
          real *y)
{
    for (int64_t i = 0; i < n; i++) {
        real sum = 0;
        for (int32_t e = indptr[i]; e < indptr[i + 1]; e++)
            sum += data[e] * x[indices[e]];
        y[i] = sum;
    }
}
