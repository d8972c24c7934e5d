"""One run from beginning to end: pilot, plan, rounds, memory, learning curves; or the rest of an interrupted one."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
from msgspec import structs

from paragone import METHOD_VERSION
from paragone.files.json_lines import read_rows
from paragone.implementation.registry import Registered, Unusable, select
from paragone.machine import environment
from paragone.machine.cpus import harness_cpus, pinned_to
from paragone.machine.memory import memory_limit_bytes, worker_limit_bytes
from paragone.measure.aa_pilot import Deviation, launch_deviation
from paragone.measure.call_cost import call_costs
from paragone.measure.learning_curves import draw_curves
from paragone.measure.limits import record_limits
from paragone.measure.memory_pass import measure_memory, pass_seconds
from paragone.measure.remaining import remaining_samples
from paragone.measure.resume import RunIdentity
from paragone.measure.rounds import Rounds
from paragone.plan.cells import (
    Contender,
    batch_sizes,
    contenders_of,
    describe_data,
    describe_variants,
    own_environments,
)
from paragone.plan.power import launches_to_resolve, minimum_detectable_difference
from paragone.plan.request import Request
from paragone.plan.waves import in_waves
from paragone.store.plan_records import Cell, ContenderKey, Live, Plan
from paragone.store.reader import read_plan
from paragone.store.records import Finished, Source
from paragone.store.run_folder import RunFolder
from paragone.store.runs import new_run_folder
from paragone.task.mlp.data import DataSet, check_fits
from paragone.verify.pilot import Display, Pilot, open_worker
from paragone.verify.pilot_result import PilotResult, eta_seconds, rounds_in_time
from paragone.verify.verifier import Verifier
from paragone.worker.handle import WorkerHandle


@dataclass(frozen=True)
class Bench:
    """Everything that a run needs and does not change."""

    request: Request
    everyone: Sequence[Registered]
    broken: Sequence[Unusable]
    data: DataSet
    results: Path
    command: str
    display: Display
    problems: Mapping[str, str] = field(default_factory=dict)  # by name, as the user gave them: a name or a path
    live: Live | None = None  # what a live comparison compares

    def run(self, fresh: bool = False, resume: Path | None = None) -> tuple[Path, bool]:
        """Measure; return the run's folder and whether it came to its end.

        An unfinished run of the same plan, code and machine is taken up again unless `fresh`; `resume` names
        the one to take up. Ctrl-C returns what there is; before the plan is fixed nothing is kept and it is raised.

        Raises Misuse where the run named by `resume` cannot be taken up, ResultsUnusable for an unwritable folder.
        """
        with pinned_to(harness_cpus(max(self.request.threads))):
            return self._run(fresh, resume)

    def _run(self, fresh: bool, resume: Path | None) -> tuple[Path, bool]:
        for problem in self.request.problems:
            check_fits(problem, self.data)
        chosen = select(self.everyone, self.request.implementations or ("*",))
        contenders = {e.key: e for e in contenders_of(self.request, chosen, self.everyone)}
        known = RunIdentity(self.request, contenders.values(), self.data.sha256, self._described)
        folder = resume or (None if fresh else known.unfinished(self.results, self.display.say))
        if folder is not None:
            known.refuse_foreign_run(folder)
            done = len(read_rows(folder / "samples.jsonl"))
            self.display.say(f"Going on with run {folder.name}, which was interrupted: {done} samples are there.")
        else:
            folder = self._start_run(contenders, known.identity)
        with RunFolder(folder) as rows:
            finished = self._measure(rows, contenders)
        return folder, finished

    @cached_property
    def _gatekeeper(self) -> Verifier:
        """One for the whole run: what the pilot found true need not be found again."""
        return Verifier(self.data, self.request.seed)

    @cached_property
    def _described(self) -> dict[str, Any]:
        return environment.describe(own_environments(self.request, self.everyone), max(self.request.threads))

    def _open_worker(self, contender: Contender) -> WorkerHandle:
        return open_worker(contender, self.request.time_limit_s, self.request.memory_limit_bytes)

    def _start_run(self, contenders: dict[ContenderKey, Contender], identity: Mapping[str, Any]) -> Path:
        begin = time.perf_counter()
        surveys = self._pilot(contenders)
        cells = [cell for survey in surveys for cell in survey.cells]
        deviation = None if self.request.quick else self._rehearse(cells, contenders)
        launches = self._launches(deviation)
        resolvable = None if deviation is None else minimum_detectable_difference(deviation.typical, launches)
        baselines = {e.variant.name for e in contenders.values() if e.variant.control}
        baselines |= {name.removesuffix(" (A/A)") for name in baselines}
        peaks = {survey.contender.key: survey.peak_bytes for survey in surveys}
        memory_seconds = pass_seconds(surveys) if self.request.memory else 0.0
        folders = {entry.name: entry.folder.name for entry in self.everyone}
        cells = in_waves(cells, peaks, memory_limit_bytes() // 2, baselines, folders)
        predicting = {e.key for e in contenders.values() if e.variant.implementation.predicts}
        evaluated = self.request.evaluated
        cells = [structs.replace(c, evaluates=c.problem in evaluated and c.contender in predicting) for c in cells]
        rounds = self.request.rounds or rounds_in_time(cells)
        plan = Plan(
            method_version=METHOD_VERSION,
            run="",  # named when its folder is made
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            command=self.command,
            seed=self.request.seed,
            quick=self.request.quick,
            baseline=self.request.baseline,
            threads=self.request.threads,
            time_limit_s=self.request.time_limit_s,
            memory_limit_bytes=self.request.memory_limit_bytes or worker_limit_bytes(),
            launches=launches,
            rounds=rounds,
            eta_seconds=eta_seconds(cells, launches, rounds, surveys) + memory_seconds,
            memory_seconds=memory_seconds,
            pilot_seconds=time.perf_counter() - begin,
            launch_deviation=deviation and deviation.typical,
            launch_deviation_upper=deviation and deviation.upper,
            minimum_detectable_difference=resolvable,
            request=self.request.stored(),
            problem_arguments=dict(self.problems),
            problems={problem.name: problem for problem in self.request.problems},
            variants=describe_variants(contenders.values()),
            cells=tuple(cells),
            unusable=tuple(self.broken),
            data=describe_data(self.data),
            calls=tuple(call_costs(contenders.values(), self.data, self._open_worker, self.request.seed)),
            identity=dict(identity),
            live=self.live,
        )
        outcomes = [row for survey in surveys for row in survey.outcomes]
        sources = {e.found.name: msgspec.convert(e.found.kept_source(), Source) for e in contenders.values()}
        folder = new_run_folder(self.results, datetime.now(UTC), plan, self._described, outcomes, sources)
        self.display.show_plan(structs.replace(plan, run=folder.name), outcomes)
        return folder

    def _pilot(self, contenders: Mapping[ContenderKey, Contender]) -> list[PilotResult]:
        """Return a survey of every contender; a control's is that of the baseline, whose code it is."""
        pilot = Pilot(self.request, self.data, self._gatekeeper, self._open_worker)
        surveys: dict[ContenderKey, PilotResult] = {}
        with self.display.progress("verifying", len(contenders)) as advance:
            for key, contender in contenders.items():
                advance(contender.variant.name, 1)
                if not contender.variant.control:
                    surveys[key] = pilot.survey(contender, batch_sizes(self.request, contender))
        for key, contender in contenders.items():
            if contender.variant.control:
                twin_key = (key[0], replace(contender.variant, control=False).name, key[2])
                surveys[key] = surveys[twin_key].as_control(contender)
        return [surveys[key] for key in contenders]

    def _rehearse(self, cells: Sequence[Cell], contenders: Mapping[ContenderKey, Contender]) -> Deviation | None:
        controls = {e.variant.name for e in contenders.values() if e.variant.control}
        pairs = controls | {name.removesuffix(" (A/A)") for name in controls}
        chosen = [cell for cell in cells if cell.variant in pairs]
        with self.display.progress("rehearsing A/A", 1):
            return launch_deviation(
                chosen, contenders, self.data, self._gatekeeper, self._open_worker, self.request.seed
            )

    def _launches(self, deviation: Deviation | None) -> int:
        if self.request.quick:
            return 1
        if self.request.resolve is not None and deviation is not None:
            return launches_to_resolve(self.request.resolve, deviation.upper)
        return self.request.launches

    def _measure(self, rows: RunFolder, contenders: Mapping[ContenderKey, Contender]) -> bool:
        """Carry out what is left of the plan; return whether it came to its end."""
        begin = time.perf_counter()
        finished = False
        try:
            self._run_launches(rows, contenders)
            if self.request.memory:
                seed, display = self.request.seed, self.display
                measure_memory(rows, contenders, self.data, seed, self._open_worker, display)
            if self.request.curves:
                draw_curves(rows, contenders, self.data, self.request, self.display)
            finished = True
        except KeyboardInterrupt:
            self.display.say("Interrupted. What was measured is kept; the same command goes on from here.")
        rows.end(Finished(finished=finished, elapsed_s=time.perf_counter() - begin))
        return finished

    def _run_launches(self, rows: RunFolder, contenders: Mapping[ContenderKey, Contender]) -> None:
        plan = read_plan(rows.folder)
        cells = plan.cells
        remaining, attempts = remaining_samples(rows.folder, plan.rounds)
        seconds = sum(remaining.seconds(cell, plan.launches) for cell in cells)
        with self.display.progress("measuring", seconds) as advance:
            began = datetime.fromisoformat(plan.created).timestamp()
            schedule = Rounds(
                rows,
                contenders,
                self.data,
                self._gatekeeper,
                self._open_worker,
                remaining,
                plan.seed,
                began,
                advance,
            )
            for launch in range(plan.launches):
                advance(f"launch {launch + 1}: the machine's limits", 0)
                record_limits(rows, list(contenders.values()), cells, self._open_worker, launch)
                for wave in sorted({cell.wave for cell in cells}):
                    of_wave = [cell for cell in cells if cell.wave == wave]
                    if any(remaining.wants_any(cell, launch) for cell in of_wave):
                        schedule.run_launch(of_wave, launch, attempts.get((launch, wave), -1) + 1)
