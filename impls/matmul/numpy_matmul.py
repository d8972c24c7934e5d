"""A @ B, which NumPy leaves to BLAS, whichever way the matrices lie in memory."""

import numpy as np

ORDERS = ("C", "F")


def run(A, B, C):
    np.matmul(A, B, out=C)
