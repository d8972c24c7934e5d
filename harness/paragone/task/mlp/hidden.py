"""The activations of hidden layers as `perturbation` has them: φ on sums Z, and φ′ written in A = φ(Z)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from paragone.task.mlp.state import FloatArray

Formula = Callable[[FloatArray], FloatArray]

LEAK = 0.01  # of a leaky ReLU, as libraries have it


@dataclass(frozen=True)
class Hidden:
    """φ and φ′. Where `has_kink`, φ′ jumps at Z = 0: then rounding may decide which of its two values counts."""

    activation: Formula
    slope: Formula
    has_kink: bool = False


def sigmoid(Z: FloatArray) -> FloatArray:
    """1 / (1 + exp(−Z)) = ½ + ½·tanh(Z/2), which cannot overflow."""
    return 0.5 + 0.5 * np.tanh(0.5 * Z)


def sigmoid_slope(A: FloatArray) -> FloatArray:
    """A·(1 − A)"""
    return A * (1 - A)


def tanh(Z: FloatArray) -> FloatArray:
    """tanh(Z)"""
    return np.tanh(Z)


def tanh_slope(A: FloatArray) -> FloatArray:
    """1 − A²"""
    return 1 - A * A


def relu(Z: FloatArray) -> FloatArray:
    """max(Z, 0)"""
    return np.maximum(Z, 0.0)


def relu_slope(A: FloatArray) -> FloatArray:
    """1 where A > 0, else 0"""
    return (A > 0).astype(np.float64)


def leaky_relu(Z: FloatArray) -> FloatArray:
    """max(Z, LEAK·Z), which no problem has."""
    return np.maximum(Z, LEAK * Z)


def leaky_slope(A: FloatArray) -> FloatArray:
    """1 where A > 0, else LEAK"""
    return np.where(A > 0, 1.0, LEAK)


def no_slope(A: FloatArray) -> FloatArray:
    """1 in place of φ′."""
    return np.ones_like(A)


HIDDEN = {
    "sigmoid": Hidden(sigmoid, sigmoid_slope),
    "tanh": Hidden(tanh, tanh_slope),
    "relu": Hidden(relu, relu_slope, has_kink=True),
}
