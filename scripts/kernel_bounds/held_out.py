"""Eleven kernels with which nothing was calibrated: they show whether the bounds hold for others."""

# ruff: noqa: N803, N806 (the maths keeps its own names)
from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.fft
import scipy.linalg
import scipy.special

from kernel_bounds.small_kernel import SmallKernel, small_kernel
from kernel_bounds.sums import PAIRWISE


def held_out(name, arrays, inputs, reference, others=None, grid=(10, 40, 100), whole=(), **more) -> SmallKernel:
    """A kernel whose first variant is its reference in the variant's dtype; `whole` names arrays of int64."""
    variants = {"as the reference": reference, **(others or {})}
    kernel = small_kernel(
        name,
        grid,
        arrays,
        more.pop("terms", ""),
        lambda rng, case, n: inputs(rng, n),
        lambda *arrays, n: reference(*arrays),
        {way: lambda S, n, f=function, **arrays: f(*arrays.values()) for way, function in variants.items()},
        sums=(PAIRWISE,),
        **more,
    )
    specs = tuple(replace(a, dtype="int64") if a.name in whole else a for a in kernel.spec.arrays)
    return replace(kernel, spec=replace(kernel.spec, arrays=specs))


def cholesky(A):
    """A = L·Lᵀ"""
    L = np.zeros_like(A)
    for j in range(len(A)):
        L[j, j] = np.sqrt(A[j, j] - (L[j, :j] ** 2).sum())
        L[j + 1 :, j] = (A[j + 1 :, j] - L[j + 1 :, :j] @ L[j, :j]) / L[j, j]
    return L


def by_lapack(A):
    return scipy.linalg.cholesky(A, lower=True)


def positive_definite(rng, n):
    A = rng.standard_normal((n, n))
    return {"A": A @ A.T / n + np.eye(n)}


def gram_schmidt(A):
    """A = Q·R, modified Gram-Schmidt"""
    Q, R = A.copy(), np.zeros_like(A)
    for k in range(A.shape[1]):
        R[k, k] = np.sqrt((Q[:, k] ** 2).sum())
        Q[:, k] /= R[k, k]
        for j in range(k + 1, A.shape[1]):
            R[k, j] = Q[:, k] @ Q[:, j]
            Q[:, j] -= Q[:, k] * R[k, j]
    return Q, R


def durbin(r):
    """The Yule-Walker equations of an autocorrelation"""
    y, alpha, beta = np.zeros_like(r), -r[0], r.dtype.type(1)
    y[0] = -r[0]
    for k in range(1, len(r)):
        beta = beta * (1 - alpha * alpha)
        alpha = -(r[k] + r[:k][::-1] @ y[:k]) / beta
        y[:k] = y[:k] + alpha * y[:k][::-1]
        y[k] = alpha
    return y


def black_scholes(P, K, T):
    """The price of a call option"""
    real = P.dtype.type
    rate, volatility = real(0.02), real(0.3)
    d1 = (np.log(P / K) + (rate + volatility * volatility / 2) * T) / (volatility * np.sqrt(T))
    d2 = d1 - volatility * np.sqrt(T)
    below = [(real(0.5) * (1 + scipy.special.erf(d / np.sqrt(real(2))))) for d in (d1, d2)]
    return P * below[0] - K * np.exp(-rate * T) * below[1]


def n_body(x, v):
    """One time step of n bodies"""
    real = x.dtype.type
    d = x[None] - x[:, None]
    pull = (d * ((d * d).sum(2) + real(0.01))[..., None] ** real(-1.5)).sum(1) / real(len(x))
    v = v + real(0.01) * pull
    return x + real(0.01) * v, v


def shortest_paths(p):
    """Floyd and Warshall"""
    for k in range(len(p)):
        p = np.minimum(p, p[:, k, None] + p[None, k])
    return p


def mandelbrot(c):
    """How many of 50 iterations stay within 2"""
    re, im = c
    x, y, count = np.zeros_like(re), np.zeros_like(im), np.zeros(re.shape, np.int64)
    for _ in range(50):
        x, y = x * x - y * y + re, 2 * x * y + im
        inside = x * x + y * y < 4
        count += inside
        x, y = np.where(inside, x, 2), np.where(inside, y, 2)
    return count


def fourier(x):
    """The real and the imaginary part of the Fourier transform"""
    transform = scipy.fft.fft(x)
    return transform.real.copy(), transform.imag.copy()


def product(A, B):
    return A @ B


def strassen(A, B):
    """A·B with seven products of quarters in place of eight: honest by norm, and not number by number."""
    n = len(A)
    if n % 2 or n <= 8:
        return A @ B
    h = n // 2
    a, b, c, d = A[:h, :h], A[:h, h:], A[h:, :h], A[h:, h:]
    e, f, g, i = B[:h, :h], B[:h, h:], B[h:, :h], B[h:, h:]
    left = a + d, c + d, a, d, a + b, c - a, b - d
    right = e + i, e, f - i, g - e, i, e + f, g + i
    m1, m2, m3, m4, m5, m6, m7 = (strassen(x, y) for x, y in zip(left, right, strict=True))
    return np.block([[m1 + m4 - m5 + m7, m3 + m5], [m2 + m4, m1 - m2 + m3 + m6]])


def gemver(A, u, v, x, y):
    """B = A + u·vᵀ, w = B·(x + 1.2·Bᵀ·y)"""
    B = A + np.outer(u, v)
    return B, B @ (x + x.dtype.type(1.2) * (B.T @ y))


def normal(**shapes):
    """Arrays of both signs; a shape is a function of n."""
    return lambda rng, n: {name: rng.standard_normal(shape(n)) for name, shape in shapes.items()}


def square(n):
    return n, n


HELD_OUT = (
    held_out("cholesky", {"A": ("in", "n n"), "L": ("out", "n n")}, positive_definite, cholesky, {"lapack": by_lapack}),
    held_out(
        "gram_schmidt",
        {"A": ("in", "n n"), "Q": ("out", "n n"), "R": ("out", "n n")},
        lambda rng, n: {"A": rng.standard_normal((n, n)) / n**0.5 + 2 * np.eye(n)},
        gram_schmidt,
        grid=(10, 40),
    ),
    held_out(
        "durbin",
        {"r": ("in", "n"), "y": ("out", "n")},
        lambda rng, n: {"r": rng.uniform(-0.5, 0.5, n) / n},
        durbin,
    ),
    held_out(
        "black_scholes",
        {"P": ("in", "n"), "K": ("in", "n"), "T": ("in", "n"), "C": ("out", "n")},
        lambda rng, n: {
            name: low + rng.uniform(0, 90 * low / 10, n) for name, low in (("P", 10), ("K", 10), ("T", 0.1))
        },
        black_scholes,
        grid=(10, 1000, 100000),
        terms="1",
    ),
    held_out(
        "n_body",
        {"x": ("inout", "n 3"), "v": ("inout", "n 3")},
        normal(x=lambda n: (n, 3), v=lambda n: (n, 3)),
        n_body,
        form="steps",
        terms="n",
    ),
    held_out(
        "shortest_paths",
        {"p": ("in", "n n"), "q": ("out", "n n")},
        lambda rng, n: {"p": rng.uniform(1, 10, (n, n))},
        shortest_paths,
    ),
    held_out(
        "mandelbrot",
        {"c": ("in", "2 n"), "k": ("out", "n")},
        lambda rng, n: {"c": np.stack([rng.uniform(-2, 0.5, n), rng.uniform(-1, 1, n)])},
        mandelbrot,
        grid=(100, 10000),
        whole=("k",),
    ),
    held_out(
        "largest",
        {"A": ("in", "n n"), "k": ("out", "n")},
        normal(A=square),
        lambda A: A.argmax(axis=1),
        whole=("k",),
    ),
    held_out(
        "fourier",
        {"x": ("in", "n"), "re": ("out", "n"), "im": ("out", "n")},
        normal(x=lambda n: n),
        fourier,
        grid=(16, 1000, 100000),
    ),
    held_out(
        "product",
        {"A": ("in", "n n"), "B": ("in", "n n"), "C": ("out", "n n")},
        normal(A=square, B=square),
        product,
        {"strassen": strassen},
        grid=(16, 64, 256),
        terms="n",
    ),
    held_out(
        "gemver",
        {"A": ("in", "n n"), **dict.fromkeys("uvxy", ("in", "n")), "B": ("out", "n n"), "w": ("out", "n")},
        normal(A=square, **{name: lambda n: n for name in "uvxy"}),
        gemver,
    ),
)
