"""The checks of kernels: each case before timing, and every result that a sample leaves."""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from paragone.errors import HarnessError, VerificationFailed, error_text
from paragone.machine.memory import memory_limit_bytes
from paragone.task.check_result import CheckResult
from paragone.task.checks import Candidate, Run, SampleResult
from paragone.task.kernel.check import StartChecks, severity
from paragone.task.kernel.problem import KernelProblem, KernelState
from paragone.task.sample_input import SampleInput

# The reference may take so long for one check: of a case, or of the end of an evolution, of which a window is compared
# where it would take longer.
REFERENCE_SECONDS = 2.0
RUNS_OF_REFERENCE = 5  # the plain one, and those whose inputs are perturbed
WINDOW_STEPS = 20
SHARE_OF_MEMORY = 1 / 8  # for what every candidate is first compared with


@dataclass(frozen=True)
class _Head:
    """What the first steps of every candidate start from, with their right results, and another start."""

    checks: StartChecks
    other: KernelState


class KernelChecks:
    """Compares the results of one run's kernels with their references."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._checks: WeakKeyDictionary[SampleInput, StartChecks] = WeakKeyDictionary()
        self._timed: dict[tuple[str, int], float] = {}  # seconds of one step of the reference
        self._heads: dict[tuple[str, str, int, str], _Head] = {}
        self._heads_bytes = 0

    def check_first_steps(self, run: Run, candidate: Candidate, size: int, max_steps: int) -> CheckResult:
        """Each case on a ring of its own. The result is the worst of the cases that are judged.

        Beside it stand the errors of those that are shown.
        """
        spec = candidate.problem.spec
        found = {case: self._check_case(run, candidate, case, size, max_steps) for case in spec.cases}
        failed = {case: check for case, check in found.items() if check.status == "failed"}
        for case, check in failed.items():
            return replace(
                check, reason=f"in the case {case!r}: {check.reason}" if len(spec.cases) > 1 else check.reason
            )
        worst = max((check for case, check in found.items() if case not in spec.shown), key=severity)
        errors = {case: found[case].error for case in spec.shown}
        return replace(worst, shown={case: error for case, error in errors.items() if not math.isnan(error)})

    def check_data(self, run: Run, candidate: Candidate, seconds: float, work_seconds: float) -> CheckResult | None:
        """None: a kernel has no data."""
        return None

    def check_form(self, candidate: Candidate, input_: SampleInput, result: SampleResult) -> CheckResult:
        """Names, shapes, kinds of numbers, and finite values in the sets that were visited."""
        problem: KernelProblem = candidate.problem
        visited = np.unique(input_.order(result.n_steps))
        may_be_infinite = problem.spec.cases[0] in problem.spec.not_finite
        for array in problem.spec.outputs_of():
            found = result.state.arrays.get(array.name)
            shape = (problem.n_sets(input_.size), *problem.spec.shape(array, input_.size))
            if found is None or found.shape != shape or found.dtype.kind not in ("f" if array.is_real else "iu"):
                what = "nothing" if found is None else f"{found.dtype} {found.shape}"
                reason = f"{array.name}: expected {array.dtype} {shape}, got {what}"
                return CheckResult("failed", reason, n_steps=result.n_steps)
            if array.is_real and not may_be_infinite and not np.isfinite(found[visited]).all():
                n_bad = np.count_nonzero(~np.isfinite(found[visited]))
                reason = f"{n_bad} values of {array.name} are NaN or infinite: never written, or wrong"
                return CheckResult("failed", reason, n_steps=result.n_steps)
        return CheckResult("not checked", "only the form of this sample is checked", n_steps=result.n_steps)

    def check_whole_sample(
        self, run: Run, candidate: Candidate, input_: SampleInput, result: SampleResult
    ) -> CheckResult:
        """Every set that the sample visited, or the end of its evolution; of a long one, a window."""
        check = self.check_form(candidate, input_, result)
        if check.status == "failed" or candidate.difference:
            return check
        problem: KernelProblem = candidate.problem
        n_steps = result.n_steps if problem.spec.form == "steps" else 1
        if n_steps > 1 and n_steps * RUNS_OF_REFERENCE * self._step_seconds(problem, input_.start) > REFERENCE_SECONDS:
            return self._check_window(run, candidate, input_, result)
        if input_ not in self._checks:
            self._checks[input_] = StartChecks(problem, input_.start)
        check = self._checks[input_].check(input_.order(result.n_steps), result.state, candidate.dtype)
        if check.status == "not checked" and n_steps > WINDOW_STEPS:
            return self._check_window(run, candidate, input_, result)  # it amplifies rounding less in fewer steps
        return check

    def check_sample(self, run: Run, candidate: Candidate, input_: SampleInput, result: SampleResult) -> CheckResult:
        """As `check_whole_sample`: to compare a whole sample of calls costs no more than a call on each set."""
        return self.check_whole_sample(run, candidate, input_, result)

    def _check_case(self, run: Run, candidate: Candidate, case: str, size: int, max_steps: int) -> CheckResult:
        """Run twice from one ring, and once from another between: bits must agree, and what was given must stay."""
        problem: KernelProblem = candidate.problem
        head = self._head(problem, case, size)
        start, other = head.checks.start, head.other
        most_steps = min(max_steps, int(REFERENCE_SECONDS / (RUNS_OF_REFERENCE * self._step_seconds(problem, start))))
        order = problem.order(self.seed, max(1, most_steps), size)
        try:
            state = _state_after(run, start, order)
            before = state.digest()
            _state_after(run, other, order[:1])
            again = _state_after(run, start, order)
        except VerificationFailed as failure:
            return CheckResult("failed", str(failure), n_steps=len(order))
        check = head.checks.check(order, state, candidate.dtype)
        if check.status != "failed" and candidate.deterministic and again.digest() != before:
            reason = "the same inputs give other bits the second time, and it is declared deterministic"
            return replace(check, status="failed", reason=reason)
        return check

    def _head(self, problem: KernelProblem, case: str, size: int) -> _Head:
        """The starts of a case, which the run's seed gives, and the right results: the same for all candidates.

        They are kept while they take no more than a share of the memory; of a kernel's largest sizes they may not.
        """
        key = problem.name, problem.folder, size, case
        if key in self._heads:
            return self._heads[key]
        start, other = (problem.draw_start(self.seed + number, size, case) for number in range(2))
        head = _Head(StartChecks(problem, start, case), other)
        n_bytes = problem.held_bytes(size)
        if self._heads_bytes + n_bytes <= memory_limit_bytes() * SHARE_OF_MEMORY:
            self._heads[key] = head
            self._heads_bytes += n_bytes
        return head

    def _check_window(self, run: Run, candidate: Candidate, input_: SampleInput, result: SampleResult) -> CheckResult:
        """Evolve the state again in three parts, which must end in the sample's bits; compare the middle one."""
        problem, order = candidate.problem, input_.order(result.n_steps)
        n_window = min(len(order), WINDOW_STEPS)
        first = secrets.randbelow(len(order) - n_window + 1)
        parts = order[:first], order[first : first + n_window], order[first + n_window :]
        try:
            before, after, end = _states_between(run, input_.start, parts)
        except VerificationFailed as failure:
            return CheckResult("failed", str(failure), n_steps=n_window)
        if candidate.deterministic and replace(end, step=0).digest() != replace(result.state, step=0).digest():
            reason = "run again in three parts it ends in other bits: does it take every step, does reset restore all?"
            return CheckResult("failed", reason, n_steps=n_window)
        return StartChecks(problem, _evolved(input_.start, before)).check(parts[1], after, candidate.dtype)

    def _step_seconds(self, problem: KernelProblem, start: KernelState) -> float:
        """How long the reference takes for one step."""
        place = problem.name, start.size
        if place not in self._timed:
            begin = time.perf_counter()
            problem.reference.outputs(start.one_set(0), problem.spec, start.size)
            self._timed[place] = time.perf_counter() - begin
        return self._timed[place]


def _states_between(run: Run, start: KernelState, parts: Sequence[NDArray[np.int64]]) -> list[KernelState]:
    """The results after each part; every part starts from the state that the one before has given out."""
    states = [start]
    for part in parts:
        states.append(_state_after(run, _evolved(start, states[-1]), part) if len(part) else states[-1])
    return states[1:]


def _evolved(start: KernelState, reached: KernelState) -> KernelState:
    """The arrays of `start`, with those that have evolved as `reached` has them; the steps count from 0 again."""
    return KernelState({name: reached.arrays.get(name, array) for name, array in start.arrays.items()}, start.size)


def _state_after(run: Run, start: KernelState, order: NDArray[np.int64]) -> KernelState:
    """Raises VerificationFailed where the implementation raises."""
    try:
        state, _ = run(start, order)
    except HarnessError:
        raise
    except Exception as error:
        raise VerificationFailed(f"it raises {error_text(error)}") from error
    reached: KernelState = state
    return reached
