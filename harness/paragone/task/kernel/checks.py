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
    """What the first steps of every candidate start from, with their right results, and what one step alone does."""

    checks: StartChecks
    alone: StartChecks


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
        if problem.spec.form == "steps":
            return self._check_evolution(run, candidate, input_, result)
        return self._check_end(candidate, input_, result.n_steps, result.state)

    def check_sample(self, run: Run, candidate: Candidate, input_: SampleInput, result: SampleResult) -> CheckResult:
        """As `check_whole_sample`: to compare a whole sample of calls costs no more than a call on each set."""
        return self.check_whole_sample(run, candidate, input_, result)

    def _check_case(self, run: Run, candidate: Candidate, case: str, size: int, max_steps: int) -> CheckResult:
        """Run twice from one ring, and one step from another between: bits must agree, and what was given must stay.

        The one step is compared as well: whoever puts a step off, to take it with the next, has not taken it.
        """
        problem: KernelProblem = candidate.problem
        head = self._head(problem, case, size)
        start, other = head.checks.start, head.alone.start
        most_steps = min(max_steps, int(REFERENCE_SECONDS / (RUNS_OF_REFERENCE * self._step_seconds(problem, start))))
        order = problem.order(self.seed, max(1, most_steps), size)
        try:
            state = _state_after(run, start, order)
            before = state.digest()
            alone = _state_after(run, other, order[:1])
            again = _state_after(run, start, order)
        except VerificationFailed as failure:
            return CheckResult("failed", str(failure), n_steps=len(order))
        check = head.checks.check(order, state, candidate.dtype)
        if check.status == "failed":
            return check
        one = head.alone.check(order[:1], alone, candidate.dtype)
        if one.status == "failed":
            return replace(one, reason=f"where one {problem.words.step} is made alone, {one.reason}")
        if candidate.deterministic and again.digest() != before:
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
        starts = (problem.draw_start(self.seed + number, size, case) for number in range(2))
        head = _Head(*(StartChecks(problem, start, case) for start in starts))
        n_bytes = problem.held_bytes(size)
        if self._heads_bytes + n_bytes <= memory_limit_bytes() * SHARE_OF_MEMORY:
            self._heads[key] = head
            self._heads_bytes += n_bytes
        return head

    def _check_evolution(
        self, run: Run, candidate: Candidate, input_: SampleInput, result: SampleResult
    ) -> CheckResult:
        """The end, and the middle of three parts, cut at random places, in which the state evolves once more.

        The three must end in the bits of the sample. Where the reference would take too long to reach the end, it is
        compared by these bits alone, unless they say nothing. Where the whole amplifies rounding too much, the middle
        decides.
        """
        problem, order = candidate.problem, input_.order(result.n_steps)
        first, last = _random_window(len(order))
        try:
            before, after, end = _states_between(run, input_.start, (order[:first], order[first:last], order[last:]))
        except VerificationFailed as failure:
            return CheckResult("failed", str(failure), n_steps=len(order))
        start = _evolved(input_.start, before)
        window = StartChecks(problem, start).check(order[first:last], after, candidate.dtype)
        if window.status == "failed":
            return window
        if candidate.deterministic and replace(end, step=0).digest() != replace(result.state, step=0).digest():
            reason = (
                f"made again in three parts, of {first}, {last - first} and {len(order) - last} steps, it ends in "
                "other bits: does every call take its whole step, and does it depend on the arrays alone?"
            )
            return CheckResult("failed", reason, n_steps=len(order))
        seconds = len(order) * RUNS_OF_REFERENCE * self._step_seconds(problem, input_.start)
        if seconds > REFERENCE_SECONDS and candidate.deterministic:
            return window
        whole = self._check_end(candidate, input_, len(order), result.state)
        return window if whole.status == "not checked" else whole

    def _check_end(self, candidate: Candidate, input_: SampleInput, n_steps: int, reached: KernelState) -> CheckResult:
        if input_ not in self._checks:
            self._checks[input_] = StartChecks(candidate.problem, input_.start)
        return self._checks[input_].check(input_.order(n_steps), reached, candidate.dtype)

    def _step_seconds(self, problem: KernelProblem, start: KernelState) -> float:
        """How long the reference takes for one step."""
        place = problem.name, start.size
        if place not in self._timed:
            begin = time.perf_counter()
            problem.reference.outputs(start.one_set(0), problem.spec, start.size)
            self._timed[place] = time.perf_counter() - begin
        return self._timed[place]


def _random_window(n_steps: int) -> tuple[int, int]:
    """Where the middle part of so many steps begins and ends: WINDOW_STEPS of them at most, half as many at least."""
    most = min(n_steps, WINDOW_STEPS)
    length = most - secrets.randbelow(most // 2 + 1)
    first = secrets.randbelow(n_steps - length + 1)
    return first, first + length


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
