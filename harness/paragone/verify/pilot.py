"""The pilot: every variant verified, and the cost of a step estimated, in a process that is never timed."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Protocol

from paragone.errors import MeasurementFailed, TimedOut
from paragone.implementation.declaration import unavailable_reason
from paragone.implementation.registry import Registered
from paragone.machine.cpus import worker_cpus
from paragone.machine.threads import cpu_use_fault, worker_environment
from paragone.plan.cells import ONCE_PER_LAUNCH_SECONDS, Contender, cell, chosen_variants, contenders_of, grid
from paragone.plan.request import Request
from paragone.store.plan_records import Cell, Plan
from paragone.store.records import Outcome
from paragone.task.mlp.data import DataSet, check_fits
from paragone.task.mlp.gate import check_steps, stress_problem
from paragone.verify.pilot_result import Pace, PilotResult
from paragone.verify.verifier import Verifier
from paragone.worker.commands import CountCpus, EstimateStep, GetPeakMemory, TakeSample
from paragone.worker.estimate import MOST_CPUS
from paragone.worker.handle import WorkerHandle
from paragone.worker.replies import Loaded

# One check trains for about this long at most; a slow implementation is checked over fewer steps.
CHECK_SECONDS = 1.0
# The first estimate is made at this batch size. A step shorter than TELLING_SECONDS is mostly overhead, so its time
# says nothing about large batches.
FIRST_PROBE = 10
TELLING_SECONDS = 0.01

OpenWorker = Callable[[Contender], WorkerHandle]


class Display(Protocol):
    """What a run tells its user while it goes on."""

    def say(self, sentence: str) -> None:
        """Show a sentence that stays."""

    def show_plan(self, plan: Plan, outcomes: Sequence[Outcome]) -> None:
        """Show what is about to be measured, what is not, and how long it takes."""

    def progress(self, title: str, total: float) -> AbstractContextManager[Callable[[str, float], None]]:
        """Return a context that yields `advance(what, amount)`."""


class ReopenedWorker:
    """A worker opened on first use and reopened after it died, until it fails to load."""

    def __init__(self, open_: Callable[[], WorkerHandle | None]) -> None:
        self._open = open_
        self._worker: WorkerHandle | None = None
        self._given_up = False

    def worker(self) -> WorkerHandle | None:
        """Return a live worker, or None where it cannot be loaded."""
        if not self._given_up and (self._worker is None or not self._worker.alive):
            self._worker = self._open()
            self._given_up = self._worker is None
        return self._worker

    def close(self) -> None:
        """End the worker, if there is one."""
        if self._worker is not None:
            self._worker.kill()


class Pilot:
    """Verifies contenders one by one and estimates their costs."""

    def __init__(self, request: Request, data: DataSet, verifier: Verifier, open_worker: OpenWorker) -> None:
        self.request, self.data, self.verifier, self.open_worker = request, data, verifier, open_worker

    def examine(self, contender: Contender, batch_sizes: Sequence[int]) -> PilotResult:
        """The cells of the contender that may be timed, and outcomes that say why others may not."""
        survey = PilotResult(contender)
        if reason := unavailable_reason(contender.variant.implementation, contender.problem):
            survey.add_outcome("available", "unavailable", reason)
            return survey
        with self._worker_of(survey, contender) as host:
            self._survey_grid(survey, host, batch_sizes)
        if contender.difference:
            return survey
        other = replace(contender, problem=stress_problem(contender.problem))
        fast = [planned for planned in survey.cells if planned.step_seconds <= ONCE_PER_LAUNCH_SECONDS]
        if reason := unavailable_reason(contender.variant.implementation, other.problem) or other.difference:
            for planned in fast:
                survey.add_outcome("stress", "not checked", reason, planned.batch_size)
        elif fast:
            with self._worker_of(survey, other) as host:
                self._check_stress(survey, host, other, fast)
        return survey

    @contextmanager
    def _worker_of(self, survey: PilotResult, contender: Contender) -> Iterator[ReopenedWorker]:
        """Yield the worker of an contender; it is gone afterwards, whatever happens in between."""
        host = ReopenedWorker(lambda: self._loaded(survey, contender))
        try:
            yield host
        finally:
            host.close()

    def _survey_grid(self, survey: PilotResult, host: ReopenedWorker, batch_sizes: Sequence[int]) -> None:
        pace: Pace | None = None
        for batch_size in batch_sizes:
            worker = host.worker()
            if worker is None:
                return
            try:
                pace = self._pace(worker, pace, batch_size)
                if not self._too_slow(survey, batch_size, pace.predict(batch_size)):
                    pace = self._survey_cell(survey, worker, batch_size, pace)
            except TimedOut as error:
                survey.add_outcome("head", "failed", str(error), batch_size)
                for larger in batch_sizes[batch_sizes.index(batch_size) + 1 :]:
                    survey.add_outcome(
                        "cost", "not measured", f"batch size {batch_size} ran into the time limit", larger
                    )
                return
            except MeasurementFailed as error:
                survey.add_outcome("head", "failed", str(error), batch_size)

    def _pace(self, worker: WorkerHandle, pace: Pace | None, batch_size: int) -> Pace:
        """Return a pace that foretells the step of this batch size: steps that are mostly overhead foretell nothing."""
        if pace is None:
            first = min(batch_size, FIRST_PROBE)
            pace = Pace(first, worker.call(EstimateStep(batch_size=first)).step_seconds)
        while pace.step_seconds < TELLING_SECONDS and pace.predict(batch_size) > self.request.too_slow_seconds:
            size = min(batch_size, math.ceil(pace.batch_size * 2 * TELLING_SECONDS / pace.step_seconds))
            pace = Pace(size, worker.call(EstimateStep(batch_size=size)).step_seconds)
        return pace

    def _survey_cell(self, survey: PilotResult, worker: WorkerHandle, batch_size: int, pace: Pace) -> Pace:
        if pace.batch_size != batch_size:
            pace = Pace(batch_size, worker.call(EstimateStep(batch_size=batch_size)).step_seconds)
        if self._too_slow(survey, batch_size, pace.step_seconds):
            return pace
        planned = cell(survey.contender, batch_size, pace.step_seconds)
        head = self.verifier.check_first_steps(worker, survey.contender, batch_size, most_check_steps(planned))
        if survey.add_check("head", batch_size, head):
            sample = worker.call(TakeSample(batch_size=batch_size, n_steps=planned.n_steps, prefix_steps=0))
            survey.peak_bytes = max(survey.peak_bytes, worker.call(GetPeakMemory()).peak_memory_bytes or 0)
            tail = self.verifier.check_last_sample(worker, survey.contender, batch_size, planned.n_steps, sample.digest)
            if survey.add_check("tail", batch_size, tail) and self._keeps_to_its_threads(survey, worker, planned):
                self.verifier.check_fresh_input(worker, survey.contender, planned)
                survey.cells.append(planned)
        return pace

    def _keeps_to_its_threads(self, survey: PilotResult, worker: WorkerHandle, planned: Cell) -> bool:
        """Whether it keeps to one thread where asked to: in the rounds a second thread would share its one CPU."""
        if survey.contender.threads > 1:
            return True
        used = worker.call(CountCpus(batch_size=planned.batch_size, n_steps=planned.n_steps)).cpus_used
        if used > MOST_CPUS:
            survey.add_outcome("threads", "failed", cpu_use_fault(used), planned.batch_size)
        return used <= MOST_CPUS

    def _too_slow(self, survey: PilotResult, batch_size: int, step_seconds: float) -> bool:
        if step_seconds <= self.request.too_slow_seconds:
            return False
        reason = f"a step takes about {step_seconds:.0f} s; --slow measures it all the same"
        survey.add_outcome("cost", "not measured", reason, batch_size)
        return True

    def _check_stress(
        self, survey: PilotResult, host: ReopenedWorker, contender: Contender, fast: Sequence[Cell]
    ) -> None:
        """Check the stress problem at every batch size whose step is short enough; drop the cells that fail."""
        for planned in fast:
            passed = False
            worker = host.worker()
            if worker is not None:
                try:
                    check = self.verifier.check_first_steps(
                        worker, contender, planned.batch_size, most_check_steps(planned)
                    )
                    passed = survey.add_check("stress", planned.batch_size, check)
                except MeasurementFailed as error:
                    survey.add_outcome("stress", "failed", str(error), planned.batch_size)
            if not passed:
                survey.cells.remove(planned)

    def _loaded(self, survey: PilotResult, contender: Contender) -> WorkerHandle | None:
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
            survey.add_outcome("load", "failed", str(error))
            return None
        survey.load_seconds = time.perf_counter() - begin
        return worker


def load_worker(worker: WorkerHandle, contender: Contender, data: DataSet, seed: int) -> Loaded:
    """Load a contender's variant and problem."""
    return worker.load(contender.variant, str(contender.found.folder), contender.problem, str(data.folder), seed)


def most_check_steps(planned: Cell) -> int:
    """Return over how many steps a cell is checked, so that one check trains for about a second at most."""
    return max(1, min(check_steps(planned.batch_size), int(CHECK_SECONDS / planned.step_seconds)))


def open_worker(contender: Contender, time_limit_s: float, memory_limit_bytes: int | None = None) -> WorkerHandle:
    """Return a fresh worker with the contender's number of threads, nothing loaded."""
    variables, _ = worker_environment(contender.threads, os.environ)
    environment = contender.variant.implementation.environment_name()
    return WorkerHandle(variables, worker_cpus(contender.threads), time_limit_s, environment, memory_limit_bytes)


def verify_only(
    request: Request, chosen: Sequence[Registered], everyone: Sequence[Registered], data: DataSet, display: Display
) -> Iterator[list[Outcome]]:
    """Yield the outcomes of every check, variant by variant; nothing is timed or stored."""
    for problem in request.problems:
        check_fits(problem, data)
    limits = (request.time_limit_s, request.memory_limit_bytes)
    pilot = Pilot(request, data, Verifier(data, request.seed), lambda e: open_worker(e, *limits))
    names = {variant.name for variant in chosen_variants(request, chosen)}  # not the baseline, unless it is one
    contenders = [e for e in contenders_of(request, chosen, everyone) if e.variant.name in names]
    with display.progress("verifying", len(contenders)) as advance:
        for contender in contenders:
            advance(contender.variant.name, 1)
            yield pilot.examine(contender, grid(contender.problem, request.batch_sizes)).outcomes
