"""Three loops for each row, compiled by Numba when they are first called."""

from math import exp

from numba import njit

REQUIRES = ("numba",)
PLAIN_LOOPS = True


@njit
def run(X, Y):
    n, m = X.shape
    for i in range(n):
        largest = X[i, 0]
        for j in range(m):
            largest = max(largest, X[i, j])
        total = X.dtype.type(0)
        for j in range(m):
            Y[i, j] = exp(X[i, j] - largest)
            total += Y[i, j]
        for j in range(m):
            Y[i, j] /= total
