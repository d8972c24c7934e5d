"""Ratios of speeds, formed within rounds: between samples taken seconds apart, what slows the machine slows both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from paragone.analyse.intervals import LEAST_ROUNDS, intervals
from paragone.analyse.statuses import CELL, numbered

UNIT = ["wave", "launch", "attempt"]
COLUMNS = [*CELL, *UNIT, "log", "n_pairs", "planned"]
TYPES = dict.fromkeys(["size", "threads", *UNIT, "n_pairs", "planned"], "int64") | {"log": "float64"}

Cell = tuple[str, str, int, int]
Unit = tuple[int, int, int]
Samples = tuple[NDArray[Any], NDArray[np.float64]]  # of a cell in a launch: rounds, ascending, and seconds per step


class Rounds:
    """The samples of the cells that passed, by cell, launch and round. They are sorted once, for any number of pairs.

    `samples` and `cells` are those of `Results`.
    """

    def __init__(self, samples: pd.DataFrame, cells: pd.DataFrame) -> None:
        verified = cells.loc[cells["status"] == "passed", [*CELL, "rounds"]].sort_values(CELL, kind="stable")
        self.planned: dict[Cell, int] = {tuple(row[:4]): row[4] for row in verified.itertuples(index=False, name=None)}
        self._samples: dict[Cell, dict[Unit, Samples]] = {cell: {} for cell in self.planned}
        self.hosts: dict[Unit, str] = {}
        if "host" in samples:
            places = samples[[*UNIT, "host"]].drop_duplicates(UNIT).itertuples(index=False, name=None)
            self.hosts = {tuple(place[:3]): place[3] for place in places}
        numbers, firsts = numbered(samples, [*CELL, *UNIT])
        units = samples[[*CELL, *UNIT]].iloc[firsts].itertuples(index=False, name=None)
        order = np.lexsort((samples["round"].to_numpy(), numbers))
        rounds, seconds = (samples[column].to_numpy()[order] for column in ("round", "step_seconds"))
        counts = np.bincount(numbers, minlength=len(firsts))
        for unit, end, count in sorted(zip(units, np.cumsum(counts), counts, strict=True)):
            if unit[:4] in self._samples:
                self._samples[unit[:4]][unit[4:]] = rounds[end - count : end], seconds[end - count : end]

    def log_ratios(self, cell: Cell, other: Cell) -> Iterable[tuple[Unit, NDArray[np.float64]]]:
        """Yield each launch in which both were sampled in the same rounds, with the logs of other's time / the cell's.

        Launches come in their order.
        """
        of_other = self._samples.get(other, {})
        for unit, (own_rounds, own_seconds) in self._samples[cell].items():
            if unit in of_other:
                rounds, seconds = of_other[unit]
                if not np.array_equal(rounds, own_rounds):
                    _, here, there = np.intersect1d(own_rounds, rounds, assume_unique=True, return_indices=True)
                    own_seconds, seconds = own_seconds[here], seconds[there]
                if len(seconds):
                    yield unit, np.log(seconds / own_seconds)


def launch_ratios(rounds: Rounds, others: Mapping[Cell, str]) -> pd.DataFrame:
    """Per cell and launch `log`, the median over rounds of the log-ratio of speeds, `n_pairs`, and `enters`.

    `others` maps a cell → the variant that it is compared with, at the same problem, size and threads. Only cells
    that passed are compared. A launch `enters` an interval with 3 rounds that hold both, or with all planned.
    """
    rows = []
    for cell, planned in rounds.planned.items():
        if cell not in others:
            continue
        problem, _, size, threads = cell
        other = (problem, others[cell], size, threads)
        fewest = min(planned, rounds.planned.get(other, planned))
        logs_of = rounds.log_ratios(cell, other)
        rows += [(*cell, *unit, float(np.median(logs)), len(logs), fewest) for unit, logs in logs_of]
    found = pd.DataFrame(rows, columns=COLUMNS).astype(TYPES)
    found["enters"] = found["n_pairs"] >= found["planned"].clip(upper=LEAST_ROUNDS)
    if rounds.hosts:
        found["host"] = [rounds.hosts[unit] for unit in zip(*(found[column] for column in UNIT), strict=True)]
    return found


def everywhere(others: Mapping[str, str], cells: Iterable[Cell]) -> dict[Cell, str]:
    """Cell → other variant, where `others` maps variant → other variant at every size."""
    return {cell: others[cell[1]] for cell in cells if cell[1] in others}


def relative_speeds(samples: pd.DataFrame, cells: pd.DataFrame, others: Mapping[str, str]) -> pd.DataFrame:
    """The speeds of `speeds_over_launches`, where `others` maps variant → other variant."""
    rounds = Rounds(samples, cells)
    return speeds_over_launches(launch_ratios(rounds, everywhere(others, rounds.planned)))


def speeds_over_launches(per_launch: pd.DataFrame) -> pd.DataFrame:
    """Per cell the `ratio` of its speed to that of the other, `ratio_low` and `ratio_high`, from `launch_ratios`.

    The interval is Student's t on one log-ratio per launch, of several hosts on one per host. The point is exp(mean),
    the centre of that interval: only then are "a is r times b" and "b is 1/r times a" the same statement.
    """
    result = intervals(per_launch)
    centre = per_launch.groupby(CELL)["log"].mean().reset_index(name="of_all")
    mean = result["mean"].fillna(result.merge(centre, on=CELL)["of_all"])
    of_ratio = {"ratio": np.exp(mean), "ratio_low": np.exp(result["low"]), "ratio_high": np.exp(result["high"])}
    return result[CELL].assign(**of_ratio)
