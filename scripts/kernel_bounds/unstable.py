"""Three kernels computed so that digits are lost which others keep: these must be rejected."""

# ruff: noqa: N803, N806 (the maths keeps its own names)
from __future__ import annotations

import numpy as np

from kernel_bounds.held_out import held_out, normal, square


def lu_without_pivots(A):
    A = A.copy()
    for k in range(len(A)):
        A[k + 1 :, k] /= A[k, k]
        A[k + 1 :, k + 1 :] -= np.outer(A[k + 1 :, k], A[k, k + 1 :])
    return A


def variance_in_one_pass(x):
    """Σ x²/n − (Σ x/n)², which cancels far from 0."""
    return np.array([(x * x).mean() - x.mean() ** 2])


# Each must be rejected where it loses digits: at its largest size.
UNSTABLE = (
    held_out("lu", {"A": ("in", "n n"), "B": ("out", "n n")}, normal(A=square), lu_without_pivots, grid=(100,)),
    held_out(
        "expm1",
        {"x": ("in", "n"), "y": ("out", "n")},
        lambda rng, n: {"x": rng.uniform(0, 1e-3, n)},
        np.expm1,
        {"cancels": lambda x: np.exp(x) - 1},
        grid=(1000,),
    ),
    held_out(
        "variance",
        {"x": ("in", "n"), "v": ("out", "1")},
        lambda rng, n: {"x": rng.standard_normal(n) + 300},
        lambda x: np.array([x.var()]),
        {"one pass": variance_in_one_pass},
        grid=(1000,),
        terms="n",
    ),
)
