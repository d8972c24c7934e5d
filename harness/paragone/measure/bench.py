"""One run from beginning to end: pilot, plan, rounds, memory, learning curves; or the rest of an interrupted one."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from msgspec import structs

from paragone.errors import HarnessError
from paragone.files.json_lines import read_rows
from paragone.implementation.registry import Registered, Unusable, select
from paragone.machine import environment
from paragone.machine.cpus import harness_cpus, pinned_to
from paragone.machine.environment_record import Environment
from paragone.measure.aa_pilot import Deviation, launch_deviation
from paragone.measure.call_cost import CallCosts
from paragone.measure.launches import Launches
from paragone.measure.learning_curves import draw_curves
from paragone.measure.limits import LimitsOfLaunch
from paragone.measure.memory_pass import measure_memory
from paragone.measure.planning import make_plan, planned_cells
from paragone.measure.resume import RunIdentity, refuse_foreign_cells, remaining_samples
from paragone.measure.rounds import Rounds
from paragone.measure.stages import stage
from paragone.measure.turns import ALTERNATING_PARTS, in_parts
from paragone.measure.verification import Verification
from paragone.plan.cells import (
    Contender,
    aa_pairs,
    contenders_of,
    own_environments,
)
from paragone.plan.request import Request
from paragone.store.plan_records import CallCostRow, ContenderKey, Live
from paragone.store.reader import read_plan
from paragone.store.records import Finished, Source, Stage
from paragone.store.run_folder import RunFolder
from paragone.store.runs import is_finished, new_run_folder, refuse_unwritable
from paragone.task.families import family_of
from paragone.task.problem import Data
from paragone.verify.display import Advance, Display
from paragone.verify.pilot import OpenLimitedWorker, OpenWorker, open_worker
from paragone.verify.pilot_result import PilotResult
from paragone.verify.verified_before import VerifiedBefore
from paragone.verify.verifier import Verifier
from paragone.worker.budgets import Budgets
from paragone.worker.worker import Worker


@dataclass(frozen=True)
class Bench:
    """A run: its request and everything that stays the same from the pilot to the last launch."""

    request: Request
    everyone: Sequence[Registered]
    unusable: Sequence[Unusable]
    data: Data
    results: Path
    command: str
    display: Display
    problems: Mapping[str, str] = field(default_factory=dict)  # by problem, as the user gave it: a name or a path
    live: Live | None = None  # of a live comparison
    open_worker: OpenLimitedWorker = open_worker
    verify_again: bool = False  # what was verified before in this very state too

    def run(self, fresh: bool = False, resume: Path | None = None) -> tuple[Path, bool]:
        """Measure; return the run's folder, and True where the run is finished.

        Resumes the run in the folder `resume`, else the latest interrupted run of the same request, code and machine,
        unless `fresh`. Ctrl-C ends the run early and keeps its samples; during the pilot, when there are none yet, it
        is raised. Raises Misuse where `resume` cannot be resumed, ResultsUnusable where the folder cannot be written.
        """
        with pinned_to(harness_cpus(max(self.request.threads))):
            return self._run(fresh, resume)

    def without_report(self) -> Path | None:
        """The folder of the latest run, where it is of this very request, code and machine, complete, and unreported.

        A report ends with report.md, so a full disk or a kill while it is written leaves none.
        """
        return self._identity.complete_without_report(self.results)

    def _run(self, fresh: bool, resume: Path | None) -> tuple[Path, bool]:
        for problem in self.request.problems:
            family_of(problem).refuse_other_data(problem, self.data)
        stages: list[Stage] = []  # those before there is a folder
        contenders, identity = self._contenders, self._identity
        folder = resume or (None if fresh else identity.unfinished(self.results, self.display.say))
        if folder is not None:
            identity.refuse_foreign_run(folder)
            refuse_foreign_cells(folder, contenders)
            if is_finished(folder):
                self.display.say(f"Run {folder.name} is complete: there is nothing left to measure.")
                return folder, True
            done = len(read_rows(folder / "samples.jsonl"))
            self.display.say(f"Going on with run {folder.name}, which was interrupted: {done} samples are there.")
        else:
            folder = self._start_run(contenders, identity.identity, stages)
        with RunFolder(folder) as rows:
            rows.append(*stages)
            finished = self._measure(rows, contenders)
        return folder, finished

    @cached_property
    def _contenders(self) -> dict[ContenderKey, Contender]:
        chosen = select(self.everyone, self.request.implementations or ("*",))
        return {each.key: each for each in contenders_of(self.request, chosen, self.everyone)}

    @cached_property
    def _identity(self) -> RunIdentity:
        return RunIdentity(self.request, self._contenders.values(), self.data.sha256, self._described)

    @cached_property
    def _verifier(self) -> Verifier:
        """One for the whole run, so that a result verified in the pilot is not verified again in the rounds."""
        return Verifier(self.data, self.request.seed)

    @property
    def _n_parts(self) -> int:
        """Samples of two versions alternate in parts; others are taken whole."""
        return ALTERNATING_PARTS if self.live else 1

    @cached_property
    def _verification(self) -> Verification:
        before = VerifiedBefore(self.data, self.request, self._described)
        return Verification(before, self._verifier, self._open_worker, self.display, self.verify_again)

    @cached_property
    def _described(self) -> Environment:
        return environment.describe(own_environments(self.request, self.everyone), max(self.request.threads))

    @property
    def _opening(self) -> tuple[Data, OpenWorker, int, Budgets]:
        """What a pass needs that loads yardsticks."""
        return self.data, self._open_worker, self.request.seed, self.request.budgets

    def _open_worker(self, contender: Contender) -> Worker:
        return self.open_worker(contender, self.request.time_limit_s, self.request.memory_limit_bytes)

    def _start_run(
        self, contenders: dict[ContenderKey, Contender], identity: Mapping[str, Any], stages: list[Stage]
    ) -> Path:
        """The folder of a new run, with its plan; `stages` gets those before it."""
        refuse_unwritable(self.results)  # before the pilot, which takes minutes
        sources = self._sources(contenders.values())
        begin = time.perf_counter()
        with stage("verification", stages.append):
            results = self._verification.results(contenders)
        with stage("A/A pilot", stages.append):
            deviation = None if self.request.quick else self._aa_pilot(results, contenders)
        everyone = contenders.values()
        cells = in_parts(planned_cells(self.request, everyone, results, self.everyone), self._n_parts)
        known = {
            "command": self.command,
            "problem_arguments": dict(self.problems),
            "identity": dict(identity),
            "live": self.live,
        }
        plan = make_plan(self.request, everyone, results, cells, deviation, self.data, self.unusable, known)
        calls = [] if self.live else self._call_costs(everyone, stages)
        plan = structs.replace(plan, calls=tuple(calls), pilot_seconds=time.perf_counter() - begin)
        outcomes = [row for result in results for row in result.outcomes]
        folder = new_run_folder(self.results, datetime.now(UTC), plan, self._described, outcomes, sources)
        self.display.expect(plan.eta_seconds)
        self.display.show_plan(structs.replace(plan, run=folder.name), outcomes)
        return folder

    def _sources(self, contenders: Iterable[Contender]) -> dict[str, Source]:
        """The sources as the run keeps them, taken before the first worker loads them. Raises HarnessError."""
        found = {each.found.name: each.found for each in contenders}
        kept = {name: each.kept_source() for name, each in found.items()}
        sources = {
            name: Source(hash=each.hash, files=each.files, left_out=each.left_out) for name, each in kept.items()
        }
        for name, source in sources.items():
            if source.hash != found[name].source_hash():
                raise HarnessError(f"{name}: its source was changed while the run began: start it again")
        return sources

    def _aa_pilot(
        self, results: Sequence[PilotResult], contenders: Mapping[ContenderKey, Contender]
    ) -> Deviation | None:
        pairs = aa_pairs(contenders.values())
        cells = [cell for result in results for cell in result.cells if cell.variant in {*pairs, *pairs.values()}]
        with self.display.progress("A/A pilot", 1):
            given = self.data, self._verifier, self._open_worker, self.request.seed, self.request.budgets
            return launch_deviation(cells, contenders, *given, self._n_parts)

    def _call_costs(self, contenders: Iterable[Contender], stages: list[Stage]) -> list[CallCostRow]:
        with stage("cost of a call", stages.append), self.display.progress("cost of a call", 1):
            return CallCosts(*self._opening).rows(contenders)

    def _measure(self, rows: RunFolder, contenders: Mapping[ContenderKey, Contender]) -> bool:
        """Measure the rest of the plan; False where Ctrl-C ended it early."""
        begin = time.perf_counter()
        finished = False
        try:
            self._run_launches(rows, contenders)
            self._verification.note_launches(rows.folder, contenders)
            with stage("peak memory", rows.append):
                self._measure_memory(rows, contenders)
            with stage("learning curves", rows.append):
                if self.request.curves:
                    draw_curves(rows, contenders, self.data, self.request, self._open_worker, self.display)
            finished = True
        except KeyboardInterrupt:
            self.display.say("Interrupted. What was measured is kept; the same command goes on from here.")
        rows.end(Finished(finished=finished, elapsed_s=time.perf_counter() - begin))
        return finished

    def _measure_memory(self, rows: RunFolder, contenders: Mapping[ContenderKey, Contender]) -> None:
        if self.request.memory:
            seed, most = self.request.seed, self.request.budgets.untimed_at_once
            measure_memory(rows, contenders, self.data, seed, self._open_worker, self.display, most)

    def _run_launches(self, rows: RunFolder, contenders: Mapping[ContenderKey, Contender]) -> None:
        plan = read_plan(rows.folder)
        remaining, _ = remaining_samples(rows.folder, plan.rounds)
        seconds = sum(remaining.seconds(cell, plan.launches) for cell in plan.cells)
        with self.display.progress("measuring", seconds) as advance:
            launches = self._launches(rows, contenders, advance)
            for launch in range(plan.launches):
                launches.run(launch)

    def _launches(self, rows: RunFolder, contenders: Mapping[ContenderKey, Contender], advance: Advance) -> Launches:
        plan = read_plan(rows.folder)
        remaining, attempts = remaining_samples(rows.folder, plan.rounds)
        rounds = Rounds(
            rows,
            contenders,
            self.data,
            self._verifier,
            self._open_worker,
            remaining,
            plan.seed,
            datetime.fromisoformat(plan.created).timestamp(),
            advance,
            self.request.budgets,
            self._verification.to_confirm(rows.folder, contenders),
            self._n_parts,
        )
        limits = None if self.live else LimitsOfLaunch(*self._opening)  # no version is nearer to them than the other
        return Launches(rows, rounds, plan.cells, list(contenders.values()), remaining, attempts, limits)
