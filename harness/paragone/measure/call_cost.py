"""What a call costs that does nothing, across each bridge to another language; for kernels in Python too.

The report shows it; it is never subtracted, since a sample makes one call in whatever language. Of a kernel, that one
call makes many of the kernel's function: what each of these costs is shown beside it.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence

from paragone.errors import MeasurementFailed
from paragone.implementation.described import Described, unavailable_reason
from paragone.measure.yardstick import YardstickPass, in_place_of, problem_of, reset, sample_seconds, yardsticks
from paragone.plan.cells import Contender
from paragone.store.plan_records import CallCostRow
from paragone.task.families import family_of
from paragone.worker.commands import EstimateStep
from paragone.worker.estimate import sample_steps
from paragone.worker.worker import Worker

MOST_STEPS = 1_000_000  # of a sample of calls that do nothing
PYTHON = "Python"


class CallCosts(YardstickPass):
    """Measures the calls that the contenders of a run make, each in a worker of its own."""

    def rows(self, contenders: Iterable[Contender]) -> list[CallCostRow]:
        """Rows for each kind of call that the contenders make. One whose `call_seconds` is None has a reason."""
        crossing: dict[tuple[str, str], list[Contender]] = {}
        for contender in contenders:
            folder = family_of(contender.problem).empty_calls
            nulls = [found.implementation for found in yardsticks(folder).values()]
            if null := null_for(contender.variant.implementation, nulls):
                crossing.setdefault((folder, null.name), []).append(contender)
        return [row for (folder, name), those in crossing.items() for row in self._costs(folder, name, those)]

    def _costs(self, folder: str, name: str, crossing: Sequence[Contender]) -> list[CallCostRow]:
        contender = in_place_of(crossing[-1], folder, name)
        reason = unavailable_reason(contender.variant.implementation, contender.problem)
        found: list[tuple[int, int, float]] = []
        if not reason:
            worker = self.open_worker(contender)
            try:
                self.load(worker, contender)
                found = [cost for size in sizes_of_calls(contender) for cost in self._costs_at(worker, size)]
            except MeasurementFailed as error:
                found, reason = [], str(error)
            finally:
                worker.kill()
        bridge = name if problem_of(folder) else contender.variant.implementation.bridge or ""
        names = tuple(dict.fromkeys(each.variant.name for each in crossing if not each.variant.control))
        if reason:
            sizes = sizes_of_calls(contender)
            return [CallCostRow(bridge=bridge, size=size, variants=names, reason=reason) for size in sizes]
        return [
            CallCostRow(bridge=bridge, size=size, n_steps=n_steps, call_seconds=seconds, variants=names)
            for size, n_steps, seconds in found
        ]

    def _costs_at(self, worker: Worker, size: int) -> Iterator[tuple[int, int, float]]:
        """Yield size, steps and seconds of a call by itself; for kernels also of one among many in one sample."""
        reset(worker, size, self.seed)
        for n_steps in (1, self._many_steps(worker, size)) if worker.problem.calls_in_a_loop else (1,):
            sample_seconds(worker, size, self.seed, n_steps)  # the first may compile
            calls = [sample_seconds(worker, size, self.seed, n_steps) for _ in range(self.budgets.call_samples)]
            yield size, n_steps, statistics.median(calls) / n_steps

    def _many_steps(self, worker: Worker, size: int) -> int:
        """As many as a sample of that length has."""
        start = worker.problem.draw_start(self.seed, size)
        estimated = worker.call_from(start, EstimateStep(size=size, budgets=self.budgets))
        return min(MOST_STEPS, sample_steps(estimated.step_seconds, self.budgets.limit_group_seconds))


def sizes_of_calls(contender: Contender) -> Sequence[int]:
    """Those that the problem names, or all of its grid."""
    return contender.problem.call_sizes or contender.problem.sizes


def null_for(declared: Described, nulls: Iterable[Described]) -> Described | None:
    """The one that is called as the implementation is: across the same bridge and from the same language.

    The only one of a bridge stands for all its languages, and Python for all that is called as a function in Python.
    """
    same = {null.language: null for null in nulls if null.bridge == declared.bridge}
    other = next(iter(same.values())) if len(same) == 1 else same.get(PYTHON)
    return same.get(declared.language, other)
