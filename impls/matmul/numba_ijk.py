"""Three loops in the order of the formula, compiled by Numba when they are first called: B is read down its columns."""

from numba import njit

REQUIRES = ("numba",)


@njit
def run(A, B, C):
    n = len(A)
    for i in range(n):
        for j in range(n):
            total = A.dtype.type(0)
            for k in range(n):
                total += A[i, k] * B[k, j]
            C[i, j] = total
