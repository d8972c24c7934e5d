"""The hidden layers: A = φ(Z) in place of Z, and delta ← delta ∘ φ′(Z), with φ′ written in A.

`slope` is a buffer of A's shape. Where `sign` is −1, `activate` takes −Z, which BLAS gives at no cost.
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

    def times_slope(self, delta, A, slope):
        """delta ← delta ∘ A ∘ (1 − A)"""
        np.subtract(self.one, A, slope)
        np.multiply(slope, A, slope)
        np.multiply(delta, slope, delta)


class Tanh:
    """φ(Z) = tanh(Z), φ′ = 1 − A²"""

    sign = 1

    def __init__(self, dtype):
        self.one = np.ones((), dtype=dtype)

    def activate(self, Z):
        """tanh(Z)"""
        np.tanh(Z, Z)

    activate_sample = activate

    def times_slope(self, delta, A, slope):
        """delta ← delta ∘ (1 − A²)"""
        np.multiply(A, A, slope)
        np.subtract(self.one, slope, slope)
        np.multiply(delta, slope, delta)


class ReLU:
    """φ(Z) = max(Z, 0), φ′ = sign(A): 1 where A > 0, else 0"""

    sign = 1

    def __init__(self, dtype):
        self.zero = np.zeros((), dtype=dtype)

    def activate(self, Z):
        """max(Z, 0)"""
        np.maximum(Z, self.zero, out=Z)

    activate_sample = activate

    def times_slope(self, delta, A, slope):
        """delta ← delta ∘ sign(A)"""
        np.sign(A, slope)
        np.multiply(delta, slope, delta)


HIDDEN = {"sigmoid": Sigmoid, "tanh": Tanh, "relu": ReLU}
