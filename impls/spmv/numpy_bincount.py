"""All products at once, and np.bincount for the sums: it adds each, as float64, to the row whose number it is given."""

import numpy as np


def run(n, k, indptr, indices, data, x, y):
    rows = np.repeat(np.arange(n), np.diff(indptr))
    y[:] = np.bincount(rows, data * x[indices], n)
