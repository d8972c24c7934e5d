"""numpy_max without the maximum: a pass less, and no result where a number is so large that its exp overflows."""

import numpy as np


def run(X, Y):
    with np.errstate(over="ignore", invalid="ignore"):  # the report shows what overflows
        powers = np.exp(X)
        Y[:] = powers / powers.sum(axis=1, keepdims=True)
