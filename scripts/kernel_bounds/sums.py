"""Ways to add up, each as honest code may do it: in the dtype of the terms, in another order or with less rounding."""

# ruff: noqa: N803 (the maths keeps its own names)
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

CHUNK = 1 << 20  # numbers of the products of two matrices held at once
LANES = 8


@dataclass(frozen=True)
class Sums:
    """One way to add up the last axis, in the dtype of the terms."""

    name: str
    sum: Callable

    def product(self, A, B):
        """The matrix product, (n, k) by (k, m), each sum in this way."""
        rows = max(1, CHUNK // B.size)
        columns = np.ascontiguousarray(B.T)
        blocks = [self.sum(A[i : i + rows, None] * columns[None]) for i in range(0, len(A), rows)]
        return np.concatenate(blocks)


def in_sequence(terms):
    """Term by term."""
    return np.add.accumulate(terms, axis=-1)[..., -1]


def backwards(terms):
    """Term by term, from the last."""
    return in_sequence(terms[..., ::-1])


def pairwise(terms):
    """As NumPy does along a contiguous axis: blocks of 128, and these in pairs."""
    return np.ascontiguousarray(terms).sum(axis=-1)


def in_lanes(terms):
    """In eight partial sums, as a vectorised loop does."""
    padded = np.zeros((*terms.shape[:-1], -(-terms.shape[-1] // LANES) * LANES), terms.dtype)
    padded[..., : terms.shape[-1]] = terms
    lanes = np.moveaxis(padded.reshape(*terms.shape[:-1], -1, LANES), -1, -2)
    return in_sequence(in_sequence(lanes))


def compensated(terms):
    """Kahan's sum: the rounding error of each addition goes into the next."""
    total = lost = np.zeros(terms.shape[:-1], terms.dtype)
    for k in range(terms.shape[-1]):
        term = terms[..., k] - lost
        new = total + term
        total, lost = new, (new - total) - term
    return total


HONEST_SUMS = tuple(Sums(f.__name__, f) for f in (in_sequence, backwards, pairwise, in_lanes))
SEQUENCE, PAIRWISE = HONEST_SUMS[0], HONEST_SUMS[2]


class Blas(Sums):
    """The product of the library, the rest as NumPy does it."""

    def product(self, A, B):
        return A @ B


BLAS = Blas("blas", pairwise)


class Fused(Sums):
    """Products and sums in one rounding (FMA), emulated in a wider dtype."""

    def product(self, A, B):
        total = np.zeros((len(A), B.shape[1]), A.dtype)
        for k in range(len(B)):
            total = fused(A[:, k, None], B[None, k], total)
        return total


FUSED = Fused("fused", in_sequence)


def fused(a, b, c):
    """a·b + c, rounded once."""
    wide = np.float64 if np.result_type(a, b) == np.float32 else np.longdouble
    return (np.asarray(a, wide) * b + c).astype(np.result_type(a, b))
