"""The pilot: every variant verified, and the cost of a step estimated, in a process that is never timed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import Any

from paragone.errors import MeasurementFailed, TimedOut
from paragone.implementation.described import unavailable_reason
from paragone.machine.cpus import worker_cpus
from paragone.machine.memory import memory_limit_bytes
from paragone.machine.threads import cpu_use_fault, worker_environment
from paragone.plan.cells import ONCE_PER_LAUNCH_SECONDS, Contender, cell
from paragone.plan.request import Request
from paragone.store.plan_records import Cell
from paragone.task.families import family_of
from paragone.task.problem import Data, Problem
from paragone.verify.data_stage import check_data
from paragone.verify.first_steps import first_steps_of
from paragone.verify.inputs import RoundInputs, SampleInput
from paragone.verify.pace import Pace, measured_pace, pace_at
from paragone.verify.pilot_result import PilotResult
from paragone.verify.remembered_results import refuse_remembered
from paragone.verify.reopened_worker import ReopenedWorker
from paragone.verify.seen_sample import look_closely, see_sample
from paragone.verify.stress_stage import StressStage, most_check_steps
from paragone.verify.time_account import TimeAccount, refuse_false_account
from paragone.verify.unchanged_source import load_worker as load_worker  # measuring imports it from here
from paragone.verify.verifier import Verifier
from paragone.worker.commands import CountCpus, GetPeakMemory, ListModules
from paragone.worker.estimate import MOST_CPUS
from paragone.worker.handle import WorkerHandle
from paragone.worker.worker import Worker

# The samples of a cell: the first is compared whole with the reference, the others show how its time is accounted for.
PILOT_SAMPLES = 4
# Two cells whose arrays take more than this share of the memory are not examined at once.
LARGE_SHARE = 1 / 16

OpenWorker = Callable[[Contender], Worker]
OpenLimitedWorker = Callable[[Contender, float, int | None], Worker]  # with limits of time (s) and memory (bytes)


class Pilot:
    """Verifies contenders one by one and estimates their costs.

    `large_arrays` is held while a cell is examined whose arrays take much of the memory: pilots that work beside each
    other share a lock.
    """

    def __init__(self, request: Request, data: Data, verifier: Verifier, open_worker: OpenWorker) -> None:
        self.request, self.data, self.verifier, self.open_worker = request, data, verifier, open_worker
        self.large_arrays: Callable[[], AbstractContextManager[Any]] = nullcontext

    def examine(
        self, contender: Contender, sizes: Sequence[int], begin: Callable[[int], None] = lambda size: None
    ) -> PilotResult:
        """The cells of the contender that may be timed, and outcomes that say why others may not.

        `begin` is called with each size before its turn.
        """
        result = PilotResult(contender)
        if reason := unavailable_reason(contender.variant.implementation, contender.problem):
            result.add_outcome("available", "unavailable", reason)
            return result
        with self._worker_for(result, contender) as reopened:
            self._examine_grid(result, reopened, sizes, begin)
            check_data(result, self.verifier, reopened.worker, self.request.budgets)
            self._note_modules(result, reopened.worker() if result.cells else None)
            if not contender.difference:
                self._examine_stress(result, reopened)
        return result

    def _examine_stress(self, result: PilotResult, reopened: ReopenedWorker) -> None:
        """Check the stress problem in the worker that is open; where that does not pass, in a fresh one."""
        contender = result.contender
        stress = family_of(contender.problem).stress(contender.problem)
        if stress is None:
            return
        other = replace(contender, problem=stress)
        fast = [planned for planned in result.cells if planned.step_seconds <= ONCE_PER_LAUNCH_SECONDS]
        if reason := unavailable_reason(contender.variant.implementation, other.problem) or other.difference:
            for planned in fast:
                result.add_outcome("stress", "not checked", reason, planned.size)
            return
        stage = StressStage(result, other, self.verifier, self.request.budgets)
        left: Sequence[Cell] = fast
        if fast and (worker := self._loaded_again(reopened, other)):
            left = stage.pass_cells(worker, fast)
            self._note_modules(result, reopened.live)
        reopened.close()
        with self._worker_for(result, other) as fresh:
            stage.check_cells(fresh.worker, left)
            self._note_modules(result, fresh.live)

    def _loaded_again(self, reopened: ReopenedWorker, contender: Contender) -> Worker | None:
        """The worker that is open, loaded with another problem; None where there is none, or where that fails."""
        if (worker := reopened.live) is None:
            return None
        try:
            load_worker(worker, contender, self.data, self.request.seed)
        except MeasurementFailed:
            return None
        return worker

    @contextmanager
    def _worker_for(self, result: PilotResult, contender: Contender) -> Iterator[ReopenedWorker]:
        """Yield a worker that loads the contender on first use; it is killed when the block ends."""
        reopened = ReopenedWorker(lambda: self._loaded(result, contender))
        try:
            yield reopened
        finally:
            reopened.close()

    def _examine_grid(
        self, result: PilotResult, reopened: ReopenedWorker, sizes: Sequence[int], begin: Callable[[int], None]
    ) -> None:
        pace: Pace | None = None
        for size in sizes:
            begin(size)
            worker = reopened.worker()
            if worker is None:
                return
            if self._too_large(result, size):
                continue
            try:
                with self._room_for(result.contender.problem, size):
                    pace = pace_at(size, worker, result.contender.problem, pace, self.request)
                    if not self._too_slow(result, size, pace.predict(size)):
                        pace = self._examine_cell(result, worker, size, pace)
            except TimedOut as error:
                result.add_outcome("head", "failed", str(error), size)
                for larger in sizes[sizes.index(size) + 1 :]:
                    words = result.contender.problem.words
                    result.add_outcome("cost", "not measured", f"{words.size} {size} ran into the time limit", larger)
                return
            except MeasurementFailed as error:
                result.add_outcome("head", "failed", str(error), size)

    def _examine_cell(self, result: PilotResult, worker: Worker, size: int, pace: Pace) -> Pace:
        if pace.size != size:
            pace = measured_pace(worker, result.contender.problem, size, self.request)
        if self._too_slow(result, size, pace.step_seconds):
            return pace
        planned = cell(result.contender, size, pace.step_seconds, self.request.budgets)
        most_steps = most_check_steps(result.contender.problem, planned, self.request.budgets)
        head = self.verifier.check_first_steps(worker, result.contender, size, most_steps)
        if head.diverges:  # samples would end in NaN, by whatever code
            result.add_outcome("head", "not measured", head.reason, size)
            return pace
        if result.add_check("head", size, head) and self._samples_pass(result, worker, planned):
            result.peak_bytes = max(result.peak_bytes, worker.call(GetPeakMemory()).peak_memory_bytes or 0)
            if self._keeps_to_its_threads(result, worker, planned):
                n_steps, seed = max(1, planned.prefix_steps), self.request.seed
                result.first_steps[size] = first_steps_of(worker, result.contender, size, n_steps, seed)
                result.cells.append(planned)
        return pace

    def _samples_pass(self, result: PilotResult, worker: Worker, planned: Cell) -> bool:
        """Take a few samples as the rounds do; check the whole of the first, and the account of the time of all."""
        contender, n_samples = result.contender, 1 if planned.once_per_launch else PILOT_SAMPLES

        def drawn() -> SampleInput:
            return RoundInputs([planned], {contender.problem.name: contender.problem}).of(planned)

        input_ = drawn()
        first = see_sample(worker, input_, planned, prefix_steps=0)
        begin = time.perf_counter()
        check = self.verifier.check_whole_sample(worker, contender, input_, first)
        result.check_seconds[planned.size] = time.perf_counter() - begin
        if not result.add_check("sample", planned.size, check):
            return False

        def look() -> TimeAccount:
            return look_closely(worker, drawn(), planned, planned.prefix_steps).account

        seen = (see_sample(worker, drawn(), planned, planned.prefix_steps) for _ in range(n_samples - 1))
        accounts = [each.account for each in seen]
        refuse_false_account(worker, accounts, look, contender.problem.words.timed)
        refuse_remembered(worker, contender.problem, planned, accounts)
        return True

    def _keeps_to_its_threads(self, result: PilotResult, worker: Worker, planned: Cell) -> bool:
        """Whether a one-thread contender uses one CPU: in the rounds a second thread would share that CPU."""
        if result.contender.threads > 1:
            return True
        command = CountCpus(size=planned.size, n_steps=planned.n_steps, budgets=self.request.budgets)
        start = result.contender.problem.draw_start(self.request.seed, planned.size)
        used = worker.call_from(start, command).cpus_used
        if used > MOST_CPUS:
            result.add_outcome("threads", "failed", cpu_use_fault(used), planned.size)
        return used <= MOST_CPUS

    def _room_for(self, problem: Problem, size: int) -> AbstractContextManager[Any]:
        is_large = problem.held_bytes(size) > LARGE_SHARE * memory_limit_bytes()
        return self.large_arrays() if is_large else nullcontext()

    def _too_large(self, result: PilotResult, size: int) -> bool:
        held_bytes, most_bytes = result.contender.problem.held_bytes(size), memory_limit_bytes() // 2
        if held_bytes <= most_bytes:
            return False
        reason = (
            f"its arrays take about {held_bytes / 1e9:.3g} GB, half of this machine's memory is {most_bytes / 1e9:.3g}"
        )
        result.add_outcome("cost", "not measured", reason, size)
        return True

    def _too_slow(self, result: PilotResult, size: int, step_seconds: float) -> bool:
        result.step_seconds[size] = step_seconds
        if step_seconds <= self.request.too_slow_seconds:
            return False
        result.add_too_slow(size, step_seconds)
        return True

    def _note_modules(self, result: PilotResult, worker: Worker | None) -> None:
        """Note what code was loaded, after the last step: some modules are imported late."""
        try:
            result.modules |= worker.call(ListModules(since_s=result.began_s)).stamps if worker is not None else {}
        except MeasurementFailed:  # nobody can tell later whether its code has changed: nothing of it is kept
            result.first_steps.clear()

    def _loaded(self, result: PilotResult, contender: Contender) -> Worker | None:
        begin = time.perf_counter()
        worker = None
        try:
            worker = self.open_worker(contender)
            load_worker(worker, contender, self.data, self.request.seed)
        except BaseException as error:
            if worker is not None:
                worker.kill()
            if not isinstance(error, MeasurementFailed):
                raise
            result.add_outcome("load", "failed", str(error))
            return None
        result.load_seconds = time.perf_counter() - begin
        return worker


def open_worker(contender: Contender, time_limit_s: float, memory_limit_bytes: int | None = None) -> WorkerHandle:
    """A fresh worker with the contender's threads and CPUs, nothing loaded."""
    variables, _ = worker_environment(contender.threads, os.environ)
    environment = contender.variant.implementation.environment_name
    return WorkerHandle(variables, worker_cpus(contender.threads), time_limit_s, environment, memory_limit_bytes)
