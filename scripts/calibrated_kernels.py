"""Eleven small kernels, each with its reference and with honest ways to compute it: what the judge is calibrated with.

A variant gets the arrays in its dtype and a way to add up (`Sums`), and gives what it computes in that dtype.
"""

# ruff: noqa: N803, N806 (the maths keeps its own names)
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import scipy.fft
import scipy.linalg

from paragone.task.kernel.reference import Reference
from paragone.task.kernel.spec import ArraySpec, KernelSpec

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


@dataclass(frozen=True)
class SmallKernel:
    """A kernel with its honest variants: functions of a way to add up, the arrays and the sizes."""

    spec: KernelSpec
    reference: Reference
    variants: dict[str, Callable]
    sums: tuple[Sums, ...] = HONEST_SUMS
    summing: str = ""  # the variant that adds up by Sums, where that is not the first; "none" where there is none
    most: dict[str, int] = field(default_factory=dict)  # the largest size of what is slow

    @property
    def name(self) -> str:
        return self.spec.name

    def compute(self, variant: str, sums: Sums, inputs, size: int, dtype, n_steps: int = 1):
        """What a variant gives by name, reals as float64; a state is stepped n_steps times."""
        dimensions = self.spec.dimensions(size)
        arrays = {name: array.astype(dtype) for name, array in inputs.items()}
        names = [array.name for array in self.spec.outputs_of()]
        for _ in range(n_steps):
            given = self.variants[variant](sums, **arrays, **dimensions)
            outputs = dict(zip(names, given if isinstance(given, tuple) else (given,), strict=True))
            wrong = {name: x.dtype for name, x in outputs.items() if x.dtype.kind == "f" and x.dtype != dtype}
            assert not wrong, f"{self.name}: {variant}, {sums.name}: {wrong}, not {dtype}"
            arrays |= {name: value for name, value in outputs.items() if name in arrays}
        return {name: x.astype(np.float64) if x.dtype.kind == "f" else x for name, x in outputs.items()}

    def ways(self, size: int):
        """Every variant with every way to add up, but for those that are slow at this size."""
        for variant in self.variants:
            for sums in self.sums:
                if all(size <= self.most.get(name, size) for name in (variant, sums.name)):
                    yield variant, sums


def small_kernel(name, grid, arrays, terms, inputs, reference, variants, cases=("normal",), form="calls", **others):
    """A kernel from its parts: `arrays` maps a name to (role, shape)."""
    constants = others.pop("constants", ())
    spec = KernelSpec(
        name=name,
        description=(reference.__doc__ or "").strip(),
        source="",
        form=form,
        grid=grid,
        size_name="n",
        size_names=("n", *(constant for constant, _ in constants)),
        constants=constants,
        arrays=tuple(ArraySpec(array, role, tuple(shape.split())) for array, (role, shape) in arrays.items()),
        work="n",
        unit="numbers",
        flops="",
        values="",
        cases=cases,
        shown=(),
        not_finite=(),
        cache="warm",
        tolerance="auto",
        terms=terms,
        dtypes=("float64", "float32"),
        baseline="",
    )
    return SmallKernel(spec, Reference(inputs, reference), variants, **others)


def numbers(rng, case, shape):
    """Random numbers: of both signs, positive, all the same, or far from 0."""
    if case == "positive":
        return rng.uniform(0, 1, shape)
    if case == "constant":
        return np.full(shape, rng.uniform(0, 1))
    return rng.standard_normal(shape) + (30 if case == "far" else 0)


def drawn(**shapes):
    """A function `inputs` that draws every array in this way; a shape is a function of the sizes."""

    def inputs(rng, case, **sizes):
        return {name: numbers(rng, case, shape(**sizes)) for name, shape in shapes.items()}

    return inputs


CASES = ("normal", "positive", "constant")


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


def by_product(S, X, n, d):
    """√(|x|² + |y|² − 2·x·y), which cancels: judged by a tolerance of its own in impls/pairwise."""
    squares = S.sum(X * X)
    return np.sqrt(np.maximum(squares[:, None] + squares[None] - 2 * S.product(X, X.T), 0))


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


def one_pass(S, x, n):
    """Σ x²/n − (Σ x/n)²: honest where the mean is near 0, and wrong where it is far."""
    one = x.dtype.type
    return (S.sum(x * x) / one(n) - (S.sum(x) / one(n)) ** 2)[None]


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
        "base_2": lambda S, x, n: (np.log2(S.sum(np.exp2(x * x.dtype.type(np.log2(np.e))))) * x.dtype.type(np.log(2)))[
            None
        ],
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


KERNELS = (DOT, MATMUL, DISTANCES, HEAT, SOFTMAX, PREFIX, VARIANCE, POLYNOMIAL, SOLVE, EXP_SUM, CONVOLUTION)
