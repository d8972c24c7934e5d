"""One sample after the other: each taken, refused where its result is unfit, written down, and some compared."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from msgspec import structs

from paragone.errors import MeasurementFailed
from paragone.measure.launch import SampledMember
from paragone.plan.cells import Contender
from paragone.store.plan_records import Cell
from paragone.store.records import Kind, Sample
from paragone.store.run_folder import RunFolder
from paragone.task.check_result import CheckResult
from paragone.task.problem import Problem
from paragone.verify.inputs import RoundInputs, SampleInput
from paragone.verify.remembered_results import refuse_remembered
from paragone.verify.seen_sample import SampleSeen, StartedSample, look_closely
from paragone.verify.time_account import TimeAccount, refuse_false_account
from paragone.verify.verifier import Verifier
from paragone.worker.replies import Timing
from paragone.worker.worker import Worker

SampleCheck = Callable[[Worker, Contender, SampleInput, SampleSeen], CheckResult]


class Sampler:
    """Takes samples into a run's folder, and checks them."""

    def __init__(
        self, folder: RunFolder, verifier: Verifier, problems: Mapping[str, Problem], run_started: float
    ) -> None:
        self.folder, self.verifier, self.problems, self.run_started = folder, verifier, problems, run_started

    def take_untimed(self, member: SampledMember, cell: Cell, input_: SampleInput, kind: Kind) -> SampleSeen:
        """Take a cold sample or a warm-up and append its row. Raises MeasurementFailed as `finish` does."""
        begin = time.perf_counter()
        started = StartedSample(member.worker, input_, cell, 0 if kind == "cold" else cell.prefix_steps)
        started.take_part()
        _, seen = self.finish(member, started, kind)
        member.facts["warmup_seconds"] += time.perf_counter() - begin
        return seen

    def finish(
        self,
        member: SampledMember,
        started: StartedSample,
        kind: Kind,
        rounds: Sequence[int] = (-1,),
        position: int = 0,
    ) -> tuple[Sample, SampleSeen]:
        """Append a row for each of the rounds, of which each has a part of the sample; return the last one.

        Raises MeasurementFailed, too where the result is unfit.
        """
        seen, cell = started.seen(), started.cell
        self._refuse_unfit(member, started.input, seen)
        rows = [
            self._row(member, cell, started.input, seen, timing, kind, round_, position)
            for round_, timing in zip(rounds, started.timings, strict=False)
        ]
        self.folder.append(*rows)
        if kind != "cold":  # a compiler in the cold call may use more threads
            member.wall_ns[cell.size] += seen.account.timing.elapsed_ns
            member.cpu_ns[cell.size] += seen.account.timing.cpu_ns
        if kind == "timed":
            member.accounts[cell.size].append(seen.account)
        return rows[-1], seen

    def check(self, member: SampledMember, input_: SampleInput, seen: SampleSeen, check: SampleCheck) -> CheckResult:
        """Compare a sample with the reference, by one of the methods of the verifier."""
        begin = time.perf_counter()
        result = check(member.worker, member.contender, input_, seen)
        member.facts["verify_seconds"] += time.perf_counter() - begin
        member.facts["samples_checked"] = int(member.facts["samples_checked"]) + 1
        return result

    def check_times(self, member: SampledMember, cell: Cell) -> None:
        """Raise MeasurementFailed where the samples of a cell took other times than the worker says."""

        def look() -> TimeAccount:
            input_ = RoundInputs([cell], self.problems).of(cell)
            return look_closely(member.worker, input_, cell, cell.prefix_steps).account

        accounts = member.accounts[cell.size]
        refuse_false_account(member.worker, accounts, look, member.contender.problem.words.timed)
        if not member.contender.variant.control:  # it runs the code of its baseline
            refuse_remembered(member.worker, member.contender.problem, cell, accounts)

    def _refuse_unfit(self, member: SampledMember, input_: SampleInput, seen: SampleSeen) -> None:
        """Raise MeasurementFailed for a result that is not of the right form and finite, or that came before."""
        form = self.verifier.check_form(member.contender, input_, seen)
        if form.status == "failed":
            raise MeasurementFailed(form.reason)
        if seen.digest in member.digests and member.contender.problem.results_differ:
            raise MeasurementFailed("the result is that of an earlier sample, which had another start")
        member.digests.add(seen.digest)

    def _row(
        self,
        member: SampledMember,
        cell: Cell,
        input_: SampleInput,
        seen: SampleSeen,
        timing: Timing,
        kind: Kind,
        round_: int,
        position: int,
    ) -> Sample:
        return Sample(
            problem=cell.problem,
            variant=cell.variant,
            size=cell.size,
            threads=cell.threads,
            wave=cell.wave,
            launch=member.launch,
            attempt=member.attempt,
            round=round_,
            position=position,
            kind=kind,
            started_s=time.time() - self.run_started - timing.elapsed_ns / 1e9,
            input_seed=input_.seed,
            outside_ns=seen.account.outside_ns,
            reset_ns=seen.account.reset_ns,
            params_ns=seen.account.params_ns,
            digest=seen.digest,
            **structs.asdict(timing),
        )
