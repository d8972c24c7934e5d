"""The parts of the self-test: each measures or simulates, and gives a section of Markdown and the goals it missed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from paragone.errors import MeasurementFailed
from paragone.implementation.registry import Registered, discover
from paragone.measure.bench import Bench
from paragone.plan.power import launches_to_resolve
from paragone.plan.request import Request
from paragone.selftest import tables
from paragone.selftest.background_load import background_load
from paragone.selftest.coverage import N_LAUNCHES, NOISE_MODELS, coverage
from paragone.selftest.detection import (
    POWER,
    ResolvedRun,
    called_different,
    detected,
    identical_pairs,
    verdicts_by_launches,
)
from paragone.selftest.other_tools import BlockwiseResult, with_pyperf, with_pytest_benchmark
from paragone.selftest.sizes import TrialSizes
from paragone.selftest.slowed_copies import Copy, copies, write_copies
from paragone.store.plan_records import BASELINE
from paragone.store.reader import Run, read_run
from paragone.task.mlp.fitting import fitted
from paragone.task.mlp.mnist.cache import DataSet
from paragone.task.mlp.problem_files import find_problem
from paragone.verify.display import Display
from paragone.verify.pilot import OpenLimitedWorker, open_worker
from paragone.worker.budgets import STANDARD, Budgets

PROBLEM = "nielsen"
RESOLVED = 0.05  # `--resolve 5%` must find it in 95 of 100 cases


class Section(NamedTuple):
    """One part: its heading, its Markdown, and a sentence for each goal that it missed."""

    heading: str
    text: str
    missed: list[str]


@dataclass(frozen=True)
class SelfTest:
    """A self-test of these sizes on this machine; the runs of its trials are written to `folder`."""

    sizes: TrialSizes
    folder: Path
    data: DataSet
    display: Display
    seed: int
    budgets: Budgets = STANDARD
    open_worker: OpenLimitedWorker = open_worker

    def coverage(self) -> Section:
        """How often the intervals hold the true ratio, on simulated samples."""
        results = []
        with self.display.progress("coverage", len(NOISE_MODELS) * len(N_LAUNCHES)) as advance:
            for model in NOISE_MODELS:
                for n_launches in N_LAUNCHES:
                    advance(f"{model.name}, {n_launches} launches", 1)
                    results.append(coverage(model, n_launches, self.sizes.n_simulated, self.seed))
        missed = [
            f"coverage: {100 * result.share:.1f} % in {result.noise_model!r} at {result.n_launches} launches"
            for result in results
            if not result.is_kept and not result.is_wide
        ]
        return Section("Coverage: does the 95 % interval hold the truth?", tables.coverage_table(results), missed)

    def trial(self, is_loaded: bool) -> tuple[Section, pd.DataFrame, float]:
        """A run of copies whose speeds are known: false alarms and power; with `is_loaded` under a background load.

        With the section come the verdicts of the first few launches and the seconds that these took: what other tools
        are compared with.
        """
        sizes = self.sizes
        wanted = copies(sizes.n_identical, sizes.slowdowns, sizes.n_slowed)
        name = "load" if is_loaded else "quiet"
        load: AbstractContextManager[None] = background_load(self.seed) if is_loaded else nullcontext()
        begin = time.perf_counter()
        with load:
            run = self._measure(name, wanted, seed=self.seed, launches=sizes.launches, rounds=sizes.rounds)
        elapsed_s = time.perf_counter() - begin
        by_launches = {n: verdicts_by_launches(run, wanted, n) for n in sizes.numbers_of_launches}
        deviation = run.plan.launch_deviation_upper
        needed = None if deviation is None else launches_to_resolve(RESOLVED, deviation)
        text = f"{tables.false_alarms_table(by_launches)}\n\n{tables.power_table(by_launches, sizes.slowdowns, needed)}"
        missed = missed_goals(name, by_launches, needed)
        heading = f"Real runs, {'one core burning half of the time' if is_loaded else 'quiet'}: A/A and power"
        few = sizes.numbers_of_launches[0]
        first, pilot_s = by_launches[few][by_launches[few]["group"] == 0], run.plan.pilot_seconds or 0.0
        return Section(heading, text, missed), first, pilot_s + (elapsed_s - pilot_s) * few / sizes.launches

    def rivals(self, ours: tuple[pd.DataFrame, float]) -> Section:
        """The same A/A by other tools, beside `ours`: the verdicts of a quiet trial, and its seconds."""
        folder = self.folder / "rivals"
        write_copies(original(), copies(self.sizes.n_identical_elsewhere, (), 0), folder)
        settings = {
            "folder": str(folder.resolve()),
            "problem": PROBLEM,
            "dtype": self.sizes.dtype,
            "sizes": list(self.sizes.sizes_elsewhere),
        }
        results: list[BlockwiseResult] = []
        absent: list[str] = []
        tools: Sequence[Callable[..., BlockwiseResult]] = (with_pytest_benchmark, with_pyperf)
        with self.display.progress("other tools", len(tools)) as advance:
            for tool in tools:
                advance(tool.__name__.removeprefix("with_"), 1)
                try:
                    results.append(tool(settings, self.folder))
                except MeasurementFailed as error:
                    absent.append(f"Not compared: {error}")
        return Section("The same A/A by other tools", tables.other_tools_table(ours, results, absent), [])

    def resolve(self) -> Section:
        """Runs planned by `--resolve 5%`, each with its own seed: how many of the 5 % slower copies they find."""
        wanted = copies(0, (RESOLVED,), self.sizes.n_slowed)
        runs = []
        for number in range(self.sizes.n_resolved):
            run = self._measure(f"resolve-{number}", wanted, seed=self.seed + number, resolve=RESOLVED)
            runs.append(ResolvedRun(run, verdicts_by_launches(run, wanted, run.plan.launches)))
        heading = "Runs planned by --resolve 5%: is what they promise kept?"
        return Section(heading, tables.resolved_runs_table(runs, RESOLVED), broken_promises(runs))

    def _measure(self, name: str, wanted: Sequence[Copy], **settings: Any) -> Run:
        plugins = self.folder / f"copies-{name}"
        write_copies(original(), wanted, plugins)
        registered, unusable = discover(plugins=[str(plugins)])
        request = Request(
            problems=(fitted(find_problem(PROBLEM), self.data),),
            implementations=tuple(copy.name for copy in wanted),
            dtypes=(self.sizes.dtype,),
            sizes=self.sizes.sizes,
            memory=False,
            curves=False,
            plugins=(str(plugins.resolve()),),
            budgets=self.budgets,
            **settings,
        )
        runs = self.folder / name
        places = self.data, runs, "paragone selftest", self.display
        bench = Bench(request, registered, unusable, *places, open_worker=self.open_worker)
        folder, finished = bench.run(fresh=True)
        if not finished:
            raise KeyboardInterrupt
        return read_run(folder)


def original() -> Registered:
    """The implementation that is copied: the baseline."""
    return next(entry for entry in discover()[0] if entry.name == BASELINE)


def missed_goals(name: str, by_launches: Mapping[int, pd.DataFrame], needed: int | None) -> list[str]:
    """A sentence for each goal that a trial missed.

    False alarms: more than 1 % of the identical pairs are called different, where so few pairs can show that.
    Power, on a quiet machine: `needed` launches, as many as `--resolve 5%` takes, find less than 95 % of the copies
    that are 5 % slower, beyond what chance allows.
    """
    missed = []
    for n_launches, frame in by_launches.items():
        alarms = called_different(identical_pairs(frame))
        if alarms.interval[0] > tables.GOAL_FALSE or alarms.found / alarms.n > tables.MOST_FALSE:
            missed.append(
                f"{name}: {alarms.found} of {alarms.n} identical pairs called different, {n_launches} launches"
            )
    enough = [n for n in by_launches if needed is not None and n >= needed]
    if name == "quiet" and enough:
        share = detected(by_launches[min(enough)], RESOLVED)
        if share.n and share.interval[1] < POWER:
            missed.append(f"{name}: {share.found} of {share.n} copies 5 % slower found with {min(enough)} launches")
    return missed


def broken_promises(runs: Sequence[ResolvedRun]) -> list[str]:
    """A sentence where the runs that promise to find 5 % find it in less than 95 % of the cells, beyond chance."""
    frames = [resolved.verdicts for resolved in runs if resolved.promises(RESOLVED)]
    if not frames:
        return []
    share = detected(pd.concat(frames), RESOLVED)
    if not share.n or share.interval[1] >= POWER:
        return []
    return [f"resolve: {share.found} of {share.n} copies 5 % slower found by runs with --resolve 5%"]
