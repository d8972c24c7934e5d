"""Verdicts: margins from A/A, and the word for an interval: faster, slower, same within x %, not enough data."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from paragone.plan import power

if TYPE_CHECKING:
    from paragone.store.reader import Run

POINT = ["problem", "dtype", "size", "threads"]
SMALLEST_MARGIN = math.log1p(power.SMALLEST_MARGIN)
SAME = math.log(1.05)  # a wider interval is not called the same
ONE_LAUNCH = "no interval: one launch"
WITHIN_AA = "within A/A"  # one launch: the ratio itself lies within the margin


def run_margins(frame: pd.DataFrame, run: Run) -> pd.Series[float]:
    """The margin of every row, 0.01 for 1 %."""
    return margins_of_one_launch(frame) if run.plan.launches == 1 else margins(frame)


def margins(frame: pd.DataFrame) -> pd.Series[float]:
    """The margin of every row, 0.01 for 1 %: a smaller difference gets no verdict "faster" or "slower".

    max(1 %, farther end of the A/A interval) at the row's own point of the grid, because noise differs between points.
    A/A compares the baseline with a second contender of the same code. A point without an A/A interval takes the
    largest of its problem; without any, the margin is NaN.
    """
    controls = frame[frame["control"]]
    reach = np.maximum(np.log(controls["ratio_low"]).abs(), np.log(controls["ratio_high"]).abs())
    return _margins_by(POINT, frame, reach)


def margins_of_one_launch(frame: pd.DataFrame) -> pd.Series[float]:
    """The margin of every row where there are no intervals: max(1 %, the A/A ratio farthest from 1).

    Of those in the same problem with as many threads: the A/A of the row's own point would be a single draw, and near 1
    by luck now and then. A number of threads without A/A takes the largest of its problem; without any, it is NaN.
    """
    reach = np.log(frame.loc[frame["control"], "ratio_to_baseline"]).abs()
    return _margins_by(["problem", "threads"], frame, reach)


def _margins_by(keys: list[str], frame: pd.DataFrame, reach: pd.Series[float]) -> pd.Series[float]:
    """The margin of every row, by the largest reach (of A/A, a logarithm) with the same keys, else of its problem."""
    controls = frame.loc[reach.index]
    largest = reach.groupby([controls[key] for key in keys]).max().rename("reach").reset_index()
    in_problem = frame["problem"].map(reach.groupby(controls["problem"]).max())
    found = frame[keys].merge(largest, on=keys, how="left")["reach"].set_axis(frame.index)
    margin: pd.Series[float] = found.fillna(in_problem).astype(float).clip(lower=SMALLEST_MARGIN)
    return margin.map(math.expm1)


def verdict_words(
    low: pd.Series[float], high: pd.Series[float], margin: pd.Series[float], unknown: str
) -> NDArray[Any]:
    """One word per interval of ratios from `low` to `high`; `unknown` where the interval or the margin is NaN.

    *faster* and *slower*: wholly beyond the margin (0.01 for 1 %). *same within x %*: within 5 % on either side.
    """
    low, high, beyond = low.map(math.log), high.map(math.log), margin.map(math.log1p)
    reach = log_reach(low, high)
    choices: list[Any] = [unknown, "faster", "slower", same_within(reach)]
    return np.select(
        [reach.isna() | beyond.isna(), low > beyond, high < -beyond, reach <= SAME], choices, "not enough data"
    )


def surely_slower(cells: pd.DataFrame, allowed: float) -> pd.DataFrame:
    """The cells with the verdict slower whose whole interval is more than `allowed` slower (0.05 for 5 %)."""
    return cells[cells["verdict"].eq("slower") & (cells["ratio_high"] < 1 / (1 + allowed))]


def unknown_verdict(run: Run) -> str:
    """The verdict where there is no interval."""
    return ONE_LAUNCH if run.plan.launches == 1 else "not enough data"


def control_words(low: pd.Series[float], high: pd.Series[float]) -> NDArray[Any]:
    """One word per A/A interval, of logs from `low` to `high`."""
    reach = log_reach(low, high)
    differs = "A/A: differs, by at most " + whole_percent(reach) + " %"
    return np.where((low > 0) | (high < 0), differs, "A/A: " + same_within(reach))


def log_reach(low: pd.Series[float], high: pd.Series[float]) -> pd.Series[float]:
    """The distance from 0 of the farther end of an interval of log-ratios."""
    reach: pd.Series[float] = low.abs().combine(high.abs(), max)
    return reach.where(low.notna() & high.notna())


def same_within(reach: pd.Series[float]) -> pd.Series[str]:
    return "same within " + whole_percent(reach) + " %"


def whole_percent(reach: pd.Series[float]) -> pd.Series[str]:
    """A distance in logs as whole per cent, rounded up; at least 1."""
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
    """The interval, widened to at least `margin` (0.01 for 1 %) on either side of the ratio.

    A narrower interval would claim to resolve differences that the run's own A/A does not.
    """
    if math.isnan(low) or math.isnan(margin):
        return math.nan, math.nan
    return min(low, ratio / (1 + margin)), max(high, ratio * (1 + margin))
