"""One body after the other, each with those behind it: every pair once, and arrays that stay in the caches."""

import numpy as np

DT = 0.01


def run(x, v, m):
    for i in range(len(m) - 1):
        differences = x[i + 1 :] - x[i]
        squares = (differences * differences).sum(axis=1)
        factors = DT / (squares * np.sqrt(squares))
        v[i] += (m[i + 1 :] * factors) @ differences
        v[i + 1 :] -= (m[i] * factors)[:, None] * differences
    x += DT * v
