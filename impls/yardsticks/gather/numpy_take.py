"""NumPy's take, each call of other rows, into memory that is there."""

from itertools import cycle

import numpy as np

CALLS = 512  # before the same rows come again: many more than a cache holds


def setup(n, d, rows, dtype):
    numbers = np.full((rows, d), 2.0**-10, dtype)
    return numbers, cycle(np.random.Generator(np.random.PCG64(1)).integers(0, rows, (CALLS, n)))


def run(X, workspace):
    numbers, chosen = workspace
    np.take(numbers, next(chosen), axis=0, out=X, mode="clip")  # another mode would copy X first
