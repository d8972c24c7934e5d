"""Every pair once, in loops that Numba compiles when they are first called."""

from math import sqrt

from numba import njit

REQUIRES = ("numba",)
PLAIN_LOOPS = True


@njit
def run(x, v, m):
    n, dt = len(m), x.dtype.type(0.01)
    for i in range(n):
        for j in range(i + 1, n):
            dx, dy, dz = x[j, 0] - x[i, 0], x[j, 1] - x[i, 1], x[j, 2] - x[i, 2]
            square = dx * dx + dy * dy + dz * dz
            factor = dt / (square * sqrt(square))
            to_i, to_j = factor * m[j], factor * m[i]
            v[i, 0] += to_i * dx
            v[i, 1] += to_i * dy
            v[i, 2] += to_i * dz
            v[j, 0] -= to_j * dx
            v[j, 1] -= to_j * dy
            v[j, 2] -= to_j * dz
    for i in range(n):
        for k in range(3):
            x[i, k] += dt * v[i, k]
