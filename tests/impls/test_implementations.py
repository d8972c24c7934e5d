"""What each implementation says of itself is so."""

import os
import time
import tracemalloc
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from everyone import EVERYONE as FOUND

from paragone.implementation.importing import implementation_class, instance_of
from paragone.implementation.registry import find_variant
from paragone.task.mlp.gate import judge, stress_problem, stress_state
from paragone.task.mlp.problem_files import find_problem, shipped_names
from paragone.task.mlp.reference import trajectory
from paragone.worker.sample import result_digest

N_TRAIN = 600
SEED = 3
DTYPES = ("float32", "float64")
BY_PHASES = ("numpy_rows", "numpy_columns", "numpy_per_sample", "python_lists")
PHASES = ("gather", "forward", "loss", "backward", "update")

_random = np.random.Generator(np.random.PCG64(1))
IMAGES = np.where(_random.random((N_TRAIN, 784)) < 0.19, _random.integers(1, 256, (N_TRAIN, 784)), 0).astype(np.uint8)
LABELS = _random.integers(0, 10, N_TRAIN).astype(np.uint8)


# PARAGONE_TESTS_EXPECT names programs too, and implementations of kernels, which their own tests ask for.
PROMISED = os.environ.get("PARAGONE_TESTS_EXPECT", "").split()
EXPECTED = [name for name in PROMISED if name != "chromium" and "/" not in name]


@pytest.mark.parametrize("name", EXPECTED)
def test_a_language_that_this_machine_promises_is_there(name):
    (implementation,) = [found.implementation for found in FOUND if found.name == name]

    assert implementation.missing is None


def small(name, hidden=()):
    """The problem with 600 images; `hidden` sizes in place of its own where given."""
    problem = find_problem(name)
    layers = (784, *hidden, 10) if hidden else problem.layers
    return replace(problem, n_train=N_TRAIN, layers=layers)


def loaded(variant, problem):
    implementation = instance_of(find_variant(FOUND, variant))
    implementation.load(problem, (IMAGES / 255.0).astype(implementation.dtype), LABELS)
    return implementation


def trained(implementation, state, order):
    implementation.reset(state)
    implementation.train(order)
    return implementation.params()


@pytest.mark.parametrize("name", shipped_names())
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("more", [-1, 0, 1])
def test_numpy_tuned_follows_the_reference_around_the_size_of_a_block(name, dtype, more):
    follows_the_reference(name, dtype, block_height(dtype) + more)


@pytest.mark.parametrize("name", shipped_names())
@pytest.mark.parametrize("dtype", DTYPES)
def test_numpy_tuned_follows_the_reference_over_several_blocks(name, dtype):
    assert N_TRAIN // block_height(dtype) >= 2
    assert N_TRAIN % block_height(dtype) != 0
    follows_the_reference(name, dtype, N_TRAIN)


def follows_the_reference(name, dtype, batch_size):
    plain = small(name, hidden=(6,))
    for problem in (plain, stress_problem(plain)):
        state, order = stress_state(problem, SEED, batch_size), problem.order(SEED, 2, batch_size)
        implementation = loaded(f"numpy_tuned[dtype={dtype}]", problem)
        implementation.reset(state)
        losses = implementation.train(order)
        expected = trajectory(problem, IMAGES, LABELS, state, order)
        check = judge(problem, expected, implementation.params(), losses, dtype)
        assert check.passed, check.reason


@cache
def block_height(dtype):
    """How many samples make a block, as seen from a step that takes several."""
    problem = small("nielsen")
    implementation = loaded(f"numpy_tuned[dtype={dtype}]", problem)
    trained(implementation, problem.start_state(SEED), problem.order(SEED, 1, N_TRAIN))
    return implementation.mini_batch.blocks[0][0].stop


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("batch_size", [1, 10, 300])
def test_numpy_tuned_allocates_nothing_the_size_of_a_mini_batch_or_a_gradient(dtype, batch_size):
    problem = small("nielsen")
    implementation, order = loaded(f"numpy_tuned[dtype={dtype}]", problem), problem.order(SEED, 1, batch_size)
    trained(implementation, problem.start_state(SEED), order)
    tracemalloc.start()
    try:
        implementation.train(order)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 784 * 30 * implementation.dtype.itemsize / 4


@pytest.mark.parametrize("dtype", DTYPES)
def test_numpy_tuned_hands_blas_arrays_that_it_changes_in_place(dtype):
    implementation = loaded(f"numpy_tuned[dtype={dtype}]", small("nielsen"))
    implementation.reset(small("nielsen").start_state(SEED))
    for batch_size in (1, 10):
        implementation.train(implementation.problem.order(SEED, 1, batch_size))
        mini_batch = implementation.mini_batch
        for l, V in enumerate(implementation.network.V):
            before = V.copy()
            mini_batch.add_gradient(1.0, l, V)
            assert not np.array_equal(V, before), (batch_size, l)


def test_numpy_tuned_pads_its_rows_to_whole_cache_lines_with_weights_that_stay_zero():
    problem = stress_problem(small("nielsen"))
    implementation = loaded("numpy_tuned[dtype=float32]", problem)
    trained(implementation, problem.start_state(SEED), problem.order(SEED, 3, 10))
    assert implementation.X.strides[0] % 64 == 0
    assert not implementation.network.V[0][785:].any()


@pytest.mark.parametrize("name", ["numpy_rows", "numpy_columns"])
def test_the_order_axis_is_the_memory_order_of_the_stored_images(name):
    for order in ("C", "F"):
        X = loaded(f"{name}[dtype=float32,order={order}]", small("nielsen")).X
        assert (X.flags.c_contiguous, X.flags.f_contiguous) == (order == "C", order == "F")


def test_python_lists_computes_with_floats_of_python():
    implementation = loaded("python_lists", small("nielsen"))
    trained(implementation, small("nielsen").start_state(SEED), small("nielsen").order(SEED, 1, 2))
    assert {type(w) for W_l in implementation.W for W_j in W_l for w in W_j} == {float}
    assert not hasattr(implementation.maths_file, "np")


@pytest.mark.parametrize("name", BY_PHASES)
def test_the_phases_can_be_watched_from_outside_without_changing_a_bit(name, monkeypatch):
    problem = small("mlp4", hidden=(6,))
    implementation, order, state = loaded(name, problem), problem.order(SEED, 2, 3), problem.start_state(SEED)
    unwatched, calls, maths = trained(implementation, state, order), [], implementation.maths_file
    for phase in PHASES:
        monkeypatch.setattr(maths, phase, watched(getattr(maths, phase), phase, calls))
    assert trained(implementation, state, order).digest() == unwatched.digest()
    one_step = list(PHASES) if "rows" in name or "columns" in name else [*PHASES[:4] * 3, "update"]
    assert calls == 2 * one_step


@pytest.mark.parametrize(("batch_size", "n_blocks"), [(1, 1), (3, 1), (N_TRAIN, 4)])
def test_the_phases_of_numpy_tuned_can_be_watched_on_its_mini_batch(batch_size, n_blocks, monkeypatch):
    problem = small("mlp4", hidden=(6,))
    implementation, state = loaded("numpy_tuned", problem), problem.start_state(SEED)
    order = problem.order(SEED, 1, batch_size)
    unwatched, calls = trained(implementation, state, order), []
    whole = implementation.mini_batch
    parts = {id(part): part for part in [whole, *(block for _, block in getattr(whole, "blocks", []))]}
    for part in parts.values():
        for phase in PHASES:
            if hasattr(part, phase):
                monkeypatch.setattr(part, phase, watched(getattr(part, phase), phase, calls))
    assert trained(implementation, state, order).digest() == unwatched.digest()
    assert calls == [*PHASES[:4] * n_blocks, "update"]


def watched(function, phase, calls):
    """The function, noting its phase at every call."""

    def call(*arguments):
        calls.append(phase)
        return function(*arguments)

    return call


CLOCKED = [found for found in FOUND if found.implementation.hides_phases is None]


@pytest.mark.slow
@pytest.mark.parametrize("found", CLOCKED, ids=lambda found: found.name)
@pytest.mark.parametrize("name", ["nielsen", "mlp4"])
def test_clocks_around_the_phases_change_no_bit_and_tell_what_fits_into_the_whole(found, name):
    """Batches of one, of a few and of several blocks: each has a path of its own somewhere."""
    if reason := found.implementation.missing:
        pytest.skip(reason)
    problem = stress_problem(small(name, hidden=(6,)))
    images, start = IMAGES / 255.0, problem.start_state(SEED)
    recorded = set(PHASES) - (set() if problem.records_loss else {"loss"})
    axis = {name: values[0] for name, values in found.implementation.axes.items()}
    kind = implementation_class(found.folder, found.name)
    plain, clocked = kind(**axis), kind(**axis)
    plain.load(problem, images.astype(plain.dtype), LABELS)
    clocked.load_clocked(problem, images.astype(plain.dtype), LABELS)
    for batch_size, n_steps in ((1, 5), (10, 3), (N_TRAIN, 1)):
        order = problem.order(SEED, n_steps, batch_size)
        results = []
        for implementation in (plain, clocked):
            implementation.reset(start)
            begin = time.perf_counter_ns()
            losses = implementation.train(order)
            elapsed_ns = time.perf_counter_ns() - begin
            results.append(result_digest(implementation.params(), losses))
        told = clocked.phase_times().phases

        assert results[0] == results[1], batch_size
        assert recorded == {phase for phase, ns in told.items() if ns > 0}, batch_size
        assert sum(told.values()) <= elapsed_ns, batch_size
    plain.close()
    clocked.close()


def test_everything_that_ships_and_is_no_library_tells_its_phases():
    told = {found.name for found in CLOCKED}

    assert {*BY_PHASES, "numpy_tuned", "c_loops", "c_blas", "fortran_matmul", "julia_tuned_process"} <= told
