"""The parts of the self-test: each measures, and gives a section of Markdown and the goals that it missed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from paragone.errors import MeasurementFailed
from paragone.implementation.registry import Registered, discover
from paragone.measure.bench import Bench
from paragone.plan.power import launches_to_resolve
from paragone.plan.request import BASELINE, Request
from paragone.selftest import tables
from paragone.selftest.background_load import burning
from paragone.selftest.copies import Copy, copies, write_copies
from paragone.selftest.coverage import N_LAUNCHES, WORLDS, coverage
from paragone.selftest.grid import Plan
from paragone.selftest.rivals import Blockwise, with_pyperf, with_pytest_benchmark
from paragone.selftest.trials import ENOUGH, Promise, Share, called_different, found, identical, judged
from paragone.store.run_folder import Run, read_run
from paragone.task.mlp.data import DataSet
from paragone.task.mlp.problem_files import find_problem
from paragone.verify.pilot import Display

PROBLEM = "nielsen"
PROMISED = 0.05  # what --resolve 5% is to find in 95 of 100 cases


class Section(NamedTuple):
    """A part of the self-test: its heading, its text in Markdown, and a sentence for every goal that it missed."""

    heading: str
    text: str
    missed: list[str]


@dataclass(frozen=True)
class SelfTest:
    """The parts of a self-test, of one plan on one machine; runs of the trials go to `folder`."""

    plan: Plan
    folder: Path
    data: DataSet
    display: Display
    seed: int

    def coverage(self) -> Section:
        """Return how often intervals hold the truth, on made-up samples."""
        results = []
        with self.display.progress("coverage", len(WORLDS) * len(N_LAUNCHES)) as advance:
            for world in WORLDS:
                for n_launches in N_LAUNCHES:
                    advance(f"{world.name}, {n_launches} launches", 1)
                    results.append(coverage(world, n_launches, self.plan.n_made_up, self.seed))
        missed = [
            f"coverage: {100 * result.share:.1f} % in {result.world!r} at {result.n_launches} launches"
            for result in results
            if not result.is_kept and not result.is_wide
        ]
        return Section("Coverage: does the 95 % interval hold the truth?", tables.coverage_table(results), missed)

    def trial(self, is_loaded: bool) -> tuple[Section, pd.DataFrame, float]:
        """Return what a run says of copies whose speeds are known; the verdicts of its first launches, and their time.

        The first are as many as the fewest that are judged: what other tools are set beside. `is_loaded`: a process
        burns one core during random parts of the run.
        """
        plan = self.plan
        wanted = copies(plan.n_identical, plan.slowdowns, plan.n_slowed)
        name = "load" if is_loaded else "quiet"
        load: AbstractContextManager[None] = burning(self.seed) if is_loaded else nullcontext()
        begin = time.perf_counter()
        with load:
            run = self._measure(name, wanted, seed=self.seed, launches=plan.launches, rounds=plan.rounds)
        elapsed_s = time.perf_counter() - begin
        by_launches = {n: judged(run, wanted, n) for n in plan.numbers_of_launches}
        deviation = run.plan["launch_deviation_upper"]
        chosen = None if deviation is None else launches_to_resolve(PROMISED, deviation)
        text = f"{tables.false_alarms_table(by_launches)}\n\n{tables.power_table(by_launches, plan, chosen)}"
        missed = missed_goals(name, by_launches, chosen)
        heading = f"Real runs, {'one core burning half of the time' if is_loaded else 'quiet'}: A/A and power"
        few = plan.numbers_of_launches[0]
        first, before_s = by_launches[few][by_launches[few]["group"] == 0], float(run.plan["pilot_seconds"])
        return Section(heading, text, missed), first, before_s + (elapsed_s - before_s) * few / plan.launches

    def rivals(self, ours: tuple[pd.DataFrame, float]) -> Section:
        """Return the same A/A by other tools, beside ours."""
        folder = self.folder / "rivals"
        wanted = copies(self.plan.n_identical_for_rivals, (), 0)
        write_copies(original(), wanted, folder)
        settings = {
            **{"folder": str(folder.resolve()), "problem": PROBLEM, "dtype": self.plan.dtype},
            "batch_sizes": list(self.plan.rival_batch_sizes),
        }
        results: list[Blockwise] = []
        absent: list[str] = []
        tools: Sequence[Callable[..., Blockwise]] = (with_pytest_benchmark, with_pyperf)
        with self.display.progress("other tools", len(tools)) as advance:
            for tool in tools:
                advance(tool.__name__.removeprefix("with_"), 1)
                try:
                    results.append(tool(settings, self.folder))
                except MeasurementFailed as error:
                    absent.append(f"Not compared: {error}")
        return Section("The same A/A by other tools", tables.rivals_table(ours, results, absent), [])

    def resolve(self) -> Section:
        """Return what runs planned by `--resolve 5%` find of copies that are 5 % slower; each has its own seed."""
        wanted = copies(0, (PROMISED,), self.plan.n_slowed)
        promises = []
        for number in range(self.plan.n_resolved):
            run = self._measure(f"resolve-{number}", wanted, seed=self.seed + number, resolve=PROMISED)
            promises.append(Promise(run, judged(run, wanted, run.plan["launches"])))
        heading = "Runs planned by --resolve 5%: is what they promise kept?"
        return Section(heading, tables.promises_table(promises, PROMISED), broken_promises(promises))

    def _measure(self, name: str, wanted: Sequence[Copy], **settings: Any) -> Run:
        plugins = self.folder / f"copies-{name}"
        write_copies(original(), wanted, plugins)
        found_, broken = discover(plugins=[str(plugins)])
        request = Request(
            problems=(find_problem(PROBLEM),),
            implementations=tuple(copy.name for copy in wanted),
            dtypes=(self.plan.dtype,),
            batch_sizes=self.plan.batch_sizes,
            memory=False,
            curves=False,
            plugins=(str(plugins.resolve()),),
            **settings,
        )
        runs = self.folder / name
        bench = Bench(request, found_, broken, self.data, runs, "paragone selftest", self.display)
        folder, finished = bench.run(fresh=True)
        if not finished:
            raise KeyboardInterrupt
        return read_run(folder)


def original() -> Registered:
    """Return the implementation that is copied: the baseline."""
    return next(entry for entry in discover()[0] if entry.name == BASELINE)


def missed_goals(name: str, by_launches: dict[int, pd.DataFrame], chosen: int | None) -> list[str]:
    """Return a sentence for every goal that a trial missed.

    False alarms: more than 1 % of the cells of identical copies called different, where so few cells can show that.
    Power, on a quiet machine: `chosen` launches, which is what `--resolve 5%` takes, find less than 95 % of the
    copies that are 5 % slower, beyond what chance allows.
    """
    missed = []
    for n_launches, frame in by_launches.items():
        alarms = called_different(identical(frame))
        if alarms.interval[0] > tables.GOAL_FALSE or alarms.found / alarms.n > tables.MOST_FALSE:
            missed.append(
                f"{name}: {alarms.found} of {alarms.n} identical pairs called different, {n_launches} launches"
            )
    enough = [n for n in by_launches if chosen is not None and n >= chosen]
    if name == "quiet" and enough:
        share: Share = found(by_launches[min(enough)], PROMISED)
        if share.n and share.interval[1] < ENOUGH:
            missed.append(f"{name}: {share.found} of {share.n} copies 5 % slower found with {min(enough)} launches")
    return missed


def broken_promises(promises: Sequence[Promise]) -> list[str]:
    """Return a sentence where runs that promised to find 5 % found it in less than 95 % of the cells, beyond chance."""
    frames = [promise.judged for promise in promises if promise.is_given(PROMISED)]
    if not frames:
        return []
    share = found(pd.concat(frames), PROMISED)
    if not share.n or share.interval[1] >= ENOUGH:
        return []
    return [f"resolve: {share.found} of {share.n} copies 5 % slower found by runs with --resolve 5%"]
