"""Three loops, compiled by Numba when they are first called."""

from math import sqrt

from numba import njit

REQUIRES = ("numba",)
PLAIN_LOOPS = True


@njit
def run(X, D):
    n, d = X.shape
    for i in range(n):
        for j in range(n):
            squares = X.dtype.type(0)
            for k in range(d):
                difference = X[i, k] - X[j, k]
                squares += difference * difference
            D[i, j] = sqrt(squares)
