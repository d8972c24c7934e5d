"""A profile: contenders are verified, then rounds of pairs time the same steps without clocks and with them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import numpy as np
from msgspec import structs

from paragone import METHOD_VERSION
from paragone.errors import MeasurementFailed
from paragone.implementation.described import unavailable_reason
from paragone.implementation.registry import Registered, select
from paragone.machine import environment
from paragone.machine.cpus import harness_cpus, pinned_to
from paragone.machine.memory import memory_limit_bytes
from paragone.machine.threads import thread_count_fault
from paragone.measure.launch import Member, killed_at_end, members_of, shuffled
from paragone.measure.limits import PARTS, LimitsOfLaunch
from paragone.plan.cells import Contender, chosen_variants, contenders_of, describe_data, describe_variants, sizes_of
from paragone.plan.request import ROUNDS, Request
from paragone.plan.waves import in_waves
from paragone.store.plan_records import Cell, ContenderKey, ProfilePlan
from paragone.store.records import ClockReading, Finished, Pair
from paragone.store.run_folder import RunFolder
from paragone.store.runs import new_profile_folder, refuse_unwritable
from paragone.task.families import family_of
from paragone.task.problem import Data
from paragone.verify.display import Advance, Display
from paragone.verify.examiners import Examination, examine_all
from paragone.verify.pilot import OpenLimitedWorker, Pilot, load_worker, open_worker
from paragone.verify.pilot_result import PilotResult, outcome
from paragone.verify.verifier import Verifier
from paragone.worker.commands import LoadClocked, TakePair
from paragone.worker.replies import PairTiming
from paragone.worker.worker import Worker

# A plain instance and one with clocks; each holds data of its own.
INSTANCES = 2
UNDIVIDED = "not told apart"
# The rounds of a cell that a run would sample once per launch.
ROUNDS_OF_LONG_STEPS = 3
AGAIN = "paragone profile"


@dataclass(frozen=True)
class Profile:
    """A profile: its request and everything that stays the same while it is measured."""

    request: Request
    everyone: Sequence[Registered]
    data: Data
    results: Path
    command: str
    display: Display
    open_worker: OpenLimitedWorker = open_worker

    def run(self) -> tuple[Path, bool]:
        """Verify and measure; return the folder of the profile, and True where it is finished.

        Ctrl-C ends the profile early and keeps its pairs; during the pilot, when there are none yet, it is raised.
        Raises ResultsUnusable where the folder cannot be written.
        """
        refuse_unwritable(self.results)  # before the pilot, which takes minutes
        with pinned_to(harness_cpus(max(self.request.threads))):
            for problem in self.request.problems:
                family_of(problem).refuse_other_data(problem, self.data)
            chosen = select(self.everyone, self.request.implementations or ("*",))
            wanted = chosen_variants(self.request, chosen)  # without the baseline, unless the user chose it
            contenders = {
                each.key: each for each in contenders_of(self.request, chosen, self.everyone) if each.variant in wanted
            }
            return self._run(contenders)

    @property
    def _rounds(self) -> int:
        return self.request.rounds or ROUNDS

    @cached_property
    def _random(self) -> np.random.Generator:
        return np.random.Generator(np.random.PCG64(self.request.seed))

    def _run(self, contenders: Mapping[ContenderKey, Contender]) -> tuple[Path, bool]:
        pilot_results = self._pilot(contenders.values())
        peaks = {result.contender.key: INSTANCES * result.peak_bytes for result in pilot_results}
        cells = [cell for result in pilot_results for cell in result.cells]
        folders = {entry.name: entry.folder.name for entry in self.everyone}
        cells = in_waves(cells, peaks, memory_limit_bytes() // 2, (), folders)
        folder = new_profile_folder(
            self.results,
            datetime.now(UTC),
            self._plan(contenders.values(), cells),
            environment.describe(threads=max(self.request.threads)),
        )
        finished = False
        with RunFolder(folder, AGAIN) as rows:
            rows.append(*(row for result in pilot_results for row in result.outcomes))
            try:
                self._measure(rows, cells, contenders)
                finished = True
            except KeyboardInterrupt:
                self.display.say("Interrupted. What was measured is kept and shown.")
            rows.end(Finished(finished=finished))
        return folder, finished

    def _pilot(self, contenders: Collection[Contender]) -> list[PilotResult]:
        """The pilot's results; a contender that cannot divide a step into phases gets an outcome instead of a pilot."""
        open_ = self._open_worker
        pilot = Pilot(self.request, self.data, Verifier(self.data, self.request.seed), open_)
        divided = [each for each in contenders if not self._undivided(each)]
        examinations = [Examination(each, sizes_of(self.request, each)) for each in divided]
        with self.display.progress("verifying", len(examinations)) as advance:
            found = {result.contender.key: result for result in examine_all(pilot, examinations, advance)}
        for contender in contenders:
            if reason := self._undivided(contender):
                found[contender.key] = PilotResult(contender)
                found[contender.key].add_outcome("phases", UNDIVIDED, reason)
        return [found[contender.key] for contender in contenders]

    def _undivided(self, contender: Contender) -> str | None:
        """Why the steps of a contender, which can run here, cannot be divided into phases; None where they can."""
        implementation = contender.variant.implementation
        return None if unavailable_reason(implementation, contender.problem) else implementation.hides_phases

    def _open_worker(self, contender: Contender) -> Worker:
        return self.open_worker(contender, self.request.time_limit_s, self.request.memory_limit_bytes)

    def _plan(self, contenders: Collection[Contender], cells: Sequence[Cell]) -> ProfilePlan:
        return ProfilePlan(
            method_version=METHOD_VERSION,
            run="",  # named when its folder is made
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            command=self.command,
            seed=self.request.seed,
            launches=self.request.launches,
            rounds=self._rounds,
            data=describe_data(self.data),
            problems={problem.name: problem for problem in self.request.problems},
            variants=describe_variants(contenders),
            cells=tuple(cells),
            identity={f"source of {each.found.name}": each.found.source_hash() for each in contenders},
        )

    def _measure(self, rows: RunFolder, cells: Sequence[Cell], contenders: Mapping[ContenderKey, Contender]) -> None:
        rounds = {True: ROUNDS_OF_LONG_STEPS, False: self._rounds}
        total_s = sum(INSTANCES * rounds[cell.once_per_launch] * cell.sample_seconds for cell in cells)
        speeds = LimitsOfLaunch(self.data, self._open_worker, self.request.seed, self.request.budgets, PARTS)
        profiled = [contenders[key] for key in dict.fromkeys(cell.contender for cell in cells)]
        with self.display.progress("measuring", self.request.launches * total_s) as advance:
            for launch in range(self.request.launches):
                advance("the machine's limits", 0)
                speeds.record(rows, profiled, cells, launch)
                for wave in sorted({cell.wave for cell in cells}):
                    self._measure_wave(rows, [cell for cell in cells if cell.wave == wave], contenders, launch, advance)

    def _measure_wave(
        self,
        rows: RunFolder,
        cells: Sequence[Cell],
        contenders: Mapping[ContenderKey, Contender],
        launch: int,
        advance: Advance,
    ) -> None:
        members: list[Member] = []
        with killed_at_end(members):
            for member in members_of(cells, contenders, self._open_worker, self._random):
                members.append(member)
                self._set_up(rows, member)
            for round_ in range(self._rounds):
                self._run_round(rows, members, launch, round_, advance)

    def _set_up(self, rows: RunFolder, member: Member) -> None:
        """Load the variant twice, plain and with clocks, and warm up; keep the cells that report phases."""
        try:
            loaded = load_worker(member.worker, member.contender, self.data, self.request.seed)
            if fault := thread_count_fault(member.contender.threads, loaded.threads_found):
                raise MeasurementFailed(fault)
            self._start_clocks(rows, member)
        except MeasurementFailed as error:
            rows.append(outcome(member.contender, None, "phases", "failed", str(error)))
            member.worker.kill()
            member.cells = []
        member.cells = [cell for cell in member.cells if self._warm_up(rows, member, cell)]

    def _start_clocks(self, rows: RunFolder, member: Member) -> None:
        problem, variant, threads = member.contender.key
        reading_ns = member.worker.call(LoadClocked()).reading_ns
        rows.append(ClockReading(problem=problem, variant=variant, threads=threads, reading_ns=reading_ns))

    def _warm_up(self, rows: RunFolder, member: Member, cell: Cell) -> bool:
        """Take a pair that is not kept, since it may compile and allocate; True where it reports phases."""
        pair = self._pair(rows, member, cell, plain_first=True)
        if pair is None:
            return False
        if not pair.phases:
            reason = "it was asked to tell its phases apart, and told none"
            rows.append(outcome(member.contender, cell.size, "phases", UNDIVIDED, reason))
            return False
        return True

    def _run_round(
        self, rows: RunFolder, members: Sequence[Member], launch: int, round_: int, advance: Advance
    ) -> None:
        """Take a pair of every live cell in a new random order; plain and clocked take turns in coming first."""
        todo = [
            (member, cell)
            for member in members
            for cell in member.cells
            if not cell.once_per_launch or round_ < ROUNDS_OF_LONG_STEPS
        ]
        for position, (i, (member, cell)) in enumerate(shuffled(list(enumerate(todo)), self._random)):
            advance(f"round {round_ + 1}", INSTANCES * cell.sample_seconds)
            plain_first = bool((round_ + i) % 2)
            pair = self._pair(rows, member, cell, plain_first)
            if pair is None:
                member.cells.remove(cell)
                continue
            rows.append(
                Pair(
                    problem=cell.problem,
                    variant=cell.variant,
                    size=cell.size,
                    threads=cell.threads,
                    wave=cell.wave,
                    launch=launch,
                    round=round_,
                    position=position,
                    plain_first=plain_first,
                    n_steps=cell.n_steps,
                    **structs.asdict(pair),
                )
            )

    def _pair(self, rows: RunFolder, member: Member, cell: Cell, plain_first: bool) -> PairTiming | None:
        """A pair; None, with an outcome that gives the reason, where the cell has failed."""
        steps = {"size": cell.size, "n_steps": cell.n_steps, "prefix_steps": cell.prefix_steps}
        try:
            start = member.contender.problem.draw_start(self.request.seed, cell.size)
            pair = member.worker.call_from(start, TakePair(**steps, plain_first=plain_first))
            if not pair.is_same and member.contender.variant.implementation.deterministic:
                raise MeasurementFailed("with clocks around its phases the same steps gave other parameters or losses")
        except MeasurementFailed as error:
            rows.append(outcome(member.contender, cell.size, "phases", "failed", str(error)))
            return None
        return pair
