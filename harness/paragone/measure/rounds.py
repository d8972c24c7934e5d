"""The rounds: in each launch of a wave, every live cell is sampled once per round, in random order."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from msgspec import structs

from paragone.errors import HarnessError, MeasurementFailed
from paragone.machine.threads import cpu_use_fault, sizes_over_one_cpu, thread_count_fault
from paragone.measure.evaluation import calls_of_a_sample, evaluate_after
from paragone.measure.launch import SampledMember, killed_at_end, members_of, shuffled
from paragone.measure.resume import RemainingSamples
from paragone.plan.cells import Contender
from paragone.store.plan_records import Cell, ContenderKey
from paragone.store.records import Kind, Launch, Round, Sample
from paragone.store.run_folder import RunFolder
from paragone.task.mlp.data import DataSet
from paragone.verify.pilot import OpenWorker, load_worker, most_check_steps
from paragone.verify.pilot_result import numbers
from paragone.verify.verifier import Verifier
from paragone.worker.budgets import STANDARD, Budgets
from paragone.worker.commands import TakeSample


class Rounds:
    """Runs the launches of a plan and appends each row to the run's folder as soon as it is known."""

    def __init__(
        self,
        folder: RunFolder,
        contenders: Mapping[ContenderKey, Contender],
        data: DataSet,
        verifier: Verifier,
        open_worker: OpenWorker,
        remaining: RemainingSamples,
        seed: int,
        run_started: float,
        report_progress: Callable[[str, float], None],
        budgets: Budgets = STANDARD,
    ) -> None:
        self.folder, self.contenders, self.data, self.seed = folder, contenders, data, seed
        self.verifier, self.open_worker, self.remaining = verifier, open_worker, remaining
        self.report_progress, self.budgets = report_progress, budgets
        self.replay_checked: set[tuple[Any, ...]] = set()  # (cell, wave) whose replay check is done
        self.run_started = run_started  # wall clock, so that a resumed run counts on from the same moment

    def run_launch(self, cells: Sequence[Cell], launch: int, attempt: int) -> None:
        """Start a fresh worker for every contender of a wave, and take the samples that this launch still lacks."""
        random = np.random.Generator(np.random.PCG64([self.seed, cells[0].wave, launch, attempt]))
        wanted = [cell for cell in cells if self.remaining.wants_any(cell, launch)]
        members: list[SampledMember] = []
        status = "interrupted"
        try:
            with killed_at_end(members):
                for member in members_of(wanted, self.contenders, self.open_worker, random):
                    members.append(SampledMember(member.contender, member.worker, member.cells, launch, attempt))
                    self._set_up(members[-1])
                for round_ in range(self.remaining.rounds):
                    self._run_round(members, round_, random)
                self._check_fresh_input(members)
                status = "done"
        finally:
            for closed in members:
                self._close(closed, status)

    def _set_up(self, member: SampledMember) -> None:
        """Load the variant and prepare its cells. A failure ends a cell or the member, never the launch."""
        self.report_progress(f"launch {member.launch + 1}: loading {member.contender.variant.name}", 0)
        begin = time.perf_counter()
        try:
            loaded = load_worker(member.worker, member.contender, self.data, self.seed)
        except MeasurementFailed as error:
            self._fail(member, None, "load", error)
            member.worker.kill()
            return
        member.facts.update(structs.asdict(loaded), start_seconds=time.perf_counter() - begin - loaded.load_seconds)
        if fault := thread_count_fault(member.contender.threads, loaded.threads_found):
            self._fail(member, None, "threads", MeasurementFailed(fault))
            member.worker.kill()
            return
        for cell in member.cells:
            if member.worker.alive:
                self._prepare(member, cell)
        member.facts["setup_seconds"] = time.perf_counter() - begin

    def _prepare(self, member: SampledMember, cell: Cell) -> None:
        """Take the cold sample, verify its result, warm up."""
        try:
            cold = self._sample(member, cell, "cold")
            if self._verified(member, cell, cold.digest):
                member.digests[cell.batch_size] = cold.digest
                if not cell.once_per_launch:
                    self._sample(member, cell, "warmup")
                if cell.evaluates:
                    worker, problem = member.worker, member.contender.problem
                    member.calls[cell.batch_size] = calls_of_a_sample(worker, problem, self.data, self.budgets)
        except MeasurementFailed as error:
            self._fail(member, cell, "sample", error)

    def _verified(self, member: SampledMember, cell: Cell, digest: str) -> bool:
        if member.is_deterministic and self.verifier.knows(member.contender, cell.batch_size, cell.n_steps, digest):
            return True
        begin = time.perf_counter()
        tail = self.verifier.check_last_sample(member.worker, member.contender, cell.batch_size, cell.n_steps, digest)
        most_steps = most_check_steps(cell, self.budgets)
        head = self.verifier.check_first_steps(member.worker, member.contender, cell.batch_size, most_steps)
        member.facts["verify_seconds"] += time.perf_counter() - begin
        for stage, check in (("tail", tail), ("head", head)):
            self.folder.append(member.outcome(cell.batch_size, stage, check.status, check.reason, **numbers(check)))
            if check.status == "failed":
                self.remaining.dead.add((cell.contender, cell.batch_size))
        return "failed" not in (head.status, tail.status)

    def _run_round(self, members: Sequence[SampledMember], round_: int, random: np.random.Generator) -> None:
        """Sample every live cell that still lacks this round, in a new random order."""
        todo = [
            (member, cell)
            for member in members
            for cell in member.live
            if self.remaining.wants(cell, member.launch, round_)
        ]
        if not todo:
            return
        begin = time.perf_counter()
        for position, (member, cell) in enumerate(shuffled(todo, random)):
            if not member.worker.alive:
                continue
            self.report_progress(f"launch {member.launch + 1} round {round_ + 1}", cell.sample_seconds)
            try:
                sample = self._sample(member, cell, "timed", round_, position)
            except MeasurementFailed as error:
                self._fail(member, cell, "sample", error)
                continue
            if self._has_same_bits(member, cell, sample.digest) and cell.evaluates:
                self._evaluate(member, cell, sample)
        first = members[0]
        self.folder.append(
            Round(
                problem=first.contender.problem.name,
                threads=first.contender.threads,
                wave=first.cells[0].wave,
                launch=first.launch,
                attempt=first.attempt,
                round=round_,
                elapsed_s=time.perf_counter() - begin,
            )
        )

    def _check_fresh_input(self, members: Sequence[SampledMember]) -> None:
        """Run the replay check, once for each cell of a wave: code that caches results is slow on fresh input."""
        for member, cell in [(each, cell) for each in members for cell in each.live]:
            place = (*cell.contender, cell.batch_size, cell.wave)
            if member.worker.alive and place not in self.replay_checked:
                self.replay_checked.add(place)
                try:
                    self.verifier.reject_replay(member.worker, member.contender, cell)
                except MeasurementFailed as error:
                    self._fail(member, cell, "replay", error)

    def _sample(self, member: SampledMember, cell: Cell, kind: Kind, round_: int = -1, position: int = 0) -> Sample:
        begin = time.perf_counter()
        prefix_steps = 0 if kind == "cold" else cell.prefix_steps
        timing = member.worker.call(
            TakeSample(batch_size=cell.batch_size, n_steps=cell.n_steps, prefix_steps=prefix_steps)
        )
        sample = Sample(
            problem=cell.problem,
            variant=cell.variant,
            batch_size=cell.batch_size,
            threads=cell.threads,
            wave=cell.wave,
            launch=member.launch,
            attempt=member.attempt,
            round=round_,
            position=position,
            kind=kind,
            started_s=time.time() - self.run_started - timing.elapsed_ns / 1e9,
            **structs.asdict(timing),
        )
        self.folder.append(sample)
        if kind != "cold":  # a compiler in the cold call may use more threads
            member.wall_ns[cell.batch_size] += sample.elapsed_ns
            member.cpu_ns[cell.batch_size] += sample.cpu_ns
        if kind != "timed":
            member.facts["warmup_seconds"] += time.perf_counter() - begin
        return sample

    def _evaluate(self, member: SampledMember, cell: Cell, sample: Sample) -> None:
        """Evaluate the test set right after a sample, as an epoch does."""
        try:
            n_calls = member.calls[cell.batch_size]
            row = evaluate_after(sample, member.worker, member.contender.problem, self.data, n_calls)
        except MeasurementFailed as error:
            self._fail(member, cell, "evaluate", error)
            return
        self.folder.append(row)

    def _has_same_bits(self, member: SampledMember, cell: Cell, digest: str) -> bool:
        if member.is_deterministic and digest != member.digests[cell.batch_size]:
            error = MeasurementFailed("the result differs from that of the launch's verified sample of the same order")
            self._fail(member, cell, "sample", error)
            return False
        return True

    def _fail(self, member: SampledMember, cell: Cell | None, stage: str, error: HarnessError) -> None:
        """Record a failure of one cell, or of the whole contender where `cell` is None; it is not sampled again."""
        batch_size = None if cell is None else cell.batch_size
        self.folder.append(member.outcome(batch_size, stage, "failed", str(error)))
        self.remaining.dead.add((member.contender.key, batch_size))
        member.fault = str(error)
        if cell is not None:
            member.digests.pop(cell.batch_size, None)

    def _close(self, member: SampledMember, status: str) -> None:
        """Record the launch of a killed worker; reject its samples where it used more CPU than its threads allow."""
        status = "failed" if member.fault else status
        for batch_size, ratio in sizes_over_one_cpu(member.wall_ns, member.cpu_ns, member.contender.threads):
            reason = cpu_use_fault(ratio)
            self.folder.append(member.outcome(batch_size, "threads", "rejected", reason))
            if not member.fault:
                status, member.fault = "rejected", reason
        self.folder.append(
            Launch(
                problem=member.contender.problem.name,
                variant=member.contender.variant.name,
                threads=member.contender.threads,
                wave=member.cells[0].wave,
                launch=member.launch,
                attempt=member.attempt,
                cpus=tuple(member.worker.cpus),
                waiting_cpu_seconds=member.worker.waiting_cpu_ns / 1e9,
                cpu_over_wall=sum(member.cpu_ns.values()) / max(1, sum(member.wall_ns.values())),
                status=status,
                reason=member.fault,
                **member.facts,
            )
        )
