"""Margins, and the words that an interval of a ratio earns: faster, slower, same within x %, not enough data."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from paragone.plan import power

if TYPE_CHECKING:
    from paragone.store.run_folder import Run

POINT = ["problem", "dtype", "batch_size", "threads"]
SMALLEST_MARGIN = math.log1p(power.SMALLEST_MARGIN)
SAME = math.log(1.05)  # an interval that reaches further says nothing about sameness


def margins(frame: pd.DataFrame) -> pd.Series[float]:
    """Return m of every row, as 0.01 for 1 %: below it no difference is called one.

    The larger of 1 % and the farther end of the A/A interval, the baseline against its own second contender,
    at the row's own point of the grid (problem, dtype, batch size, threads): noise is not the same
    everywhere. Where a point has no A/A interval, the largest of its problem stands in; where that has
    none either, the margin is not known: NaN.
    """
    controls = frame[frame["control"]]
    reach = np.maximum(np.log(controls["ratio_low"]).abs(), np.log(controls["ratio_high"]).abs())
    at_point = reach.groupby([controls[key] for key in POINT]).max().rename("reach").reset_index()
    in_problem = frame["problem"].map(reach.groupby(controls["problem"]).max())
    found = frame[POINT].merge(at_point, on=POINT, how="left")["reach"].set_axis(frame.index)
    margin: pd.Series[float] = found.fillna(in_problem).clip(lower=SMALLEST_MARGIN)
    return margin.map(math.expm1)


def verdict_words(
    low: pd.Series[float], high: pd.Series[float], margin: pd.Series[float], unknown: str
) -> NDArray[Any]:
    """Return a word for every interval of a ratio from `low` to `high`; `unknown` where it or the margin is missing.

    `margin` is 0.01 for 1 %: below it no difference is called one.
    """
    low, high, beyond = low.map(math.log), high.map(math.log), margin.map(math.log1p)
    reach = log_reach(low, high)
    choices: list[Any] = [unknown, "faster", "slower", same_within(reach)]
    return np.select(
        [reach.isna() | beyond.isna(), low > beyond, high < -beyond, reach <= SAME], choices, "not enough data"
    )


def surely_slower(cells: pd.DataFrame, allowed: float) -> pd.DataFrame:
    """Return the cells that surely take longer by more than `allowed`, as 0.05 for 5 %.

    Surely: slower by the verdict, and with all of the interval; `ratio_high` is its end, of how many times faster.
    """
    return cells[cells["verdict"].eq("slower") & (cells["ratio_high"] < 1 / (1 + allowed))]


def unknown_verdict(run: Run) -> str:
    """Return what is said of a comparison without an interval."""
    return "no interval: one launch" if run.plan.launches == 1 else "not enough data"


def log_reach(low: pd.Series[float], high: pd.Series[float]) -> pd.Series[float]:
    """Return how far the farther end of an interval of log-ratios lies from 0."""
    reach: pd.Series[float] = low.abs().combine(high.abs(), max)
    return reach.where(low.notna() & high.notna())


def same_within(reach: pd.Series[float]) -> pd.Series[str]:
    """Return "same within x %" for every distance in logs."""
    return "same within " + whole_percent(reach) + " %"


def whole_percent(reach: pd.Series[float]) -> pd.Series[str]:
    """Return a distance in logs as whole per cent, rounded up; at least 1."""
    percent = pd.Series(np.ceil(100 * np.expm1(reach) - 1e-9), index=reach.index)
    return percent.clip(lower=1).fillna(0).astype("int64").astype(str)


def place_of_interval(limits: tuple[float, float], low: float, high: float) -> str:
    """Where an interval lies relative to claimed limits: inside, above, below, across; "" without an interval."""
    if math.isnan(low) or math.isnan(high):
        return ""
    if low > limits[1]:
        return "above"
    if high < limits[0]:
        return "below"
    return "inside" if limits[0] <= low and high <= limits[1] else "across"


def widened(ratio: float, low: float, high: float, margin: float) -> tuple[float, float]:
    """Return the interval, made to reach at least `margin` (0.01 for 1 %) to either side of the ratio.

    Below the margin the run calls no difference a difference: an interval of less would claim to know more.
    """
    if math.isnan(low) or math.isnan(margin):
        return math.nan, math.nan
    return min(low, ratio / (1 + margin)), max(high, ratio * (1 + margin))
