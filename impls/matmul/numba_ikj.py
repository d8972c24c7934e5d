"""The loops of numba_ijk with the inner two exchanged: B and C are read along their rows, in vectors."""

from numba import njit

REQUIRES = ("numba",)
PLAIN_LOOPS = True


@njit
def run(A, B, C):
    n = len(A)
    C[:] = 0
    for i in range(n):
        for k in range(n):
            a = A[i, k]
            for j in range(n):
                C[i, j] += a * B[k, j]
