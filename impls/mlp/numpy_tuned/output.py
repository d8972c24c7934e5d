"""The output layer: its activation, delta and loss, on Z, A and Y of shape (B, C).

`activate` writes A; `output_delta` writes delta and spoils A.
"""

import numpy as np
from scipy.special import expit

ONE = {dtype: np.ones((), dtype=dtype) for dtype in "fd"}  # NumPy takes it faster than a Python number


def sigmoid(Z, A):
    """A = 1 / (1 + exp(−Z)): for ten classes one call wins over the four calls of NumPy"""
    expit(Z, A)


def softmax(Z, A):
    """A = exp(Z) / Σ_classes exp(Z), shifted by the largest logit of each sample"""
    np.subtract(Z, np.maximum.reduce(Z, axis=1, keepdims=True), A)
    np.exp(A, A)
    A /= np.add.reduce(A, axis=1, keepdims=True)


def quadratic_delta(A, Y, delta):
    """delta = (A − Y) ∘ A ∘ (1 − A)"""
    np.subtract(A, Y, delta)
    delta *= A
    np.subtract(ONE[A.dtype.char], A, A)
    delta *= A


def difference_delta(A, Y, delta):
    """delta = A − Y: sigmoid with log loss, softmax with cross-entropy"""
    np.subtract(A, Y, delta)


def quadratic_loss(Z, A, Y):
    """½ Σ (A − Y)²"""
    return 0.5 * np.sum((A - Y) ** 2)


def log_loss(Z, A, Y):
    """Σ log(1 + exp(Z)) − Y∘Z = Σ max(Z, 0) + log(1 + exp(−|Z|)) − Y∘Z; np.logaddexp is ten times slower"""
    return np.sum(np.maximum(Z, 0) - Y * Z + np.log1p(np.exp(-np.abs(Z))))


def cross_entropy(Z, A, Y):
    """Σ log Σ_classes exp(Z) − Y∘Z, shifted by the largest logit of each sample"""
    top = np.maximum.reduce(Z, axis=1, keepdims=True)
    return np.sum(top + np.log(np.add.reduce(np.exp(Z - top), axis=1, keepdims=True))) - np.sum(Y * Z)


OUTPUTS = {
    ("sigmoid", "quadratic"): (sigmoid, quadratic_delta, quadratic_loss),
    ("sigmoid", "log"): (sigmoid, difference_delta, log_loss),
    ("softmax", "cross_entropy"): (softmax, difference_delta, cross_entropy),
}
