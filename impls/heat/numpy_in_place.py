"""The operations of numpy_slices one by one, each into memory that is there already: a step allocates nothing."""

import numpy as np


def setup(n, dtype):
    return np.empty((n - 2, n - 2), dtype), np.empty((n - 2, n - 2), dtype)


def run(u, w, workspace):
    time_step(u, w, *workspace)
    time_step(w, u, *workspace)


def time_step(u, w, half, around):
    here, above, below, left, right = u[1:-1, 1:-1], u[:-2, 1:-1], u[2:, 1:-1], u[1:-1, :-2], u[1:-1, 2:]
    np.multiply(0.5, here, out=half)
    np.add(above, below, out=around)
    around += left
    around += right
    around *= 0.125
    np.add(half, around, out=w[1:-1, 1:-1])
