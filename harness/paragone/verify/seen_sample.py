"""One sample as the harness sees it: prepared, reset, its steps taken whole or in parts, and its result fetched."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

import numpy as np
from msgspec import structs

from paragone.errors import MeasurementFailed
from paragone.machine.cpu_wait import SchedulingTimes, scheduling_times, undisturbed_ns
from paragone.store.plan_records import Cell
from paragone.task.checks import SampleResult
from paragone.task.sample_input import SampleInput
from paragone.verify.time_account import TimeAccount
from paragone.worker.replies import Timing
from paragone.worker.sample import result_digest
from paragone.worker.worker import Worker

T = TypeVar("T")

# The CPU time of a worker that takes an order from the pipe, for each of its numbers.
ORDER_NS_PER_NUMBER = 25


@dataclass(frozen=True, eq=False)
class SampleSeen:
    """One sample as the harness saw it: its time, and its result."""

    account: TimeAccount
    result: SampleResult

    @cached_property
    def digest(self) -> str:
        return result_digest(self.result.state, self.result.losses)


class StartedSample:
    """A sample whose worker is reset: its steps are taken in one part or in several, and others work in between."""

    def __init__(self, worker: Worker, input_: SampleInput, cell: Cell, prefix_steps: int, n_parts: int = 1) -> None:
        """Raises MeasurementFailed where the worker fails, as the methods do."""
        self.worker, self.input, self.cell = worker, input_, cell
        self._parts = np.array_split(input_.order(cell.n_steps), min(n_parts, cell.n_steps))
        self.timings: list[Timing] = []  # of the parts that are taken
        self._outside_ns = 0
        worker.prepare(input_.prefix_start, input_.prefix(prefix_steps))
        worker.reset(input_.start, cell.n_steps)
        self._reset_ns = worker.waited_ns

    @property
    def is_whole(self) -> bool:
        """Whether all its steps are taken."""
        return len(self.timings) == len(self._parts)

    def take_part(self) -> None:
        """Take the steps of the next part."""
        order = self._parts[len(self.timings)]
        timing = self.worker.take_sample(order)
        refuse_miscounted(timing, len(order))
        self.timings.append(timing)
        self._outside_ns += self.worker.waited_ns

    def seen(self) -> SampleSeen:
        """The sample, of which all steps are taken: its times are those of its parts together."""
        self.worker.call_params()
        timing, params_ns = sum_of(self.timings), self.worker.waited_ns
        seen = _seen(self.worker, self.input, self.cell, timing, self._outside_ns, self._reset_ns, params_ns)
        return SampleSeen(replace(seen.account, n_parts=len(self._parts)), seen.result)


def see_sample(worker: Worker, input_: SampleInput, cell: Cell, prefix_steps: int) -> SampleSeen:
    """Take one whole sample of the cell over this input. Raises MeasurementFailed as `StartedSample` does."""
    started = StartedSample(worker, input_, cell, prefix_steps)
    started.take_part()
    return started.seen()


def look_closely(worker: Worker, input_: SampleInput, cell: Cell, prefix_steps: int) -> SampleSeen:
    """A sample like any other for the worker, with the time for which the scheduler kept it and the harness waiting."""
    worker.prepare(input_.prefix_start, input_.prefix(prefix_steps))
    order = input_.order(cell.n_steps)
    reset_ns = _looked_at(worker, lambda: worker.reset(input_.start, cell.n_steps))[1]
    timing, outside_ns, withheld_ns, cpu_ns = _looked_at(worker, lambda: worker.take_sample(order))
    params_ns = _looked_at(worker, worker.call_params)[1]
    refuse_miscounted(timing, len(order))
    cpu_outside_ns = cpu_ns - ORDER_NS_PER_NUMBER * order.size if len(worker.cpus) == 1 else 0
    seen = _seen(worker, input_, cell, timing, outside_ns, reset_ns, params_ns)
    account = replace(seen.account, withheld_ns=withheld_ns, cpu_outside_ns=cpu_outside_ns)
    return SampleSeen(account, seen.result)


def refuse_miscounted(timing: Timing, n_steps: int) -> None:
    """Raise MeasurementFailed where the worker counts other steps than those of the order.

    A rate is steps over time, so a step that was only counted would be as good as one that was taken.
    """
    if timing.n_steps != n_steps:
        raise MeasurementFailed(f"a sample of {n_steps} steps was sent, and the reply counts {timing.n_steps}")


def sum_of(timings: list[Timing]) -> Timing:
    """The steps and times of all parts of a sample together."""
    first, *others = timings
    runners_ns = [each.runner_ns for each in timings if each.runner_ns is not None]
    return structs.replace(
        first,
        n_steps=first.n_steps + sum(each.n_steps for each in others),
        elapsed_ns=first.elapsed_ns + sum(each.elapsed_ns for each in others),
        runner_ns=sum(runners_ns) if len(runners_ns) == len(timings) else None,
        cpu_ns=first.cpu_ns + sum(each.cpu_ns for each in others),
        waiting_cpu_ns=first.waiting_cpu_ns + sum(each.waiting_cpu_ns for each in others),
    )


def _seen(
    worker: Worker, input_: SampleInput, cell: Cell, timing: Timing, outside_ns: int, reset_ns: int, params_ns: int
) -> SampleSeen:
    """The sample that the worker has just taken, with its result."""
    state, losses = worker.result()
    start = input_.start.tensors()
    account = TimeAccount(
        timing,
        outside_ns,
        reset_ns,
        params_ns,
        # A host looks at the inputs of a kernel too: no call may change them.
        sum(tensor.size for tensor in {**start, **state.tensors()}.values()),
        n_given=sum(tensor.size for tensor in start.values()),
        copied_bytes=input_.problem.copied_bytes(cell.size, cell.n_steps),
    )
    return SampleSeen(account, SampleResult(state, losses, timing.n_steps))


def _looked_at(worker: Worker, call: Callable[[], T]) -> tuple[T, int, int, int]:
    """The reply; the time waited for it without what the scheduler withheld from both ends; that; the CPU time used.

    The CPU time is that of the worker and its children, divided by the number of their CPUs.
    """
    own_before, before = _own_times(), worker.scheduling_times()
    reply = call()
    waited_ns, after, own_after = worker.waited_ns, worker.scheduling_times(), _own_times()
    from_worker_ns = after.at_ns - before.at_ns - undisturbed_ns(before, after)
    from_harness_ns = own_after.runnable_ns - own_before.runnable_ns
    withheld_ns = min(waited_ns, max(0, from_worker_ns) + max(0, from_harness_ns))
    return reply, waited_ns - withheld_ns, withheld_ns, after.cpu_ns - before.cpu_ns


def _own_times() -> SchedulingTimes:
    return scheduling_times([os.getpid()], [])
