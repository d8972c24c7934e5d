"""The samples of every launch, as the page of its cell draws them.

The page must stay small enough for a browser. Where a run has more samples than MOST_DRAWN, each launch gets an equal
share: every k-th of its samples in the order of the run, so that drifts stay visible, and the shortest and the longest.
Quantiles then stand for the distribution. They, like all that is computed, are of all samples.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from paragone.analyse.ratios import UNIT
from paragone.analyse.statuses import CELL, numbered

if TYPE_CHECKING:
    from paragone.store.reader import Run

MOST_DRAWN = 50_000  # samples on one page: about 1.2 MB
FEWEST_DRAWN = 20  # of a launch, however many there are
QUANTILES = 51  # of a launch that is not drawn whole

# A launch is a list of these values; the page gets the names as `launch_columns`.
LAUNCH_COLUMNS = (
    *("wave", "launch", "attempt", "n_steps"),  # n_steps: of every sample
    *("cold_ns", "warmup_ns"),  # lists: the time of each cold and warm-up sample
    *("elapsed_ns", "round", "position", "at_s"),  # lists, of the timed samples; at_s: seconds since the run began
    *(
        "n_timed",
        "quantiles",
    ),  # of timed samples their number; their times at equal shares, where not all are drawn
    "cpu_over_wall",  # of the timed samples
    *("step_seconds", "spread", "n_samples"),  # the median, its robust spread, of how many samples that count
    "enters",  # 1 where the launch has enough rounds for the intervals
    *("ratio", "n_pairs"),  # the median ratio to the baseline, of how many rounds with both
    "rejected",  # the reason why its samples do not count, else None
)
NUMBERS = ("elapsed_ns", "round", "position", "started_s", "cpu_ns")
DRAWN = {"elapsed_ns": "elapsed_ns", "round": "round", "position": "position", "at_s": "started_s"}

Whole = NDArray[np.integer[Any]]


def launch_samples(run: Run) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Return by cell and launch, in the order of the run, what LAUNCH_COLUMNS say of its samples."""
    if run.samples.empty:
        return {}
    columns, launches = _in_order(run.samples)
    numbers = {name: columns[name].fillna(0).astype(float).round().astype("int64").to_numpy() for name in NUMBERS}
    kinds, steps = columns["kind"].to_numpy(), columns["n_steps"].to_numpy()
    n_timed = int((kinds == "timed").sum())
    share = None if n_timed <= MOST_DRAWN else max(FEWEST_DRAWN, MOST_DRAWN // len(launches))
    found = {}
    for key, where in launches:
        of_launch = {name: values[where] for name, values in numbers.items()}
        found[key] = {"n_steps": int(steps[where][-1]), **_about(of_launch, kinds[where], share)}
    return found


def _in_order(samples: pd.DataFrame) -> tuple[pd.DataFrame, list[tuple[tuple[Any, ...], slice]]]:
    """Return the samples launch by launch, each in the order of the run, and for each launch its key and its place."""
    keys = [*CELL, *UNIT]
    ordered = samples[[*keys, *NUMBERS, "kind", "n_steps"]].sort_values(["started_s", "round"], kind="stable")
    launches, firsts = numbered(ordered, keys)
    names = ordered[keys].iloc[firsts].itertuples(index=False, name=None)
    ends = np.cumsum(np.bincount(launches)).tolist()
    places = map(slice, [0, *ends[:-1]], ends)
    return ordered.iloc[np.argsort(launches, kind="stable")], list(zip(names, places, strict=True))


def _about(numbers: dict[str, Whole], kinds: NDArray[Any], share: int | None) -> dict[str, Any]:
    """Return what LAUNCH_COLUMNS say of the samples of a launch, of which `share` may be drawn; None for all."""
    timed = {name: values[kinds == "timed"] for name, values in numbers.items()}
    times, wall = timed["elapsed_ns"], int(timed["elapsed_ns"].sum())
    drawn = slice(None) if share is None or len(times) <= share else chosen(times, share)
    return {
        **{f"{kind}_ns": numbers["elapsed_ns"][kinds == kind].tolist() for kind in ("cold", "warmup")},
        **{column: timed[name][drawn].tolist() for column, name in DRAWN.items()},
        "n_timed": len(times),
        "quantiles": None if isinstance(drawn, slice) else quantiles(times),
        "cpu_over_wall": significant(int(timed["cpu_ns"].sum()) / wall) if wall else None,
    }


def chosen(times: Whole, share: int) -> Whole:
    """Return the places of `share` samples, evenly spaced from the first to the last, and of both extremes."""
    evenly = np.linspace(0, len(times) - 1, share).round().astype("int64")
    return np.unique([*evenly, times.argmin(), times.argmax()])


def quantiles(times: Whole) -> list[int]:
    """Return the times at equal distances in their sorted order, from the shortest to the longest."""
    found: list[int] = np.sort(times)[np.linspace(0, len(times) - 1, QUANTILES).round().astype("int64")].tolist()
    return found


def number(value: Any) -> float:
    return math.nan if value is None or pd.isna(value) else float(value)


def significant(value: Any, digits: int = 6) -> float | None:
    """Return a number with that many significant digits; None for NaN and infinity."""
    found = number(value)
    return float(f"{found:.{digits}g}") if math.isfinite(found) else None
