"""The bin of each number in an array of n whole numbers, then np.bincount."""

import numpy as np


def run(m, x, counts):
    counts[:] = np.bincount((m * x).astype(np.int64), minlength=m)
