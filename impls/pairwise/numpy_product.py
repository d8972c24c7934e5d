"""One matrix product: |x|² + |y|² − 2x·y. It is fast, and cancels where two points are close."""

import numpy as np


def run(X, D):
    squares = (X * X).sum(axis=1)
    np.matmul(X, X.T, out=D)
    D *= -2
    D += squares[:, None]
    D += squares
    np.sqrt(np.maximum(D, 0, out=D), out=D)
