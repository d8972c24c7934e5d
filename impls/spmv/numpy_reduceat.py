"""All products at once, and np.add.reduceat for the sums of rows; for a row without entries it gives no 0."""

import numpy as np


def run(n, k, indptr, indices, data, x, y):
    products = data * x[indices]
    filled = indptr[:-1] < indptr[1:]
    y.fill(0)
    y[filled] = np.add.reduceat(products, indptr[:-1][filled])
