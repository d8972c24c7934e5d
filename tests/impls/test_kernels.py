"""The kernels that ship, in every language: what can run here is right, and what is wrong is refused."""

import os
from itertools import product
from shutil import copy

import pytest

from paragone.files.paths import PROJECT
from paragone.implementation.importing import implementation_class
from paragone.implementation.kernel_folder import implementation_files
from paragone.task.kernel.check import StartChecks
from paragone.task.kernel.problem import KernelProblem

PROBLEMS = {name: KernelProblem.of(PROJECT / "impls" / name) for name in ("pairwise", "heat")}
COMPILED_AT_RUN_TIME = ("jax_jit", "julia_loops", "numba_loops")
SHIPPED = [
    pytest.param(kernel, path.stem, marks=[pytest.mark.slow] if path.stem in COMPILED_AT_RUN_TIME else [])
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


WRONG = {
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


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("mistake", WRONG)
def test_what_is_wrong_is_refused(mistake, dtype, tmp_path):
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
        result = check(problem, wrong, size, problem.spec.cases[0])
        assert result.status == "failed", (size, result.error)
