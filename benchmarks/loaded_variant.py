"""One variant at a time, loaded in this process, with the methods that the verifier expects of a worker."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from paragone.errors import MeasurementFailed
from paragone.implementation.importing import instance_of
from paragone.machine.threads import loaded_thread_pools, thread_count_fault
from paragone.plan.cells import ONCE_PER_LAUNCH_SECONDS, Contender, cell, grid
from paragone.plan.request import TOO_SLOW_SECONDS
from paragone.report.export.cells import cell_id
from paragone.store.plan_records import Cell
from paragone.task.check_result import CheckResult
from paragone.task.checks import SampleResult
from paragone.task.mlp.data import DataSet, check_fits
from paragone.task.mlp.gate import stress_problem
from paragone.task.mlp.state import State
from paragone.verify.inputs import SampleInput
from paragone.verify.pilot import most_check_steps
from paragone.verify.seen_sample import SampleSeen
from paragone.verify.time_account import TimeAccount
from paragone.verify.verifier import Verifier
from paragone.worker.estimate import step_seconds
from paragone.worker.replies import Timing
from paragone.worker.sample import Clock, take_sample, train_prefix
from paragone.worker.worker import Worker

SEED = 1


class GridPoint(NamedTuple):
    """A cell before its cost is known."""

    contender: Contender
    size: int

    @property
    def id(self) -> str:
        """`numpy_rows-float32-C-nielsen-B100`; `-T2` follows where there are two threads."""
        problem, variant, threads = self.contender.key
        return cell_id(variant, problem, self.size, threads)


class LoadedVariant:
    """A variant that has loaded a problem; the verifier calls `train`, as it does with a worker."""

    def __init__(self, contender: Contender, data: DataSet, clock: Clock = time.perf_counter_ns) -> None:
        self.contender, self.clock = contender, clock
        problem = contender.problem
        self.start = problem.start_state(SEED)
        self.step_costs: dict[int, float] = {}
        self.implementation = instance_of(contender.variant)
        self.implementation.load(problem, *data.inputs(problem, contender.variant.dtype))
        if fault := thread_count_fault(contender.threads, loaded_thread_pools()):
            raise MeasurementFailed(f"{contender.variant.name}: {fault}")
        # As in a worker: the garbage collector skips what load has made.
        gc.collect()
        gc.freeze()

    def drop(self) -> None:
        """Free the implementation and its memory; pytest may still hold this object."""
        del self.implementation
        gc.unfreeze()
        gc.collect()

    def train(self, state: State, order: NDArray[np.int64]) -> tuple[State, NDArray[Any] | None]:
        self.implementation.reset(state)
        losses = self.implementation.train(order)
        return self.implementation.params(), losses

    def order(self, batch_size: int, n_steps: int) -> NDArray[np.int64]:
        return self.contender.problem.order(SEED, n_steps, batch_size)

    def input(self, planned: Cell) -> SampleInput:
        """The start and the order of all samples: without rounds among others, they need no new ones."""
        return SampleInput(self.contender.problem, planned.size, frozenset({planned.n_steps}), SEED)

    def step_seconds(self, batch_size: int) -> float:
        """An estimate of how long a step takes.

        Smaller batch sizes of the problem are timed first. Where they show that this one is too slow, the estimate
        is extrapolated from them and no step is taken.
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
        """The cell as a run would plan it: steps of a sample, and of the untimed prefix."""
        return cell(self.contender, batch_size, self.step_seconds(batch_size))

    def sample(self, planned: Cell) -> SampleSeen:
        input_ = self.input(planned)
        train_prefix(self.implementation, input_.start, input_.prefix(planned.prefix_steps))
        self.implementation.reset(input_.start)
        timing, losses = take_sample(self.implementation, input_.order(planned.n_steps), self.clock)
        return self.seen(timing, losses)

    def seen(self, timing: Timing, losses: NDArray[Any] | None) -> SampleSeen:
        """A sample with its result, as the verifier takes it; in this process nothing is seen from outside."""
        result = SampleResult(self.implementation.params(), losses, timing.n_steps)
        return SampleSeen(TimeAccount(timing, timing.elapsed_ns, 0, 0, 0), result)


class VariantHolder:
    """Holds one variant at a time, loaded; checks its stress problem before it loads the problem itself."""

    def __init__(self, data: DataSet, wanted: Iterable[GridPoint]) -> None:
        self.data, self.wanted = data, list(wanted)
        self.verifier = Verifier(data, SEED)
        self.loaded: LoadedVariant | None = None
        self.stress_checks: dict[int, CheckResult] = {}

    def hold(self, contender: Contender) -> LoadedVariant:
        """Load a variant, unless it is the one that is held; the one before is dropped first."""
        if self.loaded is None or self.loaded.contender != contender:
            check_fits(contender.problem, self.data)
            self.drop()
            sizes = [point.size for point in self.wanted if point.contender == contender]
            self.stress_checks = self._checks_of_stress_problem(contender, sizes)
            self.loaded = LoadedVariant(contender, self.data)
        return self.loaded

    def drop(self) -> None:
        if self.loaded is not None:
            self.loaded.drop()
            self.loaded = None

    def checks(self, loaded: LoadedVariant, planned: Cell) -> dict[str, CheckResult]:
        """The head of a cell against the reference, by name of the problem; that of the stress problem too.

        As in a run, the stress problem is checked only where a step is short.
        """
        problem = loaded.contender.problem
        checks = {problem.name: self._check_head(loaded, planned)}
        if planned.size in self.stress_checks:
            checks[stress_problem(problem).name] = self.stress_checks[planned.size]
        return checks

    def check_sample(self, loaded: LoadedVariant, planned: Cell, seen: SampleSeen) -> CheckResult:
        """The whole of a sample against the reference."""
        worker = cast(Worker, loaded)  # the verifier calls its `train`
        return self.verifier.check_whole_sample(worker, loaded.contender, loaded.input(planned), seen)

    def _checks_of_stress_problem(self, contender: Contender, sizes: Sequence[int]) -> dict[int, CheckResult]:
        loaded = LoadedVariant(replace(contender, problem=stress_problem(contender.problem)), self.data)
        try:
            planned = [loaded.planned(size) for size in sizes]
            short = [cell for cell in planned if cell.step_seconds <= ONCE_PER_LAUNCH_SECONDS]
            return {cell.size: self._check_head(loaded, cell) for cell in short}
        finally:
            loaded.drop()

    def _check_head(self, loaded: LoadedVariant, planned: Cell) -> CheckResult:
        n_steps = most_check_steps(loaded.contender.problem, planned)
        return self.verifier.check_first_steps(loaded, loaded.contender, planned.size, n_steps)


class TimedCell:
    """What pytest-benchmark repeats: `prepare` before the clock starts, `train` while it runs."""

    def __init__(self, loaded: LoadedVariant, planned: Cell, verified_digest: str) -> None:
        self.loaded, self.implementation, input_ = loaded, loaded.implementation, loaded.input(planned)
        self.start, self.order = input_.start, input_.order(planned.n_steps)
        self.prefix = input_.prefix(planned.prefix_steps)
        self.deterministic = loaded.contender.variant.implementation.deterministic
        self.verified_digest = verified_digest
        self.n_prepared = 0
        self.losses: NDArray[Any] | None = None

    def prepare(self) -> None:
        """Compare the result of the round before, take the prefix, reset."""
        if self.n_prepared:
            self.compare()
        self.n_prepared += 1
        train_prefix(self.implementation, self.start, self.prefix)
        self.implementation.reset(self.start)

    def train(self) -> None:
        """TIMED: one sample."""
        self.losses = self.implementation.train(self.order)

    def seen(self) -> SampleSeen:
        return self.loaded.seen(Timing(n_steps=len(self.order), elapsed_ns=1, cpu_ns=0), self.losses)

    def compare(self) -> None:
        """Raise MeasurementFailed where a deterministic variant's last result has other bits than the verified one."""
        if self.deterministic and self.seen().digest != self.verified_digest:
            raise MeasurementFailed(
                f"round {self.n_prepared}: the result differs from the verified one of the same state and order"
            )
