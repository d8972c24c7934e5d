"""The stage "data" of the pilot: once per contender, every member of the data set."""

from __future__ import annotations

from collections.abc import Callable

from paragone.errors import MeasurementFailed
from paragone.verify.pilot_result import PilotResult
from paragone.verify.verifier import Verifier
from paragone.worker.budgets import Budgets
from paragone.worker.worker import Worker


def check_data(
    result: PilotResult, verifier: Verifier, worker_of: Callable[[], Worker | None], budgets: Budgets
) -> None:
    """Check that the worker holds every member of the data set; drop all cells of the contender where it does not.

    A passed check says in its outcome where it was cut short. A contender that only comes near its problem is skipped.
    """
    if not result.cells or result.contender.difference:
        return
    passed = False
    worker = worker_of()
    if worker is not None:
        largest = max(result.cells, key=lambda planned: planned.size)
        work_seconds = largest.step_seconds / result.contender.problem.work(largest.size)
        try:
            check = verifier.check_data(worker, result.contender, budgets.data_seconds, work_seconds)
            passed = check is None or result.add_check("data", None, check)
        except MeasurementFailed as error:
            result.add_outcome("data", "failed", str(error))
    if not passed:
        result.cells.clear()
