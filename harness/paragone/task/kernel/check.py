"""A whole sample compared with the reference: every set that its calls visited, or the end of a state's steps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paragone.task.check_result import CheckResult
from paragone.task.kernel.diagnose import likely_mistake
from paragone.task.kernel.judge import judge, show
from paragone.task.kernel.mistakes import Computation
from paragone.task.kernel.perturbation import Expected, expect
from paragone.task.kernel.problem import KernelProblem, KernelState
from paragone.task.kernel.reference import Arrays

SEVERITY = ("failed", "not checked", "passed")


class StartChecks:
    """Compares samples that started from one ring, or from one state, with the reference, which computes once for all.

    `case` is that of the start; a case that is shown gets an error and no verdict.
    """

    def __init__(self, problem: KernelProblem, start: KernelState, case: str = "") -> None:
        self.problem, self.start = problem, start
        self.case = case or problem.spec.cases[0]
        self._expected: dict[tuple[int, int], Expected] = {}

    def expected(self, number: int, n_steps: int = 1) -> Expected:
        """The right results of one set. Raises Misuse where the reference fails.

        The spread is measured on the first set: those of the others are drawn in the same way. Where it is kept for
        each number, or whole numbers depend on it, each set has its own.
        """
        key = number, n_steps
        if key not in self._expected:
            known = next(iter(self._expected.values())).spread if self._expected and n_steps == 1 else None
            inputs = self.start.one_set(number)
            problem, size = self.problem, self.start.size
            self._expected[key] = expect(problem.reference, problem.spec, inputs, size, n_steps, self.case, known)
        return self._expected[key]

    def check(self, order: NDArray[np.int64], got: KernelState, dtype: str) -> CheckResult:
        """Compare what a sample of these calls, or of so many steps, ended with."""
        spec = self.problem.spec
        n_steps = len(order) if spec.form == "steps" else 1
        worst = CheckResult("passed", n_steps=len(order))
        for number in np.unique(order):
            expected = self.expected(int(number), n_steps)
            results = got.one_set(int(number)) if _has_set(got, int(number)) else {}
            compare = show if self.case in spec.shown else judge
            found = compare(spec, expected, results, dtype)
            if found.status == "failed" and found.tensor:  # by its distance, not by its form or precision
                found = self._explained(int(number), expected, results, dtype, found)
            worst = max(worst, found, key=severity)
        return replace(worst, n_steps=len(order))

    def _explained(
        self, number: int, expected: Expected, results: Arrays, dtype: str, found: CheckResult
    ) -> CheckResult:
        others = [other.outputs for (set_, _), other in self._expected.items() if set_ != number]
        problem, inputs = self.problem, self.start.one_set(number)
        computation = Computation(problem.spec, problem.reference, inputs, self.start.size, expected, others)
        mistake = likely_mistake(computation, results, dtype)
        return replace(found, reason=f"{found.reason}; it looks as if {mistake}") if mistake else found


def severity(result: CheckResult) -> tuple[Any, ...]:
    """A key that is largest for what failed, and then for the largest error in units of its bound."""
    share = result.error / result.bound if result.bound > 0 else -1.0
    return -SEVERITY.index(result.status), share if share == share else -1.0


def _has_set(state: KernelState, number: int) -> bool:
    return all(array.ndim > 0 and len(array) > number for array in state.arrays.values())
