"""A kernel answers what the core asks of a problem."""

from dataclasses import replace

import numpy as np
import pytest
from kernel_folder import KERNEL, REFERENCE, write_kernel

from paragone.files.paths import PROJECT
from paragone.task.kernel.problem import MOST_COPIES_BYTES, MOST_STEPS, KernelProblem, KernelState
from paragone.task.kernel.spec import ArraySpec


@pytest.fixture
def problem(tmp_path):
    folder = write_kernel(tmp_path)
    return KernelProblem.of(folder)


def test_work_operations_and_bytes_follow_the_size(problem):
    assert problem.work(10) == 10
    assert problem.flops_per_step(10) == 100
    assert problem.bytes_per_step(10, "float32") == 4 * (30 + 3 + 10)
    assert replace(problem, spec=replace(problem.spec, flops="")).flops_per_step(10) == 0


def test_a_start_is_a_ring_of_inputs_that_the_seed_decides(problem):
    start, again, other = (problem.draw_start(seed, 10) for seed in (1, 1, 2))

    assert start.tensors()["X"].shape == (8, 10, 3)
    assert start.digest() == again.digest()
    assert start.digest() != other.digest()
    assert start.one_set(3)["X"].tolist() == start.arrays["X"][3].tolist()


def test_every_dtype_has_the_same_ring(problem):
    large = replace(problem.spec, arrays=(ArraySpec("D", "out", ("1600000*n",)),))

    assert replace(problem, spec=large).n_sets(1) == 5  # in float32, ten would fit


def test_the_first_calls_do_not_depend_on_how_many_there_are(problem):
    longest = problem.order(7, 1000, 10)

    assert [np.array_equal(problem.order(7, n, 10), longest[:n]) for n in (1, 8, 13, 999)] == [True] * 4


def test_a_size_that_is_impossible_is_refused_with_the_reason(tmp_path):
    arrays = [*KERNEL["arrays"][:2], 'D = { role = "out", shape = ["n - 2"] }']
    folder = write_kernel(tmp_path, arrays=arrays, sizes=["n = [4]", "d = 3", 'm = "n - 1"'])
    problem = KernelProblem.of(folder)

    assert problem.size_fault(4) is None
    assert problem.size_fault(2) == "an axis of D would be 0 where n = 2"
    assert problem.size_fault(1) == "m would be 0 where n = 1"
    assert "is more than" in problem.size_fault(2**53)


def test_calls_that_change_their_input_are_as_many_as_there_is_memory_for(problem):
    both = replace(problem.spec, arrays=(ArraySpec("u", "inout", ("1000000*n",)),))

    assert problem.most_steps(10) == MOST_STEPS
    assert replace(problem, spec=both).most_steps(10) == MOST_COPIES_BYTES // 80_000_000
    assert replace(problem, spec=replace(both, form="steps")).most_steps(10) == MOST_STEPS


def test_the_fingerprint_is_of_both_files(problem, tmp_path):
    before = problem.fingerprint()
    assert replace(problem, spec=replace(problem.spec, description="other")).fingerprint() == before
    write_kernel(tmp_path, REFERENCE + "\n")

    assert problem.fingerprint() != before


def test_a_state_goes_through_its_arrays_unchanged(problem):
    start = problem.draw_start(1, 10)

    assert problem.state_of(start.tensors(), start.step).digest() == start.digest()
    assert KernelState(start.arrays, 10, 5).digest() != start.digest()


def test_a_step_moves_nothing_that_a_cache_holds_unless_its_inputs_are_cold_and_touches_it_all_the_same():
    problem = KernelProblem.of(PROJECT / "impls" / "heat")
    n_bytes, moved = 2 * 100 * 100 * 4, 3 * 100 * 100 * 4
    cold = replace(problem, spec=replace(problem.spec, cache="cold"))

    assert problem.bytes_per_step(100, "float32", n_bytes) == 0
    assert problem.bytes_per_step(100, "float32", n_bytes - 1) == moved
    assert cold.bytes_per_step(100, "float32", n_bytes) == moved
    assert problem.touched_bytes(100, "float32") == moved
