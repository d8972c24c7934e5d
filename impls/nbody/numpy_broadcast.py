"""Every body with all others at once: differences lie in a temporary array of n × n × 3 numbers."""

import numpy as np

DT = 0.01


def run(x, v, m):
    differences = x - x[:, None]
    squares = (differences * differences).sum(axis=2)
    np.fill_diagonal(squares, 1)  # no body attracts itself: its difference is 0
    v += DT * ((m / (squares * np.sqrt(squares)))[:, :, None] * differences).sum(axis=1)
    x += DT * v
