"""The stage "stress" of the pilot: the stress problem, at the sizes whose steps are short.

A worker that has verified the problem is loaded once more, with the stress problem: then nothing is started anew, and
what a program has compiled stays. Only what passes counts there. All else is checked in a fresh worker, which decides:
code that cannot be loaded twice is not wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from paragone.errors import MeasurementFailed
from paragone.plan.cells import Contender
from paragone.store.plan_records import Cell
from paragone.task.check_result import CheckResult
from paragone.task.families import family_of
from paragone.task.problem import Problem
from paragone.verify.pilot_result import PilotResult
from paragone.verify.verifier import Verifier
from paragone.worker.budgets import STANDARD, Budgets
from paragone.worker.worker import Worker


class StressStage:
    """Checks the stress problem, which is that of `contender`, for the cells of the problem that it was made from."""

    def __init__(self, result: PilotResult, contender: Contender, verifier: Verifier, budgets: Budgets) -> None:
        self.result, self.contender, self.verifier, self.budgets = result, contender, verifier, budgets

    def pass_cells(self, worker: Worker, cells: Sequence[Cell]) -> Sequence[Cell]:
        """Check the cells in turn in a worker that was loaded again; those from the first on that does not pass."""
        for i, planned in enumerate(cells):
            try:
                check = self._check(worker, planned)
            except MeasurementFailed:
                return cells[i:]
            if check.status != "passed":
                return cells[i:]
            self.result.add_check("stress", planned.size, check)
        return []

    def check_cells(self, worker_of: Callable[[], Worker | None], cells: Sequence[Cell]) -> None:
        """Check the cells in fresh workers; drop those that fail."""
        for planned in cells:
            passed = False
            worker = worker_of()
            if worker is not None:
                try:
                    passed = self.result.add_check("stress", planned.size, self._check(worker, planned))
                except MeasurementFailed as error:
                    self.result.add_outcome("stress", "failed", str(error), planned.size)
            if not passed:
                self.result.cells.remove(planned)

    def _check(self, worker: Worker, planned: Cell) -> CheckResult:
        most_steps = most_check_steps(self.contender.problem, planned, self.budgets)
        return self.verifier.check_first_steps(worker, self.contender, planned.size, most_steps)


def most_check_steps(problem: Problem, planned: Cell, budgets: Budgets = STANDARD) -> int:
    """The number of steps that one check of a cell takes, so that it takes about `check_seconds` at most."""
    return max(
        1, min(family_of(problem).check_steps(problem, planned.size), int(budgets.check_seconds / planned.step_seconds))
    )
