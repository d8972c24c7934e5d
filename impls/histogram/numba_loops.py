"""One loop, compiled by Numba when it is first called."""

from numba import njit

REQUIRES = ("numba",)
PLAIN_LOOPS = True


@njit
def run(x, counts):
    m = len(counts)
    counts[:] = 0
    for x_i in x:
        counts[int(m * x_i)] += 1
