"""The rounds: launches of everything, and in each launch every live cell sampled once a round in random order."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from msgspec import structs

from paragone.errors import HarnessError, MeasurementFailed
from paragone.machine.threads import cpu_use_fault, sizes_over_one_cpu, thread_count_fault
from paragone.measure.evaluation import calls_of_a_sample, evaluate_after
from paragone.measure.member import Member
from paragone.measure.remaining import RemainingSamples
from paragone.plan.cells import Contender
from paragone.store.plan_records import Cell, ContenderKey
from paragone.store.records import Kind, Launch, Round, Sample
from paragone.store.run_folder import RunFolder
from paragone.task.mlp.data import DataSet
from paragone.task.mlp.gate import CheckResult
from paragone.verify.pilot import OpenWorker, load_worker, most_check_steps
from paragone.verify.pilot_result import numbers, outcome
from paragone.verify.verifier import Verifier
from paragone.worker.commands import TakeSample


class Rounds:
    """Carries out a plan, row by row into the run's folder."""

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
    ) -> None:
        self.folder, self.contenders, self.data, self.seed = folder, contenders, data, seed
        self.verifier, self.open_worker, self.remaining = verifier, open_worker, remaining
        self.report_progress = report_progress
        self.tried: set[tuple[Any, ...]] = set()  # the cells that have been tried with what is new
        self.run_started = run_started  # by the wall clock, so that a run taken up again goes on counting

    def run_launch(self, cells: Sequence[Cell], launch: int, attempt: int) -> None:
        """Launch every variant of one wave afresh and sample the rounds that are left of it."""
        wave = cells[0].wave
        random = np.random.Generator(np.random.PCG64([self.seed, wave, launch, attempt]))
        wanted = [cell for cell in cells if self.remaining.wants_any(cell, launch)]
        members: list[Member] = []
        status = "interrupted"
        try:
            for key in _shuffled(list(dict.fromkeys(cell.contender for cell in wanted)), random):
                own = sorted((cell for cell in wanted if cell.contender == key), key=lambda cell: cell.batch_size)
                members.append(Member(self.contenders[key], own, self.open_worker(self.contenders[key])))
                self._set_up(members[-1], launch, attempt)
            for round_ in range(self.remaining.rounds):
                self._run_round(members, launch, attempt, round_, random)
            self._check_fresh_input(members, launch, attempt)
            status = "done"
        finally:
            for member in members:
                member.worker.kill()
            for member in members:
                self._close(member, wave, launch, attempt, status)

    def _set_up(self, member: Member, launch: int, attempt: int) -> None:
        """Load the variant, then make every cell's cold call; a failure ends the cell, not the launch."""
        self.report_progress(f"launch {launch + 1}: loading {member.contender.variant.name}", 0)
        begin = time.perf_counter()
        try:
            loaded = load_worker(member.worker, member.contender, self.data, self.seed)
        except MeasurementFailed as error:
            self._fail(member, None, "load", error, launch, attempt)
            member.worker.kill()
            return
        member.facts.update(structs.asdict(loaded), start_seconds=time.perf_counter() - begin - loaded.load_seconds)
        if fault := thread_count_fault(member.contender.threads, loaded.threads_found):
            self._fail(member, None, "threads", MeasurementFailed(fault), launch, attempt)
            member.worker.kill()
            return
        for cell in member.cells:
            if member.worker.alive:
                self._prepare(member, cell, launch, attempt)
        member.facts["setup_seconds"] = time.perf_counter() - begin

    def _prepare(self, member: Member, cell: Cell, launch: int, attempt: int) -> None:
        """Make the cold call, have its result verified, warm up."""
        try:
            cold = self._sample(member, cell, launch, attempt, "cold")
            if self._verified(member, cell, cold.digest, launch, attempt):
                member.digests[cell.batch_size] = cold.digest
                if not cell.once_per_launch:
                    self._sample(member, cell, launch, attempt, "warmup")
                if cell.evaluates:
                    member.calls[cell.batch_size] = calls_of_a_sample(member.worker, self.data)
        except MeasurementFailed as error:
            self._fail(member, cell, "sample", error, launch, attempt)

    def _verified(self, member: Member, cell: Cell, digest: str, launch: int, attempt: int) -> bool:
        deterministic = member.contender.variant.implementation.deterministic
        if deterministic and self.verifier.knows(member.contender, cell.batch_size, cell.n_steps, digest):
            return True
        begin = time.perf_counter()
        tail = self.verifier.check_last_sample(member.worker, member.contender, cell.batch_size, cell.n_steps, digest)
        head = self.verifier.check_head(member.worker, member.contender, cell.batch_size, most_check_steps(cell))
        member.facts["verify_seconds"] += time.perf_counter() - begin
        for stage, check in (("tail", tail), ("head", head)):
            self._record_check(member, cell, stage, check, launch, attempt)
        return "failed" not in (head.status, tail.status)

    def _record_check(
        self, member: Member, cell: Cell, stage: str, check: CheckResult, launch: int, attempt: int
    ) -> None:
        where = {"launch": launch, "attempt": attempt}
        row = outcome(member.contender, cell.batch_size, stage, check.status, check.reason, **numbers(check), **where)
        self.folder.append(row)
        if check.status == "failed":
            self.remaining.dead.add((cell.contender, cell.batch_size))

    def _run_round(
        self, members: Sequence[Member], launch: int, attempt: int, round_: int, random: np.random.Generator
    ) -> None:
        """Sample every live cell that this round still wants, in a new random order."""
        todo = [
            (member, cell) for member in members for cell in member.live if self.remaining.wants(cell, launch, round_)
        ]
        if not todo:
            return
        begin = time.perf_counter()
        for position, (member, cell) in enumerate(_shuffled(todo, random)):
            if not member.worker.alive:
                continue
            self.report_progress(f"launch {launch + 1} round {round_ + 1}", cell.sample_seconds)
            try:
                sample = self._sample(member, cell, launch, attempt, "timed", round_, position)
            except MeasurementFailed as error:
                self._fail(member, cell, "sample", error, launch, attempt)
                continue
            if self._has_same_bits(member, cell, sample.digest, launch, attempt) and cell.evaluates:
                self._evaluate(member, cell, sample)
        problem, _, threads = members[0].contender.key
        self.folder.append(
            Round(
                problem=problem,
                threads=threads,
                wave=members[0].cells[0].wave,
                launch=launch,
                attempt=attempt,
                round=round_,
                elapsed_s=time.perf_counter() - begin,
            )
        )

    def _check_fresh_input(self, members: Sequence[Member], launch: int, attempt: int) -> None:
        """Have those that were just timed train what is new, each cell once: one that remembers is slow there."""
        for member, cell in [(each, cell) for each in members for cell in each.live]:
            place = (*cell.contender, cell.batch_size, cell.wave)
            if member.worker.alive and place not in self.tried:
                self.tried.add(place)
                try:
                    self.verifier.reject_replay(member.worker, member.contender, cell)
                except MeasurementFailed as error:
                    self._fail(member, cell, "replay", error, launch, attempt)

    def _sample(
        self, member: Member, cell: Cell, launch: int, attempt: int, kind: Kind, round_: int = -1, position: int = 0
    ) -> Sample:
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
            launch=launch,
            attempt=attempt,
            round=round_,
            position=position,
            kind=kind,
            started_s=time.time() - self.run_started - timing.elapsed_ns / 1e9,
            **structs.asdict(timing),
        )
        self.folder.append(sample)
        if kind != "cold":  # compiling may use threads of its own
            member.wall_ns[cell.batch_size] += sample.elapsed_ns
            member.cpu_ns[cell.batch_size] += sample.cpu_ns
        if kind != "timed":
            member.facts["warmup_seconds"] += time.perf_counter() - begin
        return sample

    def _evaluate(self, member: Member, cell: Cell, sample: Sample) -> None:
        """Evaluate the test set right behind a sample, as an epoch does."""
        try:
            row = evaluate_after(sample, member.worker, self.data, member.calls[cell.batch_size])
        except MeasurementFailed as error:
            self._fail(member, cell, "evaluate", error, sample.launch, sample.attempt)
            return
        self.folder.append(row)

    def _has_same_bits(self, member: Member, cell: Cell, digest: str, launch: int, attempt: int) -> bool:
        if digest != member.digests[cell.batch_size] and member.contender.variant.implementation.deterministic:
            error = MeasurementFailed("the result differs from that of the launch's verified sample of the same order")
            self._fail(member, cell, "sample", error, launch, attempt)
            return False
        return True

    def _fail(
        self, member: Member, cell: Cell | None, stage: str, error: HarnessError, launch: int, attempt: int
    ) -> None:
        """Record the failure: of one cell, or of all where the variant did not even load."""
        batch_size = None if cell is None else cell.batch_size
        where = {"launch": launch, "attempt": attempt}
        self.folder.append(outcome(member.contender, batch_size, stage, "failed", str(error), **where))
        self.remaining.dead.add((member.contender.key, batch_size))
        member.fault = str(error)
        if cell is not None:
            member.digests.pop(cell.batch_size, None)

    def _close(self, member: Member, wave: int, launch: int, attempt: int, status: str) -> None:
        """Record the launch of a worker that has ended, and whether it kept to its threads."""
        problem, variant, threads = member.contender.key
        status = "failed" if member.fault else status
        cpu_over_wall = sum(member.cpu_ns.values()) / max(1, sum(member.wall_ns.values()))
        for batch_size, ratio in sizes_over_one_cpu(member.wall_ns, member.cpu_ns, threads):
            reason = cpu_use_fault(ratio)
            where = {"launch": launch, "attempt": attempt}
            self.folder.append(outcome(member.contender, batch_size, "threads", "rejected", reason, **where))
            if not member.fault:
                status, member.fault = "rejected", reason
        self.folder.append(
            Launch(
                problem=problem,
                variant=variant,
                threads=threads,
                wave=wave,
                launch=launch,
                attempt=attempt,
                cpus=tuple(member.worker.cpus),
                waiting_cpu_seconds=member.worker.waiting_cpu_ns / 1e9,
                cpu_over_wall=cpu_over_wall,
                status=status,
                reason=member.fault,
                **member.facts,
            )
        )


def _shuffled(items: list[Any], random: np.random.Generator) -> list[Any]:
    return [items[i] for i in random.permutation(len(items))]
