"""The checks of a run's kernels: cases before timing, every set of a sample, and an evolution in a window."""

from dataclasses import replace

import numpy as np
import pytest
from small_kernels import kernel_folder

from paragone.files.paths import PROJECT
from paragone.task.checks import Candidate, SampleResult
from paragone.task.kernel import check, checks
from paragone.task.kernel.checks import KernelChecks
from paragone.task.kernel.perturbation import expect
from paragone.task.kernel.problem import KernelProblem, KernelState
from paragone.task.sample_input import SampleInput

HEAT_AND_TOTAL = """
import numpy as np


def inputs(rng, case, *, n):
    return {"u": rng.random(n), "k": rng.random(n)}


def reference(u, k):
    u = u + 0.1 * k * (np.roll(u, 1) - u)
    return u, np.array([u.sum()])
"""
LOGISTIC = """
def inputs(rng, case, *, n):
    return {"u": rng.random(n), "k": rng.random(n)}


def reference(u, k):
    return 3.9 * u * (1 - u)
"""
PAIRWISE, HEAT = (KernelProblem.of(PROJECT / "impls" / name) for name in ("pairwise", "heat"))


def runs(problem, spoil=lambda outputs, step: outputs, by=None):
    """Return a function that runs the reference as an implementation would; `spoil` changes what a step gives."""

    def run(start, order):
        arrays = {name: array.copy() for name, array in start.arrays.items()}
        outputs = {}
        n_sets = problem.n_sets(start.size)
        for step, number in enumerate(order.ravel()):
            inputs = {name: array[number] for name, array in arrays.items()}
            made = spoil((by or problem.reference).outputs(inputs, problem.spec, start.size), step)
            for name, value in made.items():
                outputs.setdefault(name, np.full((n_sets, *value.shape), np.nan))[number] = value
                if name in arrays:
                    arrays[name][number] = value
        return KernelState(outputs, start.size), None

    return run


def sampled(problem, size, n_steps, run):
    input_ = SampleInput(problem, size, frozenset({n_steps}), 7)
    state, _ = run(input_.start, input_.order(n_steps))
    return input_, SampleResult(state, None, n_steps)


@pytest.mark.parametrize("problem", [PAIRWISE, HEAT], ids=lambda problem: problem.name)
def test_what_the_reference_gives_passes_before_timing_and_as_a_sample(problem):
    candidate, run = Candidate(problem, "float64"), runs(problem)
    first = KernelChecks(1).check_first_steps(run, candidate, 10, 4)
    sample = KernelChecks(1).check_sample(run, candidate, *sampled(problem, 10, 6, run))

    assert ("passed", "passed") == (first.status, sample.status)


def test_a_case_that_is_shown_has_an_error_and_decides_nothing():
    def run(start, order):
        share = 1.5 if start.arrays["X"].min() > 100 else 1
        return runs(PAIRWISE, lambda outputs, step: {"D": outputs["D"] * share})(start, order)

    check = KernelChecks(1).check_first_steps(run, Candidate(PAIRWISE, "float64"), 32, 4)

    assert ("passed", 0) == (check.status, check.error)
    assert {"far": pytest.approx(0.5)} == check.shown


def test_a_wrong_set_fails_whichever_it_is():
    def third_is_wrong(outputs, step):
        return {"D": outputs["D"] * (1.01 if step == 2 else 1)}

    run = runs(PAIRWISE, third_is_wrong)
    check = KernelChecks(1).check_sample(run, Candidate(PAIRWISE, "float64"), *sampled(PAIRWISE, 32, 8, run))

    assert "failed" == check.status
    assert check.reason.startswith("D differs from the reference by")


def test_bits_that_differ_the_second_time_fail_where_they_are_declared_the_same():
    noise = np.random.default_rng(1)

    def wavering(outputs, step):
        return {"D": outputs["D"] * (1 + 1e-14 * noise.standard_normal())}

    candidate = Candidate(PAIRWISE, "float64")
    check = KernelChecks(1).check_first_steps(runs(PAIRWISE, wavering), candidate, 32, 4)
    loose = replace(candidate, deterministic=False)

    assert ("failed", True) == (check.status, "other bits the second time" in check.reason)
    assert "passed" == KernelChecks(1).check_first_steps(runs(PAIRWISE, wavering), loose, 32, 4).status


def test_a_result_that_was_never_written_is_not_finite():
    run = runs(PAIRWISE, lambda outputs, step: {"D": np.where(np.eye(len(outputs["D"])) == 1, np.nan, outputs["D"])})
    check = KernelChecks(1).check_form(Candidate(PAIRWISE, "float64"), *sampled(PAIRWISE, 32, 8, run))

    assert ("failed", True) == (check.status, "never written" in check.reason)


def test_a_long_evolution_is_compared_in_a_window_and_must_pass_through_it(monkeypatch):
    monkeypatch.setattr(checks, "REFERENCE_SECONDS", 0.0)
    candidate = Candidate(HEAT, "float64")
    honest = KernelChecks(1).check_sample(runs(HEAT), candidate, *sampled(HEAT, 10, 60, runs(HEAT)))

    def skipping(start, order):
        return runs(HEAT)(start, order[: len(order) // 2] if len(order) > 50 else order)

    skipped = KernelChecks(1).check_sample(skipping, candidate, *sampled(HEAT, 10, 60, skipping))

    assert "passed" == honest.status
    assert checks.WINDOW_STEPS // 2 <= honest.n_steps <= checks.WINDOW_STEPS
    assert ("failed", True) == (skipped.status, "in other bits" in skipped.reason)


def test_a_window_compares_the_arrays_that_a_step_only_writes_too(monkeypatch, tmp_path):
    monkeypatch.setattr(checks, "REFERENCE_SECONDS", 0.0)
    total = "\n[counts]\n", '\ntotal = { role = "out", shape = [1] }\n\n[counts]\n'
    folder = kernel_folder(tmp_path, "heat", **dict([total]))
    (folder / "reference.py").write_text(HEAT_AND_TOTAL)
    problem = KernelProblem.of(folder)

    def off(outputs, step):
        return outputs | {"total": 1.01 * outputs["total"]}

    honest, wrong = (
        KernelChecks(1).check_sample(run, Candidate(problem, "float64"), *sampled(problem, 6, 60, run))
        for run in (runs(problem), runs(problem, off))
    )

    assert ("passed", "") == (honest.status, honest.reason)
    assert ("failed", "total differs") == (wrong.status, wrong.reason[:13])


def test_an_evolution_that_amplifies_rounding_too_much_is_compared_in_a_window(tmp_path):
    folder = kernel_folder(tmp_path, "heat")
    (folder / "reference.py").write_text(LOGISTIC)
    problem = KernelProblem.of(folder)

    def off(outputs, step):
        return {"u": outputs["u"] * (1 + 1e-6)}

    honest, wrong = (
        KernelChecks(1).check_sample(run, Candidate(problem, "float64"), *sampled(problem, 6, 60, run))
        for run in (runs(problem), runs(problem, off))
    )

    assert "passed" == honest.status
    assert honest.n_steps <= checks.WINDOW_STEPS
    assert "failed" == wrong.status


def test_the_first_check_takes_no_more_steps_than_the_reference_has_time_for(monkeypatch):
    monkeypatch.setattr(checks, "REFERENCE_SECONDS", 0.0)

    assert 1 == KernelChecks(1).check_first_steps(runs(HEAT), Candidate(HEAT, "float64"), 10, 20).n_steps


@pytest.mark.parametrize(("share", "times"), [(1.0, 1), (0.0, 2)], ids=["kept", "no memory to keep it"])
def test_the_right_results_of_the_first_steps_are_computed_once_for_all_candidates(monkeypatch, share, times):
    computed = []
    monkeypatch.setattr(checks, "SHARE_OF_MEMORY", share)
    monkeypatch.setattr(check, "expect", lambda *args: computed.append(args) or expect(*args))
    kernel_checks, run = KernelChecks(1), runs(HEAT)
    found = [kernel_checks.check_first_steps(run, Candidate(HEAT, dtype), 10, 4) for dtype in ("float64", "float64")]

    assert ["passed", "passed"] == [each.status for each in found]
    assert times * 2 * len(HEAT.spec.cases) == len(computed)  # of the first steps, and of one alone
    wrong = runs(HEAT, lambda outputs, step: {name: array * 1.01 for name, array in outputs.items()})
    assert "failed" == kernel_checks.check_first_steps(wrong, Candidate(HEAT, "float64"), 10, 4).status


def batching(problem, n_at_once=2):
    """Runs that take no step until there are some to be taken at once; the count goes on from run to run."""
    waiting = 0

    def run(start, order):
        nonlocal waiting
        n_taken = (waiting + len(order)) // n_at_once * n_at_once
        waiting = (waiting + len(order)) % n_at_once
        state, _ = runs(problem)(start, order[:1].repeat(n_taken, axis=0))
        return (state if n_taken else start), None

    return run


def test_a_step_that_is_put_off_until_the_next_is_found_where_one_is_made_alone():
    check = KernelChecks(1).check_first_steps(batching(HEAT), Candidate(HEAT, "float64"), 10, 20)

    assert "failed" == check.status
    assert "where one step is made alone, " in check.reason


def test_steps_that_are_put_off_are_found_in_the_middle_of_an_evolution(monkeypatch):
    monkeypatch.setattr(checks, "_random_window", lambda n_steps: (3, 10))
    run = batching(HEAT)
    check = KernelChecks(1).check_sample(run, Candidate(HEAT, "float64"), *sampled(HEAT, 10, 20, run))

    assert "failed" == check.status
    assert 7 == check.n_steps
    assert check.reason.endswith("it looks as if one step too many were taken")


def test_a_sample_that_ends_elsewhere_than_its_parts_is_told_of_what_length_they_were(monkeypatch):
    monkeypatch.setattr(checks, "REFERENCE_SECONDS", 0.0)
    monkeypatch.setattr(checks, "_random_window", lambda n_steps: (3, 10))

    def skipping(start, order):
        return runs(HEAT)(start, order[:19])

    check = KernelChecks(1).check_sample(skipping, Candidate(HEAT, "float64"), *sampled(HEAT, 10, 20, skipping))

    assert "failed" == check.status
    assert "made again in three parts, of 3, 7 and 10 steps, it ends in other bits" in check.reason


def test_an_evolution_whose_bits_say_nothing_is_compared_whole_however_long(monkeypatch):
    monkeypatch.setattr(checks, "REFERENCE_SECONDS", 0.0)

    def skipping(start, order):
        return runs(HEAT)(start, order[:50])

    candidate = Candidate(HEAT, "float64", deterministic=False)
    check = KernelChecks(1).check_sample(skipping, candidate, *sampled(HEAT, 10, 60, skipping))

    assert "failed" == check.status
    assert "w differs from the reference by" in check.reason


def test_the_window_of_an_evolution_lies_anywhere_and_has_from_half_of_its_most_steps_on():
    windows = {checks._random_window(30) for _ in range(500)}

    assert {10, 20} == {f(last - first for first, last in windows) for f in (min, max)}
    assert (0, 30) == (min(first for first, _ in windows), max(last for _, last in windows))
    assert (0, 1) == checks._random_window(1)
