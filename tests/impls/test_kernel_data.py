"""The kernels that ship: what they state of tolerance and mistakes is right for honest and for wrong variants."""

import numpy as np
import pytest

from paragone.files.paths import PROJECT
from paragone.task.kernel.diagnose import likely_mistake
from paragone.task.kernel.judge import judge, show
from paragone.task.kernel.kernel_file import read_kernel
from paragone.task.kernel.mistakes import Computation, mistakes_of, to_bfloat16, to_half
from paragone.task.kernel.perturbation import expect, norm
from paragone.task.kernel.reference import load_reference

FOLDERS = sorted(path.parent for path in (PROJECT / "impls").glob("*/kernel.toml"))
DTYPES = ("float64", "float32")
PAIRWISE, HEAT = PROJECT / "impls" / "pairwise", PROJECT / "impls" / "heat"


def computation_of(folder, size, case="", seed=1, n_steps=1):
    spec = read_kernel(folder)
    reference = load_reference(folder, spec)
    case = case or spec.cases[0]
    inputs = reference.inputs(seed, case, spec, size)
    return Computation(spec, reference, inputs, size, expect(reference, spec, inputs, size, n_steps, case))


def result_of(computation, got, dtype):
    held = {name: array.astype(dtype).astype(np.float64) for name, array in got.items()}
    return judge(computation.spec, computation.expected, held, dtype)


def by_coordinates(X):
    return np.sqrt(((X[:, None] - X[None]) ** 2).sum(axis=2))


def by_product(X):
    squares = (X * X).sum(axis=1)
    return np.sqrt(np.maximum(squares[:, None] + squares[None] - 2 * (X @ X.T), 0))


def distances(computation, dtype, function):
    return {"D": function(computation.inputs["X"].astype(dtype)).astype(np.float64)}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_case_of_a_kernel_has_inputs_and_results(folder):
    spec = read_kernel(folder)

    for case in spec.cases:
        computation = computation_of(folder, spec.grid[0], case)
        assert set(computation.expected.outputs) == {array.name for array in spec.outputs_of()}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_mistake_that_changes_a_kernel_is_rejected(folder, dtype):
    computation = computation_of(folder, read_kernel(folder).grid[0])
    right = computation.expected.outputs
    passed = []
    for mistake in mistakes_of(computation):
        got = mistake.results()
        changes = any(norm(got[name] - right[name]) > 1e-12 * norm(right[name]) for name in right)
        is_float32_s = "inside" in mistake.kind and dtype == "float64"
        if changes and not is_float32_s and result_of(computation, got, dtype).status != "failed":
            passed.append(mistake.sentence)

    assert passed == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_mistakes_that_its_author_names_are_known_again(folder):
    computation = computation_of(folder, 32)
    for sentence in computation.reference.mistakes:
        (mistake,) = [m for m in mistakes_of(computation) if m.sentence == sentence]
        assert likely_mistake(computation, mistake.results(), "float64") == sentence


@pytest.mark.parametrize("size", [32, 100, 320])
def test_distances_by_a_product_pass_with_an_error_that_is_seen(size):
    for seed in range(5):
        computation = computation_of(PAIRWISE, size, seed=seed)
        loops, product = (distances(computation, "float32", f) for f in (by_coordinates, by_product))
        exact, near = (judge(computation.spec, computation.expected, got, "float32") for got in (loops, product))
        assert exact.passed
        assert near.passed
        assert near.error > 50 * exact.error


def test_far_from_the_origin_a_product_cancels_and_is_shown():
    computation = computation_of(PAIRWISE, 100, "far")
    loops, product = (distances(computation, "float32", f) for f in (by_coordinates, by_product))
    shown = show(computation.spec, computation.expected, product, "float32")

    assert computation.spec.shown == ("far",)
    assert shown.status == "not checked"
    assert shown.error > 0.1
    assert show(computation.spec, computation.expected, loops, "float32").error < 1e-7


@pytest.mark.parametrize("size", [32, 100])
@pytest.mark.parametrize("low", [to_half, to_bfloat16])
def test_distances_in_lower_precision_than_float32_are_rejected(size, low):
    computation = computation_of(PAIRWISE, size)

    assert result_of(computation, {"D": by_coordinates(low(computation.inputs["X"]))}, "float32").status == "failed"


@pytest.mark.parametrize("size", [32, 320])
def test_distances_in_float32_are_rejected_as_float64_also_where_the_root_is_not(size):
    computation = computation_of(PAIRWISE, size)
    X = computation.inputs["X"].astype(np.float32)
    squares = ((X[:, None] - X[None]) ** 2).sum(axis=2)
    for D in (np.sqrt(squares), np.sqrt(squares.astype(np.float64)), by_product(X)):
        got = {"D": D.astype(np.float64)}
        assert judge(computation.spec, computation.expected, got, "float64").status == "failed"


@pytest.mark.parametrize("dtype", DTYPES)
def test_without_the_maximum_large_numbers_overflow_and_the_error_that_is_shown_is_infinite(dtype):
    computation = computation_of(PROJECT / "impls" / "softmax_rows", 10, "large")
    X = computation.inputs["X"].astype(dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        naive, stable = (
            np.exp(x) / np.exp(x).sum(axis=1, keepdims=True) for x in (X, X - X.max(axis=1, keepdims=True))
        )
    errors = [
        show(computation.spec, computation.expected, {"Y": Y.astype(np.float64)}, dtype).error for Y in (naive, stable)
    ]

    assert errors[0] == np.inf
    assert errors[1] < 1e-5


def temporaries(u, w):
    for a, b in ((u, w), (w, u)):
        middle = a[1:-1, 1:-1]
        around = a[:-2, 1:-1] + a[2:, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:]
        b[1:-1, 1:-1] = middle + a.dtype.type(0.125) * (around - 4 * middle)


def weights(u, w):
    for a, b in ((u, w), (w, u)):
        around = a[1:-1, 2:] + a[1:-1, :-2] + a[2:, 1:-1] + a[:-2, 1:-1]
        b[1:-1, 1:-1] = a.dtype.type(0.5) * a[1:-1, 1:-1] + a.dtype.type(0.125) * around


def with_the_old_w(u, w):
    w[1:-1, 1:-1] = 0.5 * w[1:-1, 1:-1] + 0.5 * u[1:-1, 1:-1]
    temporaries(u, w)
    w[1, 1] = w[1, 2]


def without_the_last_row(u, w):
    for a, b in ((u, w), (w, u)):
        temporaries(a[:-1].copy(), inner := b[:-1].copy())
        b[:-1] = inner


def steps_of(computation, dtype, function):
    u, w = (computation.inputs[name].astype(dtype) for name in ("u", "w"))
    for _ in range(computation.expected.n_steps):
        function(u, w)
    return {"u": u.astype(np.float64), "w": w.astype(np.float64)}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", ["random", "spot"])
@pytest.mark.parametrize("function", [temporaries, weights])
def test_heat_passes_in_whatever_order_it_is_added_up(function, case, dtype):
    for n_steps in (1, 30):
        computation = computation_of(HEAT, 32, case, n_steps=n_steps)
        result = judge(computation.spec, computation.expected, steps_of(computation, dtype, function), dtype)
        assert result.passed
        assert result.error < 0.5 * result.bound


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("function", [with_the_old_w, without_the_last_row])
def test_heat_with_a_mistake_is_rejected(function, dtype):
    computation = computation_of(HEAT, 32)

    assert (
        judge(computation.spec, computation.expected, steps_of(computation, dtype, function), dtype).status == "failed"
    )


def test_heat_in_float32_is_rejected_as_float64():
    computation = computation_of(HEAT, 32, n_steps=10)

    got = steps_of(computation, "float32", temporaries)
    assert "declared float64" in judge(computation.spec, computation.expected, got, "float64").reason
