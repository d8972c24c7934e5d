"""Runs of one machine over time: for every cell its ratios run by run, and where they changed.

A ratio belongs to its run: it is formed within rounds, against the baseline of the same run. So a slower week moves
both and cancels, and runs months apart can stand in one line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from paragone.analyse.statuses import CELL
from paragone.analyse.verdicts import POINT
from paragone.comparison.change_points import CHANCE, Change, Series, change_points
from paragone.comparison.comparable import CHANGED, environment_differences, name_of, other_work, source_states
from paragone.comparison.uncertainty import adjusted
from paragone.implementation.selection import is_named
from paragone.store.reader import Run

if TYPE_CHECKING:
    from paragone.analyse.results import Results

ABOUT = ["implementation", "language", "dtype"]
NUMBERS = ["ratio_to_baseline", "ratio_low", "ratio_high", "margin", "work_per_second", "baseline_work_per_second"]
FALSE_DISCOVERY_RATE = 0.05
# Differs between any two runs, and is part of neither the machine nor the code.
OF_THE_HOUR = {"load before the run", "launches × rounds", "git revision"}


@dataclass(frozen=True, eq=False)
class PastRun:
    """A run without its samples, and a row for each cell with an interval and a margin (CELL, ABOUT, NUMBERS)."""

    run: Run
    cells: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Track:
    """A cell over time: a row of NUMBERS for each of its runs, whose places in the history are `places`."""

    problem: str
    variant: str
    size: int
    threads: int
    implementation: str
    language: str
    dtype: str
    places: Sequence[int]
    numbers: pd.DataFrame
    changes: Sequence[Change] = ()

    @property
    def series(self) -> Series:
        logs = {name: np.log(self.numbers[name].to_numpy(dtype=float)) for name in NUMBERS[:3]}
        reaches = (logs["ratio_high"] - logs["ratio_low"]) / 2
        return Series(logs["ratio_to_baseline"], reaches, np.log1p(self.numbers["margin"].to_numpy(dtype=float)))

    def moved(self, change: Change, column: str) -> float:
        """How many times higher a rate is after a change: that of the cell or of its baseline, medians over runs."""
        rates = self.numbers[column].to_numpy(dtype=float)
        return float(np.median(rates[change.at : change.end]) / np.median(rates[change.begin : change.at]))


@dataclass(frozen=True, eq=False)
class Event:
    """Two runs, one after the other, between which cells changed."""

    before: PastRun
    after: PastRun
    changes: Sequence[tuple[Track, Change]]

    @property
    def differences(self) -> list[tuple[str, str, str]]:
        """Name, value before and value after of every fact in which the two runs differ."""
        found = environment_differences([self.before.run, self.after.run])
        return [(name, before, after) for name, (before, after) in found if name not in OF_THE_HOUR]

    @property
    def changed_code(self) -> set[str]:
        """The variants whose code is known to differ between the two runs."""
        states = source_states(self.before.run, self.after.run)
        return {variant for variant, state in states.items() if state == CHANGED}


@dataclass(frozen=True, eq=False)
class History:
    """The runs, oldest first, the cells with their changes, and the name of each run left out with the reason."""

    runs: Sequence[PastRun]
    tracks: Sequence[Track]
    left_out: Sequence[tuple[str, str]]

    @property
    def events(self) -> list[Event]:
        """Where something changed, the newest first; runs that lie between, without the cell, are passed over."""
        found: dict[tuple[int, int], list[tuple[Track, Change]]] = {}
        for track in self.tracks:
            for change in track.changes:
                place = track.places[change.at - 1], track.places[change.at]
                found.setdefault(place, []).append((track, change))
        ordered = sorted(found.items(), key=lambda entry: entry[0][::-1], reverse=True)
        return [Event(self.runs[before], self.runs[after], changes) for (before, after), changes in ordered]


def past_run(results: Results) -> PastRun:
    """What a history keeps of a run."""
    frame = results.summary
    baselines = frame[frame["verdict"] == "baseline"][[*POINT, "work_per_second"]]
    baselines = baselines.rename(columns={"work_per_second": "baseline_work_per_second"})
    is_in = ~frame["control"] & (frame["verdict"] != "baseline") & frame[["ratio_low", "margin"]].notna().all(axis=1)
    cells = frame[is_in].merge(baselines, on=POINT, how="left")
    run = results.run
    return PastRun(
        replace(run, samples=run.samples.iloc[:0], rounds=run.rounds.iloc[:0]), cells[[*CELL, *ABOUT, *NUMBERS]]
    )


def narrowed(past: PastRun, problems: Sequence[str], variants: Sequence[str]) -> PastRun:
    """A past run with the cells of these problems (globs) and variants (patterns) alone; [] stands for all."""
    cells = past.cells
    is_asked = pd.Series(True, index=cells.index)
    for column, patterns, matches in (("problem", problems, fnmatchcase), ("variant", variants, is_named)):
        if patterns:
            is_asked &= cells[column].map(lambda name, of=patterns, fits=matches: any(fits(name, one) for one in of))
    return replace(past, cells=cells[is_asked])


def history_of(runs: Iterable[PastRun], left_out: Iterable[tuple[str, str]] = ()) -> History:
    """The history of these runs, by their times; those that cannot stand in a line with the newest are left out."""
    ordered = sorted(runs, key=lambda past: past.run.plan.created)
    kept, others = _alike(ordered)
    return History(kept, _called(_tracks(kept)), [*left_out, *others])


def _alike(runs: Sequence[PastRun]) -> tuple[list[PastRun], list[tuple[str, str]]]:
    """The runs that did the same work as the newest of each problem, and name and reason of the others."""
    kept: list[PastRun] = []
    left_out: list[tuple[str, str]] = []
    newest: dict[str, Run] = {}
    for past in reversed(runs):
        run = past.run
        others = {name_of(newest[name]): newest[name] for name in run.plan.problems if name in newest}
        reasons = [f"beside {name}: {reason}" for name, other in others.items() for reason in _unlike(run, other)]
        if reasons:
            left_out.insert(0, (name_of(run), reasons[0]))
            continue
        kept.insert(0, past)
        for name in run.plan.problems:
            newest.setdefault(name, run)
    return kept, left_out


def _unlike(run: Run, newest: Run) -> list[str]:
    """Why the ratios of two runs cannot stand in a line."""
    reasons = other_work(run, newest)
    machines = [one.environment.machine.id for one in (run, newest)]
    baselines = [one.plan.baseline for one in (run, newest)]
    if machines[0] != machines[1]:
        reasons.append(f"they are of two machines, {machines[0]} and {machines[1]}")
    if baselines[0] != baselines[1]:
        reasons.append(f"they have two baselines, {baselines[0]} and {baselines[1]}")
    return reasons


def _tracks(runs: Sequence[PastRun]) -> list[Track]:
    """The cells of all runs, in the order in which the newest run has them."""
    frames = [past.cells.assign(place=place) for place, past in reversed(list(enumerate(runs)))]
    if not frames:
        return []
    every = pd.concat(frames, ignore_index=True)
    return [_track(rows.sort_values("place", ignore_index=True)) for _, rows in every.groupby(CELL, sort=False)]


def _track(rows: pd.DataFrame) -> Track:
    newest = rows.iloc[-1]
    return Track(
        problem=str(newest["problem"]),
        variant=str(newest["variant"]),
        size=int(newest["size"]),
        threads=int(newest["threads"]),
        implementation=str(newest["implementation"]),
        language=str(newest["language"]),
        dtype=str(newest["dtype"]),
        places=tuple(map(int, rows["place"])),
        numbers=rows[NUMBERS],
    )


def _called(tracks: Sequence[Track]) -> list[Track]:
    """The tracks with their changes.

    The p of every change is adjusted by Benjamini and Hochberg over all cells; a cell without a change is a test too.
    So a history of a thousand cells has not ten changes by chance.
    """
    found = [change_points(track.series) for track in tracks]
    p = np.array([change.p for changes in found for change in changes] + [1.0 for changes in found if not changes])
    rejected = p[adjusted(p) < FALSE_DISCOVERY_RATE]
    largest = float(rejected.max()) if len(rejected) else 0.0
    if largest < CHANCE:
        again = zip(tracks, found, strict=True)
        found = [change_points(track.series, largest) if changes and largest else [] for track, changes in again]
    return [replace(track, changes=changes) for track, changes in zip(tracks, found, strict=True)]
