"""Two loops, compiled by Numba when they are first called: each point is read and written once."""

from numba import njit

REQUIRES = ("numba",)
PLAIN_LOOPS = True


@njit
def run(u, w):
    time_step(u, w)
    time_step(w, u)


@njit
def time_step(u, w):
    half, eighth = u.dtype.type(0.5), u.dtype.type(0.125)
    for i in range(1, u.shape[0] - 1):
        for j in range(1, u.shape[1] - 1):
            w[i, j] = half * u[i, j] + eighth * (u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1])
