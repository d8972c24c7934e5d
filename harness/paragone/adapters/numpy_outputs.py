"""The three output layers in NumPy: activation, loss, and delta = ∂ℓ/∂Z, on logits Z, activations A and one-hot Y.

Every implementation on plain NumPy or CuPy arrays computes its output by these formulas, whatever its layout: the
classes lie along `axis`. Losses are sums over the mini-batch, from the logits where log A would be −inf because A
rounds to 0. The reference, which judges the implementations, has formulas of its own.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias

import numpy as np

Array: TypeAlias = Any  # of NumPy, or of CuPy, whose arrays NumPy's functions hand on to CuPy's own


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


OUTPUTS: dict[tuple[str, str], Output] = {
    ("sigmoid", "quadratic"): SigmoidQuadratic(),
    ("sigmoid", "log"): SigmoidLog(),
    ("softmax", "cross_entropy"): SoftmaxCrossEntropy(),
}
