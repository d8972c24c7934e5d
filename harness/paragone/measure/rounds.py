"""The rounds: in each launch of a wave, every live cell is sampled once per round, in random order."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from paragone.errors import HarnessError, MeasurementFailed
from paragone.machine.threads import cpu_use_fault, sizes_over_one_cpu
from paragone.measure.evaluation import calls_of_a_sample, evaluate_after
from paragone.measure.launch import (
    SampledMember,
    cells_by_contender,
    killed_at_end,
    launch_row,
    round_row,
    shuffled,
)
from paragone.measure.loading import load_at_once
from paragone.measure.resume import RemainingSamples
from paragone.measure.sampling import SampleCheck, Sampler
from paragone.measure.stages import stage
from paragone.measure.turns import samples_taken, turns_of, whole
from paragone.plan.cells import Contender
from paragone.store.plan_records import Cell, ContenderKey
from paragone.store.records import Sample
from paragone.store.run_folder import RunFolder
from paragone.task.problem import Data
from paragone.verify.first_steps import FirstSteps, confirm
from paragone.verify.inputs import RoundInputs, SampleInput
from paragone.verify.pilot import OpenWorker
from paragone.verify.pilot_result import found_by
from paragone.verify.seen_sample import SampleSeen, StartedSample
from paragone.verify.verifier import Verifier
from paragone.worker.budgets import STANDARD, Budgets

# The rounds of a launch whose samples are compared with the reference, beside the cold sample.
CHECKED_ROUNDS = 2


class Rounds:
    """Runs the launches of a plan and appends each row to the run's folder as soon as it is known."""

    def __init__(
        self,
        folder: RunFolder,
        contenders: Mapping[ContenderKey, Contender],
        data: Data,
        verifier: Verifier,
        open_worker: OpenWorker,
        remaining: RemainingSamples,
        seed: int,
        run_started: float,
        report_progress: Callable[[str, float], None],
        budgets: Budgets = STANDARD,
        to_confirm: Mapping[tuple[ContenderKey, int], FirstSteps] | None = None,
        n_parts: int = 1,
    ) -> None:
        """`to_confirm` holds the first steps of cells, by contender and size, that an earlier run verified.

        With several `n_parts`, so many rounds follow on one reset, and the cells of a problem and size take turns.
        """
        self.to_confirm, self.n_parts = dict(to_confirm or {}), n_parts
        self.folder, self.contenders, self.data, self.seed = folder, contenders, data, seed
        self.verifier, self.open_worker, self.remaining = verifier, open_worker, remaining
        self.report_progress, self.budgets = report_progress, budgets
        self.problems = {each.problem.name: each.problem for each in contenders.values()}
        # Wall clock, so that a resumed run counts on from the same moment.
        self.sampler = Sampler(folder, verifier, self.problems, run_started)

    def run_launch(self, cells: Sequence[Cell], launch: int, attempt: int) -> None:
        """Start a fresh worker for every contender of a wave, and take the samples that this launch still lacks."""
        random = np.random.Generator(np.random.PCG64([self.seed, cells[0].wave, launch, attempt]))
        wanted = [cell for cell in cells if self.remaining.wants_any(cell, launch)]
        checked = self._chosen_rounds(wanted, launch)
        members: list[SampledMember] = []
        status = "interrupted"
        try:
            with killed_at_end(members):
                with stage("loading", self.folder.append, launch):
                    members.extend(self._loaded(wanted, launch, attempt))
                with stage("first calls", self.folder.append, launch):
                    cold, warmup = (RoundInputs(wanted, self.problems) for _ in range(2))
                    for member in shuffled(members, random):
                        self._set_up(member, cold, warmup)
                with stage("rounds", self.folder.append, launch):
                    for round_ in range(0, self.remaining.rounds, self.n_parts):
                        self._run_round(members, round_, random, checked.get(round_))
                    self._check_times(members)
                status = "done"
        finally:
            for closed in members:
                self._close(closed, status)

    def _chosen_rounds(self, cells: Sequence[Cell], launch: int) -> dict[int, SampleCheck]:
        """The rounds whose samples are compared with the reference, and how: in the first, long ones whole too.

        No worker can know them.
        """
        rounds = range(0, self.remaining.rounds, self.n_parts)
        due = [r for r in rounds if any(self.remaining.lacking(cell, launch, r, self.n_parts) for cell in cells)]
        chosen = secrets.SystemRandom().sample(due, min(CHECKED_ROUNDS, len(due)))
        checks: list[SampleCheck] = [self.verifier.check_whole_sample, *[self.verifier.check_sample] * len(due)]
        return dict(zip(chosen, checks, strict=False))

    def _loaded(self, cells: Sequence[Cell], launch: int, attempt: int) -> Iterator[SampledMember]:
        """Yield a member for each contender of the cells, its worker loaded or killed."""
        own = cells_by_contender(cells)
        contenders = [self.contenders[key] for key in own]
        most = self.budgets.untimed_at_once
        loadings = load_at_once(contenders, self.open_worker, self.data, self.seed, most)
        for contender, loading in zip(contenders, loadings, strict=True):
            member = SampledMember(contender, loading.worker, own[contender.key], launch, attempt)
            member.facts.update(loading.facts)
            self.report_progress(f"launch {launch + 1}: loaded {contender.variant.name}", 0)
            if loading.fault:
                self._fail(member, None, loading.stage, loading.fault)
                member.worker.kill()
            yield member

    def _set_up(self, member: SampledMember, cold: RoundInputs, warmup: RoundInputs) -> None:
        """Prepare the cells of a member. A failure ends a cell, never the launch."""
        self.report_progress(f"launch {member.launch + 1}: first calls of {member.contender.variant.name}", 0)
        begin = time.perf_counter()
        for cell in member.cells:
            if member.worker.alive:
                self._prepare(member, cell, cold.of(cell), warmup.of(cell))
        member.facts["setup_seconds"] += time.perf_counter() - begin

    def _prepare(self, member: SampledMember, cell: Cell, cold: SampleInput, warmup: SampleInput) -> None:
        """Take the cold sample, verify its result, warm up."""
        with self._ending(member, cell):
            seen = self.sampler.take_untimed(member, cell, cold, "cold")
            if self._passes(member, cell, cold, seen, self.verifier.check_sample):
                self._confirm(member, cell)
                member.ready.add(cell.size)
                if not cell.once_per_launch:
                    self.sampler.take_untimed(member, cell, warmup, "warmup")
                if cell.evaluates:
                    worker, problem = member.worker, member.contender.problem
                    member.calls[cell.size] = calls_of_a_sample(worker, problem, self.data, self.budgets)

    def _confirm(self, member: SampledMember, cell: Cell) -> None:
        """Compare, once in a run, what an earlier one verified. Raises MeasurementFailed where it is wrong by now."""
        verified = self.to_confirm.pop((cell.contender, cell.size), None)
        if verified is None:
            return
        check = confirm(member.worker, member.contender, cell.size, verified, self.verifier)
        if check is not None:
            if check.status == "failed":
                raise MeasurementFailed(check.reason)
            self.folder.append(member.outcome(cell.size, "head", check.status, check.reason, **found_by(check)))

    def _passes(
        self, member: SampledMember, cell: Cell, input_: SampleInput, seen: SampleSeen, check: SampleCheck
    ) -> bool:
        """Compare a sample with the reference; where it fails, the cell ends."""
        result = self.sampler.check(member, input_, seen, check)
        if result.status == "failed":
            self._fail(member, cell, "sample", MeasurementFailed(result.reason), **found_by(result))
        return result.status != "failed"

    def _run_round(
        self, members: Sequence[SampledMember], round_: int, random: np.random.Generator, check: SampleCheck | None
    ) -> None:
        """Sample every live cell that still lacks this round, in a new random order and over a new input.

        The results are compared with the reference after the round where it is one of those chosen for it.
        """
        todo = [
            (member, cell)
            for member in members
            for cell in (whole(each, self.n_parts) for each in member.live)
            if self.remaining.lacking(cell, member.launch, round_, self.n_parts)
        ]
        if not todo:
            return
        inputs = RoundInputs([cell for _, cell in todo], self.problems)
        to_check: list[tuple[SampledMember, Cell, SampleSeen]] = []
        begin, position = time.perf_counter(), 0
        for turn in turns_of(todo, random, self.n_parts):
            for member, cell in turn:
                self.report_progress(f"launch {member.launch + 1} round {round_ + 1}", cell.sample_seconds)
            for member, started in samples_taken(turn, inputs, self.n_parts, random, self._ending):
                seen = self._finish(member, started, round_, position)
                position += 1
                if seen and (check or started.cell.once_per_launch):
                    to_check.append((member, started.cell, seen))
        elapsed_s = time.perf_counter() - begin
        for member, cell, seen in to_check:
            if member.worker.alive and cell.size in member.ready:
                self._passes(member, cell, inputs.of(cell), seen, check or self.verifier.check_sample)
        self.folder.append(round_row(members[0], round_, elapsed_s))

    @contextmanager
    def _ending(self, member: SampledMember, cell: Cell, stage: str = "sample") -> Iterator[None]:
        """End the cell where its worker fails in the block."""
        try:
            yield
        except MeasurementFailed as error:
            self._fail(member, cell, stage, error)

    def _finish(self, member: SampledMember, started: StartedSample, round_: int, position: int) -> SampleSeen | None:
        """End a timed sample and take the evaluation that follows it; None where it fails, which ends the cell."""
        cell = started.cell
        with self._ending(member, cell):
            rounds = self.remaining.lacking(cell, member.launch, round_, self.n_parts)
            sample, seen = self.sampler.finish(member, started, "timed", rounds, position)
            if cell.evaluates:
                self._evaluate(member, cell, sample)
            return seen
        return None

    def _check_times(self, members: Sequence[SampledMember]) -> None:
        """End the cells whose samples took other times than their workers say."""
        for member, cell in [(each, cell) for each in members for cell in each.live]:
            if member.worker.alive:
                with self._ending(member, cell, "time"):
                    self.sampler.check_times(member, whole(cell, self.n_parts))

    def _evaluate(self, member: SampledMember, cell: Cell, sample: Sample) -> None:
        """Evaluate the test set right after a sample, as users of it do."""
        with self._ending(member, cell, "evaluate"):
            n_calls = member.calls[cell.size]
            worker, problem = member.worker, member.contender.problem
            self.folder.append(evaluate_after(sample, worker, problem, self.data, n_calls))

    def _fail(self, member: SampledMember, cell: Cell | None, stage: str, fault: HarnessError, **facts: Any) -> None:
        """Record a failure of one cell, or of the whole contender where `cell` is None; it is not sampled again."""
        size = None if cell is None else cell.size
        self.folder.append(member.outcome(size, stage, "failed", str(fault), **facts))
        self.remaining.dead.add((member.contender.key, size))
        member.fault = str(fault)
        if cell is not None:
            member.ready.discard(cell.size)

    def _close(self, member: SampledMember, status: str) -> None:
        """Record the launch of a killed worker; reject its samples where it used more CPU than its threads allow."""
        status = "failed" if member.fault else status
        for size, ratio in sizes_over_one_cpu(member.wall_ns, member.cpu_ns, member.contender.threads):
            reason = cpu_use_fault(ratio)
            self.folder.append(member.outcome(size, "threads", "rejected", reason))
            if not member.fault:
                status, member.fault = "rejected", reason
        self.folder.append(launch_row(member, status))
