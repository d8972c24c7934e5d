"""The textbook's two lines, with the maximum subtracted: each operation makes a temporary array of n × m numbers."""

import numpy as np


def run(X, Y):
    powers = np.exp(X - X.max(axis=1, keepdims=True))
    Y[:] = powers / powers.sum(axis=1, keepdims=True)
