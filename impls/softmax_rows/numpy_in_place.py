"""The operations of numpy_max one by one, each into Y: a call allocates no more than a number for each row."""

import numpy as np


def run(X, Y):
    np.subtract(X, X.max(axis=1, keepdims=True), out=Y)
    np.exp(Y, out=Y)
    Y /= Y.sum(axis=1, keepdims=True)
