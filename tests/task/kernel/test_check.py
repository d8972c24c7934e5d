"""A sample is as right as the worst of the sets that its calls visited."""

from dataclasses import replace

import numpy as np
import pytest
from kernel_folder import REFERENCE, write_kernel

from paragone.files.paths import PROJECT
from paragone.task.kernel.check import StartChecks
from paragone.task.kernel.perturbation import evolved
from paragone.task.kernel.problem import KernelProblem, KernelState

CALLS = np.array([[0], [2], [0]])


@pytest.fixture
def problem(tmp_path):
    folder = write_kernel(tmp_path, inputs=['cases = ["near", "far"]', 'shown = ["far"]'])
    return KernelProblem.of(folder)


@pytest.fixture
def checks(problem):
    return StartChecks(problem, problem.draw_start(1, 10))


def results(checks, sets=8):
    """The right results of all sets."""
    start = checks.start.arrays
    return KernelState({"D": np.linalg.norm(start["X"] - start["centre"][:, None], axis=2)[:sets]}, 10)


def test_right_results_pass_with_the_largest_error(checks):
    got = results(checks)
    got.arrays["D"][2] *= 1 + 1e-15
    result = checks.check(CALLS, got, "float64")

    assert (result.status, result.n_steps) == ("passed", 3)
    assert 5e-16 < result.error < 5e-15


def test_a_set_that_no_call_visited_may_hold_anything(checks):
    got = results(checks)
    got.arrays["D"][[1, 3]] = np.nan

    assert checks.check(CALLS, got, "float64").passed


@pytest.mark.parametrize("number", [0, 2])
def test_one_wrong_set_is_enough(checks, number):
    got = results(checks)
    got.arrays["D"][number, 4] += 1e-3

    assert checks.check(CALLS, got, "float64").status == "failed"


def test_a_set_that_is_missing_fails(checks):
    assert checks.check(CALLS, results(checks, sets=2), "float64").reason == "D: expected float64 (10,), got NoneType"


def test_results_of_another_set_are_known(checks):
    got = results(checks)
    got.arrays["D"][2] = got.arrays["D"][0]

    assert checks.check(CALLS, got, "float64").reason.endswith("it looks as if these were the results of another call")


def test_the_reference_computes_each_set_once(tmp_path):
    folder = write_kernel(tmp_path, REFERENCE.replace("    return np.sqrt", "    CALLED.append(1)\n    return np.sqrt"))
    problem = KernelProblem.of(folder)
    calls = problem.reference.reference_function.__globals__["CALLED"] = []
    checks = StartChecks(problem, problem.draw_start(1, 10))
    got = results(checks)
    checks.check(CALLS, got, "float64")
    first = len(calls)
    got.arrays["D"][:] = got.arrays["D"].astype(np.float32)

    assert checks.check(CALLS, got, "float32").passed
    assert first == 2 + 16  # two sets, and the noisy runs of the first
    assert len(calls) == first


def test_a_case_that_is_shown_has_an_error_and_no_verdict(problem):
    checks = StartChecks(problem, problem.draw_start(1, 10, "far"), "far")
    got = results(checks)
    got.arrays["D"][2] *= 1.5
    result = checks.check(CALLS, got, "float64")

    assert result.status == "not checked"
    assert result.error == pytest.approx(0.5)


def test_a_state_is_compared_after_as_many_steps_as_the_order_has():
    folder = PROJECT / "impls" / "heat"
    problem = KernelProblem.of(folder)
    start = problem.draw_start(1, 10)
    checks = StartChecks(problem, start)
    end = evolved(problem.reference, problem.spec, start.one_set(0), 10, 7)
    got = KernelState({name: array[None] for name, array in end.items()}, 10, 7)

    assert checks.check(problem.order(1, 7, 10), got, "float64").passed
    result = checks.check(problem.order(1, 8, 10), got, "float64")
    assert result.reason.endswith("it looks as if one step were missing")
    assert replace(result, reason="").status == "failed"
