"""The verdicts on copies whose speeds are known: false alarms, power and bias of one run.

A run of many launches is also read as several runs of fewer launches.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from msgspec import structs
from scipy import stats

from paragone.analyse.intervals import CONFIDENCE
from paragone.analyse.results import Results
from paragone.analyse.statuses import CELL
from paragone.analyse.verdicts import verdict_words
from paragone.plan.power import minimum_detectable_difference

if TYPE_CHECKING:
    from paragone.selftest.slowed_copies import Copy
    from paragone.store.reader import Run

NOTICEABLE = 0.03  # a difference that a reader would act on
POWER = 0.95  # to find a difference is to find it in so many of the cases


class Share(NamedTuple):
    """`found` of `n` cells."""

    found: int
    n: int

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the share, Clopper and Pearson's."""
        low, high = stats.binomtest(self.found, self.n).proportion_ci(CONFIDENCE)
        return float(low), float(high)


class ResolvedRun(NamedTuple):
    """A run planned to find a difference, and the verdicts on its copies."""

    run: Run
    verdicts: pd.DataFrame

    def promises(self, difference: float) -> bool:
        """False on a machine so noisy that even the most launches are too few."""
        deviation, launches = self.run.plan.launch_deviation_upper, self.run.plan.launches
        return deviation is not None and minimum_detectable_difference(deviation, launches) <= difference


def verdicts_by_launches(run: Run, copies: Sequence[Copy], n_launches: int) -> pd.DataFrame:
    """The verdicts that the run would have given with `n_launches` launches, for each disjoint group of so many.

    Columns: `slowdown`, problem, variant, size, threads, `group` (its first launch), `ratio`, `low`, `high`,
    `margin`, `verdict`. A slowed copy is compared with the baseline. Identical copies are compared in pairs, the first
    with the second; their `slowdown` is NaN. Cells that were not verified or not measured are left out.
    """
    n_groups = run.plan.launches // n_launches
    groups = [range(group * n_launches, (group + 1) * n_launches) for group in range(n_groups)]
    parts = [_verdicts(with_launches(run, launches), copies).assign(group=launches[0]) for launches in groups]
    return pd.concat(parts, ignore_index=True)


def with_launches(run: Run, launches: Sequence[int]) -> Run:
    """The run as if it had had only these launches."""
    kept = {
        table: rows[rows["launch"].isna() | rows["launch"].isin(launches)]
        for table in ("samples", "launches", "rounds", "outcomes", "limits")
        for rows in [getattr(run, table)]
    }
    return replace(run, plan=structs.replace(run.plan, launches=len(launches)), **kept)


def _verdicts(run: Run, copies: Sequence[Copy]) -> pd.DataFrame:
    results = Results(run)
    frame = results.summary
    slowed = {copy.name: copy.slowdown for copy in copies if copy.slowdown is not None}
    against_baseline = frame[frame["implementation"].isin(slowed)].rename(
        columns={"ratio_to_baseline": "ratio", "ratio_low": "low", "ratio_high": "high"}
    )
    against_baseline = against_baseline.assign(slowdown=against_baseline["implementation"].map(slowed))
    pairs = results.relative_speeds(_partners(frame, copies))
    pairs = pairs.rename(columns={"ratio_low": "low", "ratio_high": "high"}).dropna(subset=["low", "high"])
    pairs = pairs.merge(frame[[*CELL, "margin"]], on=CELL)
    pairs["verdict"] = verdict_words(pairs["low"], pairs["high"], pairs["margin"], "not enough data")
    pairs["slowdown"] = math.nan
    columns = ["slowdown", *CELL, "ratio", "low", "high", "margin", "verdict"]
    known = against_baseline.dropna(subset=["low", "high"])
    return pd.concat([pairs[columns], known[columns]], ignore_index=True)


def _partners(frame: pd.DataFrame, copies: Sequence[Copy]) -> Mapping[str, str]:
    """First variant of each pair of identical copies → the second."""
    identical = [copy.name for copy in copies if copy.slowdown is None]
    pairs = zip(identical[::2], identical[1::2], strict=True)
    axes = frame.drop_duplicates("variant").groupby("implementation")["variant"].apply(list)
    return {mine: its for first, second in pairs for mine, its in zip(axes[first], axes[second], strict=True)}


def identical_pairs(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["slowdown"].isna()]


def called_different(frame: pd.DataFrame, beyond: float = 0.0) -> Share:
    """Those called faster or slower and apart by more than `beyond` (0.03 for 3 %)."""
    is_far = np.log(frame["ratio"]).abs() > math.log1p(beyond)
    return Share(int((frame["verdict"].isin(["faster", "slower"]) & is_far).sum()), len(frame))


def intervals_without_one(frame: pd.DataFrame) -> Share:
    """Those whose interval leaves out 1, whatever the margin: 5 % of identical copies should."""
    return Share(int(((frame["low"] > 1) | (frame["high"] < 1)).sum()), len(frame))


def detected(frame: pd.DataFrame, slowdown: float) -> Share:
    """The cells with this slowdown that were called slower."""
    slowed = frame[frame["slowdown"] == slowdown]
    return Share(int((slowed["verdict"] == "slower").sum()), len(slowed))


def bias(frame: pd.DataFrame, slowdown: float) -> tuple[float, float]:
    """Mean error of the estimated slowdown, as a fraction, and its standard error; NaN where there is none."""
    errors = _errors(frame[frame["slowdown"] == slowdown])
    if errors.empty:
        return math.nan, math.nan
    return float(errors.mean()), float(errors.std(ddof=1) / math.sqrt(len(errors)))


def detectable_slowdown(frame: pd.DataFrame) -> float:
    """The slowdown, as a fraction, at which 95 of 100 of these cells would have been called slower.

    A cell is called slower where its whole interval lies beyond the margin. With the half-width of its interval and
    the error of its estimate, that takes log(1 + slowdown) > margin + half-width − error.
    """
    half_width = np.log(frame["high"] / frame["low"]) / 2
    needed = np.log1p(frame["margin"]) + half_width - _errors(frame)
    return math.expm1(float(np.quantile(needed, POWER)))


def _errors(frame: pd.DataFrame) -> pd.Series[float]:
    """log(estimated slowdown / true slowdown): above 0 where a copy was found slower than it is."""
    errors: pd.Series[float] = -np.log(frame["ratio"]) - np.log1p(frame["slowdown"].fillna(0.0))
    return errors
