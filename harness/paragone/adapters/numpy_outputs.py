"""The layers of neurons in NumPy: hidden ones, with activation and slope, and the output: activation, loss and delta.

Every implementation on plain NumPy or CuPy arrays computes its neurons by these formulas, whatever its layout, on sums
Z, activations A and one-hot Y; delta is ∂ℓ/∂Z, and the classes lie along `axis`. Losses are sums over the mini-batch,
from the logits where log A would be −inf because A rounds to 0. The reference, which judges the implementations, has
formulas of its own.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias

import numpy as np

Array: TypeAlias = Any  # of NumPy, or of CuPy, whose arrays NumPy's functions hand on to CuPy's own


class Hidden(Protocol):
    """What a maths file asks of a hidden layer. The slope is written in the activation's own value."""

    def activation(self, Z: Array) -> Array:
        """A"""

    def slope(self, A: Array) -> Array:
        """∂A/∂Z"""


class Output(Protocol):
    """What a maths file asks of the output layer; `loss` comes back as a scalar of the arrays' own library."""

    def activation(self, Z: Array, axis: int) -> Array:
        """A"""

    def delta(self, A: Array, Y: Array) -> Array:
        """∂ℓ/∂Z"""

    def loss(self, Z: Array, A: Array, Y: Array, axis: int) -> Any:
        """Σ_batch ℓ"""


def sigmoid(Z: Array) -> Array:
    """1 / (1 + exp(−Z))"""
    return 1 / (1 + np.exp(-Z))


class Sigmoid:
    """A = σ(Z)"""

    def activation(self, Z: Array) -> Array:
        """σ(Z)"""
        return sigmoid(Z)

    def slope(self, A: Array) -> Array:
        """A ∘ (1 − A)"""
        return A * (1 - A)


class Tanh:
    """A = tanh(Z)"""

    def activation(self, Z: Array) -> Array:
        """tanh(Z)"""
        return np.tanh(Z)

    def slope(self, A: Array) -> Array:
        """1 − A²"""
        return 1 - A * A


class ReLU:
    """A = max(Z, 0)"""

    def activation(self, Z: Array) -> Array:
        """max(Z, 0)"""
        return np.maximum(Z, 0)

    def slope(self, A: Array) -> Array:
        """1 where A > 0, else 0: at Z = 0 it is 0"""
        return A > 0


class SigmoidQuadratic:
    """A = σ(Z), ℓ = ½ Σ_classes (A − Y)²"""

    def activation(self, Z: Array, axis: int) -> Array:
        """σ(Z)"""
        return sigmoid(Z)

    def delta(self, A: Array, Y: Array) -> Array:
        """(A − Y) ∘ A ∘ (1 − A)"""
        return (A - Y) * A * (1 - A)

    def loss(self, Z: Array, A: Array, Y: Array, axis: int) -> Any:
        """½ Σ (A − Y)²"""
        return 0.5 * np.sum((A - Y) ** 2)


class SigmoidLog:
    """A = σ(Z), ℓ = −Σ_classes (Y log A + (1 − Y) log(1 − A))"""

    def activation(self, Z: Array, axis: int) -> Array:
        """σ(Z)"""
        return sigmoid(Z)

    def delta(self, A: Array, Y: Array) -> Array:
        """A − Y"""
        return A - Y

    def loss(self, Z: Array, A: Array, Y: Array, axis: int) -> Any:
        """Σ log(1 + exp(Z)) − Y∘Z"""
        return np.sum(np.logaddexp(0, Z) - Y * Z)


class SoftmaxCrossEntropy:
    """A = exp(Z) / Σ_classes exp(Z), ℓ = −Σ_classes Y log A"""

    def activation(self, Z: Array, axis: int) -> Array:
        """exp(Z) / Σ_classes exp(Z), shifted by the largest logit of each sample"""
        E = np.exp(Z - Z.max(axis=axis, keepdims=True))
        return E / E.sum(axis=axis, keepdims=True)

    def delta(self, A: Array, Y: Array) -> Array:
        """A − Y"""
        return A - Y

    def loss(self, Z: Array, A: Array, Y: Array, axis: int) -> Any:
        """Σ log Σ_classes exp(Z) − Y∘Z, shifted by the largest logit of each sample"""
        top = Z.max(axis=axis, keepdims=True)
        return np.sum(top + np.log(np.sum(np.exp(Z - top), axis=axis, keepdims=True))) - np.sum(Y * Z)


HIDDEN: dict[str, Hidden] = {"sigmoid": Sigmoid(), "tanh": Tanh(), "relu": ReLU()}
OUTPUTS: dict[tuple[str, str], Output] = {
    ("sigmoid", "quadratic"): SigmoidQuadratic(),
    ("sigmoid", "log"): SigmoidLog(),
    ("softmax", "cross_entropy"): SoftmaxCrossEntropy(),
}
