"""Small kernels of vectors: a product, sums of several kinds, a polynomial, a convolution."""

# ruff: noqa: N803, N806 (the maths keeps its own names)
from __future__ import annotations

import numpy as np
import scipy.fft

from kernel_bounds.small_kernel import CASES, drawn, numbers, small_kernel
from kernel_bounds.sums import FUSED, SEQUENCE, compensated, fused

# --- dot product


def dot(x, y, *, n):
    """s = Σ x_i·y_i"""
    return np.array([np.longdouble(x) @ np.longdouble(y)], np.float64)


DOT = small_kernel(
    "dot",
    (10, 100, 1000, 10000, 100000, 1000000),
    {"x": ("in", "n"), "y": ("in", "n"), "s": ("out", "1")},
    "n",
    drawn(x=lambda n: n, y=lambda n: n),
    dot,
    {
        "products": lambda S, x, y, n: S.sum(x * y)[None],
        "blas": lambda S, x, y, n: (x @ y)[None],
        "fused": lambda S, x, y, n: FUSED.product(x[None], y[:, None])[0],
        "compensated": lambda S, x, y, n: compensated(x * y)[None],
    },
    cases=CASES,
    most={"fused": 10000, "compensated": 10000},
)


# --- prefix sum


def prefix(x, *, n):
    """y_i = Σ_j≤i x_j"""
    return np.add.accumulate(x.astype(np.longdouble)).astype(np.float64)


def _scan_in_blocks(S, x, n, block=16):
    padded = np.zeros(-(-n // block) * block, x.dtype)
    padded[:n] = x
    inner = np.add.accumulate(padded.reshape(-1, block), axis=1)
    before = np.concatenate([np.zeros(1, x.dtype), np.add.accumulate(inner[:-1, -1])])
    return (inner + before[:, None]).ravel()[:n]


def _scan_by_doubling(S, x, n):
    y, stride = x.copy(), 1
    while stride < n:
        y[stride:] = y[stride:] + y[:-stride]
        stride *= 2
    return y


PREFIX = small_kernel(
    "prefix",
    (10, 100, 1000, 10000, 100000, 1000000),
    {"x": ("in", "n"), "y": ("out", "n")},
    "n",
    drawn(x=lambda n: n),
    prefix,
    {"loop": lambda S, x, n: np.add.accumulate(x), "blocks": _scan_in_blocks, "doubling": _scan_by_doubling},
    cases=CASES,
    sums=(SEQUENCE,),
    summing="none",
)


# --- variance


def variance(x, *, n):
    """v = Σ (x − mean)² / n"""
    return np.array([x.astype(np.longdouble).var()], np.float64)


def _two_passes(S, x, n):
    m = S.sum(x) / x.dtype.type(n)
    return (S.sum((x - m) ** 2) / x.dtype.type(n))[None]


def _welford(S, x, n):
    one = x.dtype.type
    m, M = one(0), one(0)
    for k in range(n):
        step = x[k] - m
        m = m + step / one(k + 1)
        M = M + step * (x[k] - m)
    return np.array([M / one(n)])


def _shifted(S, x, n):
    y = x - x[0]
    one = x.dtype.type
    return (S.sum(y * y) / one(n) - (S.sum(y) / one(n)) ** 2)[None]


VARIANCE = small_kernel(
    "variance",
    (10, 100, 1000, 10000, 100000),
    {"x": ("in", "n"), "v": ("out", "1")},
    "n",
    drawn(x=lambda n: n),
    variance,
    {"two_passes": _two_passes, "shifted": _shifted, "welford": _welford},
    cases=("normal", "positive", "far"),
    most={"welford": 10000},
)


# --- polynomial


def polynomial(c, x, *, n, d):
    """y_i = Σ_k c_k·x_i^k"""
    return np.polynomial.polynomial.polyval(x, c)


def _horner(S, c, x, n, d):
    y = np.full(n, c[-1])
    for k in range(d - 2, -1, -1):
        y = y * x + c[k]
    return y


def _horner_fused(S, c, x, n, d):
    y = np.full(n, c[-1])
    for k in range(d - 2, -1, -1):
        y = fused(y, x, c[k])
    return y


def _powers(S, c, x, n, d):
    return S.sum(c * np.multiply.accumulate(np.column_stack([np.ones_like(x), *[x] * (d - 1)]), axis=1))


def _estrin(S, c, x, n, d):
    parts, power = [np.full(n, value) for value in c], x
    while len(parts) > 1:
        parts = [parts[k] + parts[k + 1] * power if k + 1 < len(parts) else parts[k] for k in range(0, len(parts), 2)]
        power = power * power
    return parts[0]


POLYNOMIAL = small_kernel(
    "polynomial",
    (10, 100, 1000, 10000),
    {"c": ("in", "d"), "x": ("in", "n"), "y": ("out", "n")},
    "d",
    lambda rng, case, n, d: {"c": numbers(rng, case, d), "x": rng.uniform(-1, 1, n)},
    polynomial,
    {"horner": _horner, "horner_fused": _horner_fused, "powers": _powers, "estrin": _estrin},
    cases=CASES,
    constants=(("d", "16"),),
    summing="powers",
)


# --- sum of exponentials


def exp_sum(x, *, n):
    """y = log Σ exp(x_i)"""
    return np.array([np.log(np.exp(x.astype(np.longdouble)).sum())], np.float64)


def _base_2(S, x, n):
    one = x.dtype.type
    return (np.log2(S.sum(np.exp2(x * one(np.log2(np.e))))) * one(np.log(2)))[None]


EXP_SUM = small_kernel(
    "exp_sum",
    (10, 100, 1000, 10000, 100000, 1000000),
    {"x": ("in", "n"), "y": ("out", "1")},
    "n",
    drawn(x=lambda n: n),
    exp_sum,
    {
        "shifted": lambda S, x, n: (x.max() + np.log(S.sum(np.exp(x - x.max()))))[None],
        "plain": lambda S, x, n: np.log(S.sum(np.exp(x)))[None],
        "base_2": _base_2,
    },
    cases=("normal", "positive", "constant", "far"),
)


# --- convolution


def convolution(x, w, *, n, k):
    """y_i = Σ_j w_j·x_i+j"""
    return np.convolve(x, w[::-1], mode="valid")


def _by_fourier(S, x, w, n, k):
    m = n + k - 1
    return scipy.fft.irfft(scipy.fft.rfft(x, m) * np.conj(scipy.fft.rfft(w, m)), m)[:n]


CONVOLUTION = small_kernel(
    "convolution",
    (10, 100, 1000, 10000, 100000),
    {"x": ("in", "n+k-1"), "w": ("in", "k"), "y": ("out", "n")},
    "k",
    drawn(x=lambda n, k: n + k - 1, w=lambda n, k: k),
    convolution,
    {
        "windows": lambda S, x, w, n, k: S.sum(np.lib.stride_tricks.sliding_window_view(x, k) * w),
        "fourier": _by_fourier,
    },
    cases=CASES,
    constants=(("k", "31"),),
)
