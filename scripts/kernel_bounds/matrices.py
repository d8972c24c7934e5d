"""Small kernels of matrices: products, distances, a stencil, softmax, a triangular system."""

# ruff: noqa: N803, N806 (the maths keeps its own names)
from __future__ import annotations

import numpy as np
import scipy.linalg

from kernel_bounds.small_kernel import CASES, drawn, numbers, small_kernel
from kernel_bounds.sums import BLAS, FUSED, HONEST_SUMS, fused

# --- matrix product


def matmul(A, B, *, n):
    """C = A·B"""
    return A @ B


MATMUL = small_kernel(
    "matmul",
    (10, 32, 100, 320),
    {"A": ("in", "n n"), "B": ("in", "n n"), "C": ("out", "n n")},
    "n",
    drawn(A=lambda n: (n, n), B=lambda n: (n, n)),
    matmul,
    {"product": lambda S, A, B, n: S.product(A, B), "transposed": lambda S, A, B, n: S.product(B.T, A.T).T},
    cases=CASES,
    sums=(*HONEST_SUMS, BLAS, FUSED),
    most={"transposed": 32, **dict.fromkeys(("in_sequence", "backwards", "pairwise", "in_lanes"), 100)},
)


# --- distances


def distances(X, *, n, d):
    """D_ij = |X_i − X_j|"""
    return np.sqrt(((X[:, None] - X[None]) ** 2).sum(axis=2))


DISTANCES = small_kernel(
    "distances",
    (10, 32, 100, 320),
    {"X": ("in", "n d"), "D": ("out", "n n")},
    "d",
    drawn(X=lambda n, d: (n, d)),
    distances,
    {
        "squares": lambda S, X, n, d: np.sqrt(S.sum((X[:, None] - X[None]) ** 2)),
        "hypot": lambda S, X, n, d: np.hypot(
            np.hypot(*(X[:, None] - X[None])[..., :2].transpose(2, 0, 1)), (X[:, None] - X[None])[..., 2]
        ),
    },
    cases=("normal", "positive", "far"),
    constants=(("d", "3"),),
)


# --- a five-point stencil in time


def heat(u, *, n):
    """u ← u + (the four neighbours − 4u) / 10, inside"""
    new = u.copy()
    new[1:-1, 1:-1] += 0.1 * (u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:] - 4 * u[1:-1, 1:-1])
    return new


def _stencil(inside):
    """A variant from a formula for the inside: of the middle and its four neighbours."""

    def variant(S, u, n):
        new = u.copy()
        c = u.dtype.type(0.1)
        around = np.stack([u[:-2, 1:-1], u[2:, 1:-1], u[1:-1, :-2], u[1:-1, 2:]], axis=-1)
        new[1:-1, 1:-1] = inside(S, c, u[1:-1, 1:-1], around)
        return new

    return variant


HEAT = small_kernel(
    "heat",
    (10, 32, 100),
    {"u": ("inout", "n n")},
    "5",
    drawn(u=lambda n: (n, n)),
    heat,
    {
        "difference": _stencil(lambda S, c, u, around: u + c * (S.sum(around) - 4 * u)),
        "weights": _stencil(lambda S, c, u, around: (1 - 4 * c) * u + c * S.sum(around)),
        "each": _stencil(lambda S, c, u, around: u + S.sum(c * (around - u[..., None]))),
        "fused": _stencil(lambda S, c, u, around: fused(c, S.sum(around) - 4 * u, u)),
    },
    cases=CASES,
    form="steps",
)


# --- softmax of every row


def softmax(X, *, n):
    """P = exp(X) / Σ exp(X), row by row"""
    E = np.exp(X - X.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


def _softmax_shifted(S, X, n):
    E = np.exp(X - X.max(axis=1, keepdims=True))
    return E / S.sum(E)[:, None]


def _softmax_by_logarithm(S, X, n):
    top = X.max(axis=1, keepdims=True)
    return np.exp(X - (top + np.log(S.sum(np.exp(X - top))[:, None])))


def _softmax_plain(S, X, n):
    E = np.exp(X)
    return E * (1 / S.sum(E))[:, None]


SOFTMAX = small_kernel(
    "softmax",
    (10, 32, 100, 320, 1000),
    {"X": ("in", "n n"), "P": ("out", "n n")},
    "n",
    drawn(X=lambda n: (n, n)),
    softmax,
    {"shifted": _softmax_shifted, "logarithm": _softmax_by_logarithm, "plain": _softmax_plain},
    cases=("normal", "positive", "constant", "far"),
)


# --- triangular system


def solve(L, b, *, n):
    """L·x = b, L lower triangular"""
    return scipy.linalg.solve_triangular(L, b, lower=True)


def _by_rows(S, L, b, n):
    x = np.zeros_like(b)
    for i in range(n):
        x[i] = (b[i] - (S.sum(L[i, :i] * x[:i]) if i else 0)) / L[i, i]
    return x


def _by_columns(S, L, b, n):
    x = b.copy()
    for i in range(n):
        x[i] = x[i] / L[i, i]
        x[i + 1 :] -= L[i + 1 :, i] * x[i]
    return x


SOLVE = small_kernel(
    "solve",
    (10, 32, 100, 320),
    {"L": ("in", "n n"), "b": ("in", "n"), "x": ("out", "n")},
    "n",
    lambda rng, case, n: {
        "L": np.tril(numbers(rng, case, (n, n)) / n**0.5, -1) + np.diag(rng.uniform(1, 2, n)),
        "b": numbers(rng, case, n),
    },
    solve,
    {
        "rows": _by_rows,
        "columns": _by_columns,
        "lapack": lambda S, L, b, n: scipy.linalg.solve_triangular(L, b, lower=True),
    },
    cases=("normal", "positive"),
)
