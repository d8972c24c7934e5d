"""Loops over real and imaginary parts, compiled by Numba when they are first called."""

from numba import njit

REQUIRES = ("numba",)
PLAIN_LOOPS = True


@njit
def run(n, limit, x, y, counts):
    for i in range(n):
        for j in range(n):
            re, im = x[j], y[i]
            count = 0
            while count < limit and re * re + im * im <= 4:
                re, im = re * re - im * im + x[j], 2 * re * im + y[i]
                count += 1
            counts[i, j] = count
