"""The hidden layers: A = φ(Z) in place of Z, and the slope φ′(Z), written in A, in a buffer of A's shape.

Where `sign` is −1, `activate` takes −Z, which BLAS gives at no cost.
"""

import numpy as np
from scipy.special import expit


class Sigmoid:
    """φ(Z) = 1 / (1 + exp(−Z)), φ′ = A ∘ (1 − A)"""

    sign = -1

    def __init__(self, dtype):
        self.one = np.ones((), dtype=dtype)  # NumPy takes it faster than a Python number

    def activate(self, Z):
        """1 / (1 + exp(Z)), in place of −Z"""
        np.exp(Z, Z)
        np.add(Z, self.one, Z)
        np.reciprocal(Z, Z)

    def activate_sample(self, z):
        """1 / (1 + exp(−z)): for one sample one call wins over three"""
        expit(z, z)

    def write_slope(self, A, slope):
        """slope = A ∘ (1 − A)"""
        np.subtract(self.one, A, slope)
        np.multiply(slope, A, slope)


class Tanh:
    """φ(Z) = tanh(Z), φ′ = 1 − A²"""

    sign = 1

    def __init__(self, dtype):
        self.one = np.ones((), dtype=dtype)

    def activate(self, Z):
        """tanh(Z)"""
        np.tanh(Z, Z)

    activate_sample = activate

    def write_slope(self, A, slope):
        """slope = 1 − A²"""
        np.multiply(A, A, slope)
        np.subtract(self.one, slope, slope)


class ReLU:
    """φ(Z) = max(Z, 0), φ′ = sign(A): 1 where A > 0, else 0"""

    sign = 1

    def __init__(self, dtype):
        self.zero = np.zeros((), dtype=dtype)

    def activate(self, Z):
        """max(Z, 0)"""
        np.maximum(Z, self.zero, out=Z)

    activate_sample = activate

    def write_slope(self, A, slope):
        """slope = sign(A)"""
        np.sign(A, slope)


HIDDEN = {"sigmoid": Sigmoid, "tanh": Tanh, "relu": ReLU}
