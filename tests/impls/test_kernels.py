"""The kernels that ship, in every language: what can run here is right, and what is wrong is refused."""

import os
from itertools import product
from platform import machine
from shutil import copy

import pytest

from paragone.files.paths import PROJECT
from paragone.implementation.importing import implementation_class
from paragone.implementation.kernel_folder import implementation_files
from paragone.task.kernel.check import StartChecks
from paragone.task.kernel.problem import KernelProblem

FOLDERS = sorted(path.parent for path in (PROJECT / "impls").glob("*/kernel.toml"))
PROBLEMS = {folder.name: KernelProblem.of(folder) for folder in FOLDERS}
COMPILED_AT_RUN_TIME = ("jax_", "julia_", "numba_", "torch_")
SHIPPED = [
    pytest.param(kernel, path.stem, marks=[pytest.mark.slow] if path.stem.startswith(COMPILED_AT_RUN_TIME) else [])
    for kernel in PROBLEMS
    for path in implementation_files(PROJECT / "impls" / kernel)
]
# PARAGONE_TESTS_EXPECT names a kernel's implementation as KERNEL/NAME.
EXPECTED = [name for name in os.environ.get("PARAGONE_TESTS_EXPECT", "").split() if "/" in name]
SEED = 5


def kind_of(kernel, name):
    return implementation_class(PROJECT / "impls" / kernel, name)


def check(problem, implementation, size, case):
    """Compare what it makes of two calls on each set, or of so many steps, with the reference."""
    start = problem.draw_start(SEED, size, case)
    order = problem.order(SEED, 2 * problem.n_sets(size) + 1, size)
    implementation.reset(start)
    implementation.train(order)
    return StartChecks(problem, start, case).check(order, implementation.params(), implementation.dtype.name)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_language_that_this_machine_promises_is_there_for_kernels(name):
    assert kind_of(*name.split("/")).missing() is None


@pytest.mark.parametrize(("kernel", "name"), SHIPPED)
def test_what_ships_is_right_in_every_variant(kernel, name):
    kind, problem = kind_of(kernel, name), PROBLEMS[kernel]
    if reason := kind.missing():
        pytest.skip(reason)
    for values in product(*kind.axes.values()):
        implementation = kind(**dict(zip(kind.axes, values, strict=True)))
        implementation.load(problem)
        for size, case in product(problem.sizes[:2], problem.spec.cases):
            result = check(problem, implementation, size, case)
            wanted = "not checked" if case in problem.spec.shown else "passed"
            assert result.status == wanted, (values, size, case, result.reason)
        implementation.close()


@pytest.mark.skipif(machine() not in ("x86_64", "AMD64"), reason="gcc names processors of x86-64 in this way")
@pytest.mark.parametrize("kernel", [folder.name for folder in FOLDERS if (folder / "c_tuned.toml").exists()])
def test_tuned_c_is_right_on_a_processor_without_avx(kernel, tmp_path):
    folder = tmp_path / kernel
    folder.mkdir()
    for name in ("kernel.toml", "reference.py", "c_tuned.c"):
        copy(PROJECT / "impls" / kernel / name, folder)
    recipe = (PROJECT / "impls" / kernel / "c_tuned.toml").read_text(encoding="utf-8")
    assert "-march=native" in recipe
    (folder / "c_tuned.toml").write_text(recipe.replace("-march=native", "-march=x86-64"), encoding="utf-8")
    kind, problem = implementation_class(folder, "c_tuned"), KernelProblem.of(folder)
    if reason := kind.missing():
        pytest.skip(reason)
    for values in product(*kind.axes.values()):
        implementation = kind(**dict(zip(kind.axes, values, strict=True)))
        implementation.load(problem)
        result = check(problem, implementation, problem.sizes[1], problem.spec.cases[0])
        assert result.status == "passed", (values, result.reason)
        implementation.close()


def pairwise(text):
    return f'"""Wrong."""\nimport numpy as np\n\n\ndef run(X, D):\n    {text}\n'


def heat(text):
    return f'''"""Wrong."""


def run(u, w):
    time_step(u, w)
    time_step(w, u)


def time_step(u, w):
    here, above, below, left, right = u[1:-1, 1:-1], u[:-2, 1:-1], u[2:, 1:-1], u[1:-1, :-2], u[1:-1, 2:]
    {text}
'''


def matmul(text):
    return f'"""Wrong."""\nimport numpy as np\n\n\ndef run(A, B, C):\n    {text}\n'


def softmax(text):
    return f'''"""Wrong."""
import numpy as np


def run(X, Y):
    powers = np.exp(X - X.max(axis=1, keepdims=True))
    sums = powers.sum(axis=1, keepdims=True)
    {text}
'''


def histogram(text):
    return f'"""Wrong."""\nimport numpy as np\n\n\ndef run(m, x, counts):\n    {text}\n'


def baseline(kernel, right, wrong):
    """The baseline of a kernel with one change."""
    text = (PROJECT / "impls" / kernel / f"{PROBLEMS[kernel].baseline}.py").read_text(encoding="utf-8")
    assert right in text
    return kernel, text.replace(right, wrong)


WRONG = {
    "a time step off by 1e-3": baseline("nbody", "DT = 0.01", "DT = 0.01001"),
    "bodies that are softened": baseline("nbody", "np.fill_diagonal(squares, 1)", "squares += 0.01"),
    "differences in float16": baseline("nbody", "x - x[:, None]", "(x - x[:, None]).astype('f2').astype(x.dtype)"),
    "a sun that never moves": baseline("nbody", "x += DT * v", "x[1:] += DT * v[1:]"),
    "two steps at once, every other time": baseline(
        "nbody", "x += DT * v", "x += next(TIMES) * v\n\n\nTIMES = iter([0, 2 * DT] * 100)"
    ),
    "a radius of 10": baseline("mandelbrot", "<= 2", "<= 10"),
    "the other half of the picture": baseline(
        "mandelbrot",
        "inside &= np.abs(z) <= 2",
        "inside &= np.abs(z) <= 2\n    counts[(n + 1) // 2 :] = counts[: n // 2][::-1]",
    ),
    "counts of an iteration more": baseline("mandelbrot", "range(limit)", "range(limit + 1)"),
    "rows of equal length": baseline(
        "spmv", "csr_array((data, indices, indptr), shape=(n, n)) @ x", "(data * x[indices]).reshape(n, k).sum(axis=1)"
    ),
    "the transpose": baseline("spmv", "(n, n)) @ x", "(n, n)).T @ x"),
    "a row of zeros": baseline("spmv", "shape=(n, n)) @ x", "shape=(n, n)) @ x\n    y[-2] = 0"),
    "a last row of zeros": baseline("spmv", "shape=(n, n)) @ x", "shape=(n, n)) @ x\n    y[-1] = 0"),
    "each bin once": ("histogram", histogram("counts[:] = 0\n    counts[(m * x).astype('i8')] += 1")),
    "added to what was there": ("histogram", histogram("np.add.at(counts, (m * x).astype('i8'), 1)")),
    "a scale a little below m": (
        "histogram",
        histogram("counts[:] = np.bincount(((m - 0.03) * x).astype('i8'), minlength=m)"),
    ),
    "a number too many": ("histogram", histogram("counts[:] = np.histogram(x, m, (0, 1))[0]\n    counts[-1] += 1")),
    "not divided": ("softmax_rows", softmax("Y[:] = powers")),
    "one number of a row missed in its sum": ("softmax_rows", softmax("Y[:] = powers / (sums - powers[:, 7:8])")),
    "what no whole vector holds left out of the sum": (
        "softmax_rows",
        softmax("Y[:] = powers / powers[:, : len(powers[0]) // 8 * 8].sum(axis=1, keepdims=True)"),
    ),
    "the largest of a row counted once where there are two": (
        "softmax_rows",
        softmax("rest = np.where(powers < 1, powers, 0).sum(axis=1, keepdims=True)\n    Y[:] = powers / (1 + rest)"),
    ),
    "small numbers left at 0": ("softmax_rows", softmax("Y[:] = np.where(powers > 0.01, powers / sums, 0)")),
    "eleven digits inside, as in float16": (
        "matmul",
        matmul("m, e = np.frexp(A)\n    C[:] = np.ldexp(np.round(m * 2048) / 2048, e).astype(A.dtype) @ B"),
    ),
    "the last term missed": ("matmul", matmul("C[:] = A[:, :-1] @ B[:-1]")),
    "a small row wrong": ("matmul", matmul("C[:] = A @ B\n    C[3] *= 1.001")),
    "in float16": ("pairwise", pairwise("X = X.astype('f2')\n    D[:] = np.sqrt(((X[:, None] - X) ** 2).sum(axis=2))")),
    "one point too far": ("pairwise", pairwise("D[:] = np.sqrt(((X[:, None] - np.roll(X, 1, 0)) ** 2).sum(axis=2))")),
    "without the last row": ("pairwise", pairwise("D[:-1] = np.sqrt(((X[:-1, None] - X) ** 2).sum(axis=2))")),
    "without a neighbour": ("heat", heat("w[1:-1, 1:-1] = 0.5 * here + 0.125 * (above + below + left + left)")),
    "a weight off by 1e-4": ("heat", heat("w[1:-1, 1:-1] = 0.5001 * here + 0.125 * (above + below + left + right)")),
    "the last row missed": (
        "heat",
        heat("w[1:-2, 1:-1] = (0.5 * here + 0.125 * (above + below + left + right))[:-1]"),
    ),
}


@pytest.mark.parametrize(
    ("mistake", "dtype"),
    [(name, dtype) for name, (kernel, _) in WRONG.items() for dtype in PROBLEMS[kernel].spec.dtypes],
)
def test_what_is_wrong_is_refused_in_one_case_at_least(mistake, dtype, tmp_path):
    kernel, text = WRONG[mistake]
    problem = PROBLEMS[kernel]
    folder = tmp_path / kernel
    folder.mkdir()
    for file in ("kernel.toml", "reference.py"):
        copy(PROJECT / "impls" / kernel / file, folder)
    (folder / "wrong.py").write_text(text)
    wrong = implementation_class(folder, "wrong")(dtype=dtype)
    wrong.load(problem)
    for size in problem.sizes[:2]:
        results = [check(problem, wrong, size, case) for case in problem.spec.cases]
        assert "failed" in [result.status for result in results], (size, [result.error for result in results])
