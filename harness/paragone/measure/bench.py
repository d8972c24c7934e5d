"""One run from beginning to end: pilot, plan, rounds, memory, learning curves; or the rest of an interrupted one."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from msgspec import structs

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
from paragone.measure.planning import Planned, make_plan, planned_cells, sources_of
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
from paragone.store.records import Finished, Stage
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
        return self.identity.complete_without_report(self.results)

    def _run(self, fresh: bool, resume: Path | None) -> tuple[Path, bool]:
        for problem in self.request.problems:
            family_of(problem).refuse_other_data(problem, self.data)
        stages: list[Stage] = []  # those before there is a folder
        folder = resume or (None if fresh else self.identity.unfinished(self.results, self.display.say))
        if folder is not None:
            self.identity.refuse_foreign_run(folder)
            refuse_foreign_cells(folder, self.contenders)
            if is_finished(folder):
                self.display.say(f"Run {folder.name} is complete: there is nothing left to measure.")
                return folder, True
            done = len(read_rows(folder / "samples.jsonl"))
            self.display.say(f"Going on with run {folder.name}, which was interrupted: {done} samples are there.")
        else:
            folder = self._start_run(stages)
        with RunFolder(folder) as rows:
            rows.append(*stages)
            finished = self._measure(rows)
        return folder, finished

    @cached_property
    def contenders(self) -> dict[ContenderKey, Contender]:
        chosen = select(self.everyone, self.request.implementations or ("*",))
        return {each.key: each for each in contenders_of(self.request, chosen, self.everyone)}

    @cached_property
    def identity(self) -> RunIdentity:
        return RunIdentity(self.request, self.contenders.values(), self.data.sha256, self.described)

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
        before = VerifiedBefore(self.data, self.request, self.described)
        return Verification(before, self._verifier, self._open_worker, self.display, self.verify_again)

    @cached_property
    def described(self) -> Environment:
        return environment.describe(own_environments(self.request, self.everyone), max(self.request.threads))

    @property
    def _opening(self) -> tuple[Data, OpenWorker, int, Budgets]:
        """What a pass needs that loads yardsticks."""
        return self.data, self._open_worker, self.request.seed, self.request.budgets

    def _open_worker(self, contender: Contender) -> Worker:
        return self.open_worker(contender, self.request.time_limit_s, self.request.memory_limit_bytes)

    def _start_run(self, stages: list[Stage]) -> Path:
        """The folder of a new run, with its plan; `stages` gets those before it."""
        refuse_unwritable(self.results)  # before the pilot, which takes minutes
        sources = sources_of(self.contenders.values())
        planned = self.plan()
        stages += planned.stages
        plan, outcomes = planned.plan, planned.outcomes
        folder = new_run_folder(self.results, datetime.now(UTC), plan, self.described, outcomes, sources)
        self.display.expect(plan.eta_seconds)
        self.display.show_plan(structs.replace(plan, run=folder.name), outcomes)
        return folder

    def plan(self) -> Planned:
        """Verify, run the A/A pilot, and plan."""
        stages: list[Stage] = []
        begin = time.perf_counter()
        with stage("verification", stages.append):
            results = self._verification.results(self.contenders)
        with stage("A/A pilot", stages.append):
            deviation = None if self.request.quick else self._aa_pilot(results)
        everyone = self.contenders.values()
        cells = in_parts(planned_cells(self.request, everyone, results, self.everyone), self._n_parts)
        known = {
            "command": self.command,
            "problem_arguments": dict(self.problems),
            "identity": self.identity.identity,
            "live": self.live,
        }
        plan = make_plan(self.request, everyone, results, cells, deviation, self.data, self.unusable, known)
        calls = [] if self.live else self._call_costs(everyone, stages)
        plan = structs.replace(plan, calls=tuple(calls), pilot_seconds=time.perf_counter() - begin)
        outcomes = tuple(row for result in results for row in result.outcomes)
        return Planned(plan=plan, outcomes=outcomes, stages=tuple(stages))

    def _aa_pilot(self, results: Sequence[PilotResult]) -> Deviation | None:
        pairs = aa_pairs(self.contenders.values())
        cells = [cell for result in results for cell in result.cells if cell.variant in {*pairs, *pairs.values()}]
        with self.display.progress("A/A pilot", 1):
            given = self.data, self._verifier, self._open_worker, self.request.seed, self.request.budgets
            return launch_deviation(cells, self.contenders, *given, self._n_parts)

    def _call_costs(self, contenders: Iterable[Contender], stages: list[Stage]) -> list[CallCostRow]:
        with stage("cost of a call", stages.append), self.display.progress("cost of a call", 1):
            return CallCosts(*self._opening).rows(contenders)

    def _measure(self, rows: RunFolder) -> bool:
        """Measure the rest of the plan; False where Ctrl-C ended it early."""
        begin = time.perf_counter()
        finished = False
        try:
            self.run_launches(rows)
            self.run_passes(rows)
            finished = True
        except KeyboardInterrupt:
            self.display.say("Interrupted. What was measured is kept; the same command goes on from here.")
        rows.end(Finished(finished=finished, elapsed_s=time.perf_counter() - begin))
        return finished

    def run_passes(self, rows: RunFolder) -> None:
        """Measure, after the launches, what the run lacks of the memory pass and of the learning curves."""
        given = self.data, self.request.seed, self._open_worker, self.display, self.request.budgets.untimed_at_once
        with stage("peak memory", rows.append):
            if self.request.memory:
                measure_memory(rows, self.contenders, *given)
        with stage("learning curves", rows.append):
            if self.request.curves:
                draw_curves(rows, self.contenders, self.data, self.request, self._open_worker, self.display)

    def run_launches(self, rows: RunFolder) -> None:
        """Measure what the run lacks of the launches of its plan."""
        plan = read_plan(rows.folder)
        remaining, _ = remaining_samples(rows.folder, plan.rounds)
        seconds = sum(remaining.seconds(cell, plan.launches) for cell in plan.cells)
        with self.display.progress("measuring", seconds) as advance:
            launches = self.launches(rows, advance)
            for launch in range(plan.launches):
                launches.run(launch)
        self.note_launches(rows.folder)

    def note_launches(self, folder: Path) -> None:
        """Have the next run on this machine plan by the launches in this folder."""
        self._verification.note_launches(folder, self.contenders)

    def launches(self, rows: RunFolder, advance: Advance) -> Launches:
        """The launches of the plan, of which each can be run by itself."""
        plan = read_plan(rows.folder)
        remaining, attempts = remaining_samples(rows.folder, plan.rounds)
        rounds = Rounds(
            rows,
            self.contenders,
            self.data,
            self._verifier,
            self._open_worker,
            remaining,
            plan.seed,
            datetime.fromisoformat(plan.created).timestamp(),
            advance,
            self.request.budgets,
            self._verification.to_confirm(rows.folder, self.contenders),
            self._n_parts,
        )
        limits = None if self.live else LimitsOfLaunch(*self._opening)  # no version is nearer to them than the other
        return Launches(rows, rounds, plan.cells, list(self.contenders.values()), remaining, attempts, limits)
