"""What the pipeline says of copies whose speeds are known: read from a run of theirs, with fewer launches too."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from paragone.analyse.statuses import CELL, timed_samples
from paragone.analyse.summary import CONFIDENCE, cells_with_statuses, relative_speeds, summarise
from paragone.analyse.verdicts import verdict_words
from paragone.plan.power import minimum_detectable_difference

if TYPE_CHECKING:
    from paragone.selftest.copies import Copy
    from paragone.store.run_folder import Run

BEYOND = 0.03  # a difference that a reader would act on
ENOUGH = 0.95  # of the cases: what "finds" means


class Share(NamedTuple):
    """So many of so many cells, with the 95 % interval of the share (Clopper and Pearson's, exact)."""

    found: int
    n: int

    @property
    def interval(self) -> tuple[float, float]:
        """Return its low and its high end."""
        low, high = stats.binomtest(self.found, self.n).proportion_ci(CONFIDENCE)
        return float(low), float(high)


class Promise(NamedTuple):
    """A run planned to find a difference, and what was said of its copies."""

    run: Run
    judged: pd.DataFrame

    def is_given(self, difference: float) -> bool:
        """Return whether the plan promised to find it: on a noisy machine the most launches may be too few."""
        deviation, launches = self.run.plan["launch_deviation_upper"], self.run.plan["launches"]
        return deviation is not None and minimum_detectable_difference(deviation, launches) <= difference


def judged(run: Run, copies: Sequence[Copy], n_launches: int) -> pd.DataFrame:
    """Return what was said of every copy in each group of `n_launches` launches of the run; groups share none.

    Columns: `slowdown` (NaN for a pair of identical copies, of which the first is compared with the second; else the
    copy is compared with the baseline), problem, variant, batch_size, threads, `group`, `ratio`, `low`, `high`,
    `margin`, `verdict`. Cells that were not verified or not measured are left out.
    """
    n_groups = run.plan["launches"] // n_launches
    groups = [range(group * n_launches, (group + 1) * n_launches) for group in range(n_groups)]
    parts = [_judged(with_launches(run, launches), copies).assign(group=launches[0]) for launches in groups]
    return pd.concat(parts, ignore_index=True)


def with_launches(run: Run, launches: Sequence[int]) -> Run:
    """Return the run as if it had had these launches alone."""
    kept = {
        table: rows[rows["launch"].isna() | rows["launch"].isin(launches)]
        for table in ("samples", "launches", "rounds", "outcomes", "limits")
        for rows in [getattr(run, table)]
    }
    return replace(run, plan={**run.plan, "launches": len(launches)}, **kept)


def _judged(run: Run, copies: Sequence[Copy]) -> pd.DataFrame:
    frame = summarise(run)
    slowed = {copy.name: copy.slowdown for copy in copies if copy.slowdown is not None}
    against_baseline = frame[frame["implementation"].isin(slowed)].rename(
        columns={"ratio_to_baseline": "ratio", "ratio_low": "low", "ratio_high": "high"}
    )
    against_baseline = against_baseline.assign(slowdown=against_baseline["implementation"].map(slowed))
    pairs = relative_speeds(timed_samples(run), cells_with_statuses(run), _partners(frame, copies))
    pairs = pairs.rename(columns={"ratio_low": "low", "ratio_high": "high"}).dropna(subset=["low", "high"])
    pairs = pairs.merge(frame[[*CELL, "margin"]], on=CELL)
    pairs["verdict"] = verdict_words(pairs["low"], pairs["high"], pairs["margin"], "not enough data")
    pairs["slowdown"] = math.nan
    columns = ["slowdown", *CELL, "ratio", "low", "high", "margin", "verdict"]
    known = against_baseline.dropna(subset=["low", "high"])
    return pd.concat([pairs[columns], known[columns]], ignore_index=True)


def _partners(frame: pd.DataFrame, copies: Sequence[Copy]) -> Mapping[str, str]:
    """Return, for the first variant of each pair of identical copies, the second."""
    identical = [copy.name for copy in copies if copy.slowdown is None]
    pairs = zip(identical[::2], identical[1::2], strict=True)
    axes = frame.drop_duplicates("variant").groupby("implementation")["variant"].apply(list)
    return {mine: its for first, second in pairs for mine, its in zip(axes[first], axes[second], strict=True)}


def identical(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that compare identical copies."""
    return frame[frame["slowdown"].isna()]


def called_different(frame: pd.DataFrame, beyond: float = 0.0) -> Share:
    """Return how many were called faster or slower, and by more than `beyond` (0.03 for 3 %)."""
    is_far = np.log(frame["ratio"]).abs() > math.log1p(beyond)
    return Share(int((frame["verdict"].isin(["faster", "slower"]) & is_far).sum()), len(frame))


def intervals_without_one(frame: pd.DataFrame) -> Share:
    """Return how many intervals leave out 1, before any margin: of identical copies, 5 % of them should."""
    return Share(int(((frame["low"] > 1) | (frame["high"] < 1)).sum()), len(frame))


def found(frame: pd.DataFrame, slowdown: float) -> Share:
    """Return how many of the cells with this slowdown were called slower."""
    of_it = frame[frame["slowdown"] == slowdown]
    return Share(int((of_it["verdict"] == "slower").sum()), len(of_it))


def bias(frame: pd.DataFrame, slowdown: float) -> tuple[float, float]:
    """Return by how much the estimated slowdown is off on average, as a fraction, and its standard error; or NaN."""
    errors = _errors(frame[frame["slowdown"] == slowdown])
    if errors.empty:
        return math.nan, math.nan
    return float(errors.mean()), float(errors.std(ddof=1) / math.sqrt(len(errors)))


def smallest_found(frame: pd.DataFrame) -> float:
    """Return the slowdown that 95 of 100 of these cells would have been called slower for, as a fraction.

    A cell is called slower where its interval lies wholly below the margin: with the reach and the error that it
    had, that takes log(1 + slowdown) > margin + reach − error.
    """
    reach = np.log(frame["high"] / frame["low"]) / 2
    needed = np.log1p(frame["margin"]) + reach - _errors(frame)
    return math.expm1(float(np.quantile(needed, ENOUGH)))


def _errors(frame: pd.DataFrame) -> pd.Series[float]:
    """Return log(estimated slowdown / true slowdown) of every row: above 0 where it was found slower than it is."""
    errors: pd.Series[float] = -np.log(frame["ratio"]) - np.log1p(frame["slowdown"].fillna(0.0))
    return errors
