"""No scattered writes at all: the numbers are sorted, and each edge of a bin is looked up among them."""

import numpy as np


def run(m, x, counts):
    edges = np.arange(m + 1, dtype=x.dtype) / m
    counts[:] = np.diff(np.searchsorted(np.sort(x), edges))
