"""Two loops, compiled by Numba when they are first called."""

from numba import njit

REQUIRES = ("numba",)
PLAIN_LOOPS = True


@njit
def run(indptr, indices, data, x, y):
    for i in range(len(y)):
        total = data.dtype.type(0)
        for e in range(indptr[i], indptr[i + 1]):
            total += data[e] * x[indices[e]]
        y[i] = total
