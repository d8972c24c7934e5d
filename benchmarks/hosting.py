"""Implementations in this process, one at a time, asked the way the harness asks its workers over a pipe."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from paragone.errors import MeasurementFailed
from paragone.machine.threads import loaded_thread_pools, thread_count_fault
from paragone.plan.cells import ONCE_PER_LAUNCH_SECONDS, Cell, Contender, cell, grid
from paragone.plan.request import TOO_SLOW_SECONDS
from paragone.report.text.pytest_benchmark import cell_id
from paragone.task.mlp.data import DataSet, check_fits
from paragone.task.mlp.gate import CheckResult, stress_problem
from paragone.task.mlp.state import State
from paragone.verify.pilot import most_check_steps
from paragone.verify.verifier import Verifier
from paragone.worker.estimate import step_seconds
from paragone.worker.replies import Timing
from paragone.worker.sample import Clock, result_digest, take_sample

SEED = 1


class GridPoint(NamedTuple):
    """One cell of the grid, before anything is known of its cost."""

    contender: Contender
    batch_size: int

    @property
    def id(self) -> str:
        """Return `numpy_rows-float32-C-nielsen-B100`, with `-T2` behind it where there are two threads."""
        problem, variant, threads = self.contender.key
        return cell_id(variant, problem, self.batch_size, threads)


class Hosted:
    """A variant that has loaded a problem; `train` and `result` are what the verifier asks of a worker."""

    def __init__(self, contender: Contender, data: DataSet, clock: Clock = time.perf_counter_ns) -> None:
        self.contender, self.clock = contender, clock
        problem = contender.problem
        self.start = problem.start_state(SEED)
        self.step_costs: dict[int, float] = {}
        self.implementation = contender.variant.make()
        self.implementation.load(problem, *data.inputs(problem, contender.variant.dtype))
        if fault := thread_count_fault(contender.threads, loaded_thread_pools()):
            raise MeasurementFailed(f"{contender.variant.name}: {fault}")
        # As in a worker: what load made will not be collected, so that collections skip it.
        gc.collect()
        gc.freeze()

    def drop(self) -> None:
        """Let go of the implementation and its memory, whoever still holds this object."""
        del self.implementation
        gc.unfreeze()
        gc.collect()

    def train(self, state: State, order: NDArray[np.int64]) -> tuple[State, NDArray[Any] | None]:
        """Return the state and the losses after training over `order` from `state`."""
        self.implementation.reset(state)
        losses = self.implementation.train(order)
        return self.implementation.params(), losses

    def result(self) -> tuple[State, NDArray[Any] | None]:
        """Return the state after the last sample, and its losses."""
        return self.implementation.params(), self.losses

    def order(self, batch_size: int, n_steps: int) -> NDArray[np.int64]:
        """Return the image indices of every mini-batch, the same as the harness's samples have."""
        return self.contender.problem.order(SEED, n_steps, batch_size)

    def step_seconds(self, batch_size: int) -> float:
        """Return about how long a step takes.

        The problem's smaller batch sizes are timed first: where they say that this one is too slow,
        it is their word that is returned, and no step is taken.
        """
        seconds_per_image = 0.0
        for size in [*(size for size in grid(self.contender.problem, ()) if size < batch_size), batch_size]:
            if seconds_per_image * size > TOO_SLOW_SECONDS:
                break
            seconds_per_image = self._measured_step_seconds(size) / size
        return seconds_per_image * batch_size

    def _measured_step_seconds(self, batch_size: int) -> float:
        if batch_size not in self.step_costs:
            batches = partial(self.order, batch_size)
            self.step_costs[batch_size] = step_seconds(self.implementation, self.start, batch_size, batches, self.clock)
        return self.step_costs[batch_size]

    def planned(self, batch_size: int) -> Cell:
        """Return how the harness would sample this cell: its steps, and the untimed ones before them."""
        return cell(self.contender, batch_size, self.step_seconds(batch_size))

    def sample(self, planned: Cell) -> Timing:
        """Return one sample, as the harness takes it."""
        order = self.order(planned.batch_size, planned.n_steps)
        timing, self.losses = take_sample(self.implementation, self.start, order, planned.prefix_steps, self.clock)
        return timing


class ReopenedWorker:
    """Holds one variant at a time, of which it has checked the problem's stress problem before."""

    def __init__(self, data: DataSet, wanted: Iterable[GridPoint]) -> None:
        self.data, self.wanted = data, list(wanted)
        self.verifier = Verifier(data, SEED)
        self.hosted: Hosted | None = None
        self.twin_checks: dict[int, CheckResult] = {}

    def hold(self, contender: Contender) -> Hosted:
        """Return the variant with its problem loaded; the one before it is dropped first."""
        if self.hosted is None or self.hosted.contender != contender:
            check_fits(contender.problem, self.data)
            self.drop()
            sizes = [point.batch_size for point in self.wanted if point.contender == contender]
            self.twin_checks = self._checks_of_twin(contender, sizes)
            self.hosted = Hosted(contender, self.data)
        return self.hosted

    def drop(self) -> None:
        """Let go of what is held."""
        if self.hosted is not None:
            self.hosted.drop()
            self.hosted = None

    def checks(self, hosted: Hosted, planned: Cell) -> dict[str, CheckResult]:
        """Return what the gate says of a cell of the variant held: of its first steps, and of the stress problem's.

        Like the harness, it looks at the stress problem only where a step is short.
        """
        problem = hosted.contender.problem
        checks = {problem.name: self._check_head(hosted, planned)}
        if planned.batch_size in self.twin_checks:
            checks[stress_problem(problem).name] = self.twin_checks[planned.batch_size]
        return checks

    def check_sample(self, hosted: Hosted, planned: Cell, digest: str) -> CheckResult:
        """Return whether the last result of the variant held, which has this digest, ends as the reference does."""
        size, n_steps = planned.batch_size, planned.n_steps
        return self.verifier.check_last_sample(hosted, hosted.contender, size, n_steps, digest)

    def _checks_of_twin(self, contender: Contender, sizes: Sequence[int]) -> dict[int, CheckResult]:
        hosted = Hosted(replace(contender, problem=stress_problem(contender.problem)), self.data)
        try:
            planned = [hosted.planned(size) for size in sizes]
            short = [cell for cell in planned if cell.step_seconds <= ONCE_PER_LAUNCH_SECONDS]
            return {cell.batch_size: self._check_head(hosted, cell) for cell in short}
        finally:
            hosted.drop()

    def _check_head(self, hosted: Hosted, planned: Cell) -> CheckResult:
        n_steps = most_check_steps(planned)
        return self.verifier.check_head(hosted, hosted.contender, planned.batch_size, n_steps)


class Round:
    """What pytest-benchmark repeats: `prepare` before the clock, `train` under it; every result is compared."""

    def __init__(self, hosted: Hosted, planned: Cell, verified_digest: str) -> None:
        self.implementation, self.start = hosted.implementation, hosted.start
        self.order = hosted.order(planned.batch_size, planned.n_steps)
        self.prefix = self.order[: planned.prefix_steps]
        self.deterministic = hosted.contender.variant.implementation.deterministic
        self.verified_digest = verified_digest
        self.n_prepared = 0
        self.losses: NDArray[Any] | None = None

    def prepare(self) -> None:
        """Compare the result of the round before, warm up, reset."""
        if self.n_prepared:
            self.compare()
        self.n_prepared += 1
        if len(self.prefix):
            self.implementation.reset(self.start)
            self.implementation.train(self.prefix)
        self.implementation.reset(self.start)

    def train(self) -> None:
        """Take the steps of one sample. TIMED."""
        self.losses = self.implementation.train(self.order)

    def digest(self) -> str:
        """Return the hash of the last round's result."""
        return result_digest(self.implementation.params(), self.losses)

    def compare(self) -> None:
        """Raise MeasurementFailed unless the last result has the bits of the verified one, where bits repeat."""
        if self.deterministic and self.digest() != self.verified_digest:
            raise MeasurementFailed(
                f"round {self.n_prepared}: the result differs from the verified one of the same state and order"
            )
