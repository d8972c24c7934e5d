"""Where one variant overtakes another along batch size, and how sure that is: pure functions of frames.

Two verdicts of opposite kinds bracket a crossing: surely slower at one batch size, surely faster at a
later one; batch sizes between them at which neither is sure belong to the bracket. Within it a point
is estimated where that is valid: see `crossing_point`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from paragone.analyse.fastest import compared
from paragone.analyse.statuses import timed_samples
from paragone.analyse.summary import (
    CONFIDENCE,
    UNIT,
    baselines_of,
    cells_with_statuses,
    launch_ratios,
    speeds_over_launches,
)
from paragone.analyse.verdicts import unknown_verdict

if TYPE_CHECKING:
    from paragone.store.run_folder import Run

GRID = ["problem", "dtype", "threads"]
LEAST_LAUNCHES = 3
Estimate = tuple[float, float, float]
UNKNOWN: Estimate = (math.nan, math.nan, math.nan)
COLUMNS = [
    *(*GRID, "variant", "than", "among", "slower_at", "faster_at", "n_crossings"),
    *("before", "before_low", "before_high", "after", "after_low", "after_high"),
    *("estimate", "estimate_low", "estimate_high"),
]


def crossings(run: Run, frame: pd.DataFrame, led: pd.DataFrame) -> pd.DataFrame:
    """Return one row per crossing: `variant` is surely slower than `than` at `slower_at`, surely faster at `faster_at`.

    `frame` is the summary, `led` what `leaders` makes of it. Looked at are each leader with the next one
    along batch size (`among` is "leaders") and every other variant with the baseline ("baseline"),
    whichever overtakes. `before` and `after` are the ratios at the two batch sizes; `estimate` with its
    interval lies between them, NaN where the crossing is only bracketed. `n_crossings` counts those of the pair.
    """
    samples, cells = timed_samples(run), cells_with_statuses(run)
    verified = frame[(frame["status"] == "passed") & ~frame["control"]]
    found: list[dict[str, Any]] = []
    for among, rows, pairs in _looked_at(run, verified, led):
        involved = samples[samples["variant"].isin([*pairs, *pairs.values()])]
        per_launch = launch_ratios(involved, cells, pairs)
        lines = compared(rows, pairs, speeds_over_launches(per_launch), unknown_verdict(run))
        for _, line in lines.sort_values("batch_size").groupby([*GRID, "variant"], sort=False):
            found += _of_pair(line, per_launch, among)
    return pd.DataFrame(found, columns=COLUMNS).drop_duplicates([*GRID, "variant", "than", "slower_at"])


def _looked_at(
    run: Run, verified: pd.DataFrame, led: pd.DataFrame
) -> Iterator[tuple[str, pd.DataFrame, dict[str, str]]]:
    """Yield why pairs are looked at, in which cells, and who is compared with whom: the leaders first."""
    heads = led[led["verdict"] == "leader"].sort_values("batch_size")
    for _, line in heads.groupby(GRID, sort=False):
        changes = [pair for pair in itertools.pairwise(line["leader"]) if pair[0] != pair[1]]
        for one, other in {frozenset(pair): pair for pair in reversed(changes)}.values():
            yield "leaders", verified.merge(line[GRID].drop_duplicates(), on=GRID), {other: one}
    others = baselines_of(verified, run)
    yield "baseline", verified, {variant: than for variant, than in others.items() if variant != than}


def _of_pair(line: pd.DataFrame, per_launch: pd.DataFrame, among: str) -> list[dict[str, Any]]:
    """Return the crossings of one pair on one grid; `line` is its comparison, by batch size."""
    first = line.iloc[0]
    own = per_launch[per_launch["enters"] & (per_launch["variant"] == first["variant"])]
    own = own[(own["problem"] == first["problem"]) & (own["threads"] == first["threads"])]
    table = own.pivot_table(index=UNIT, columns="batch_size", values="log")
    ratios = line.set_index("batch_size")[["ratio", "ratio_low", "ratio_high"]]
    found = []
    crossed = brackets(line["batch_size"].tolist(), line["verdict"].tolist())
    for start, end in crossed:
        before, after = tuple(ratios.loc[start]), tuple(ratios.loc[end])
        who = (first["variant"], first["other"])
        if after[0] < 1:  # it is the other that overtakes
            who, before, after = who[::-1], _inverse(before), _inverse(after)
        estimate = _estimate(table, line["batch_size"].tolist(), start, end)
        values = [*(first[key] for key in GRID), *who, among, start, end, len(crossed), *before, *after, *estimate]
        found.append(dict(zip(COLUMNS, values, strict=True)))
    return found


def _inverse(interval: tuple[float, ...]) -> tuple[float, ...]:
    ratio, low, high = interval
    return 1 / ratio, 1 / high, 1 / low


def brackets(sizes: Sequence[int], verdicts: Sequence[str]) -> list[tuple[int, int]]:
    """Return the pairs of batch sizes, of increasing `sizes`, between which the sure verdicts change sides."""
    sure = [(size, verdict) for size, verdict in zip(sizes, verdicts, strict=True) if verdict in ("faster", "slower")]
    return [(one, other) for (one, was), (other, now) in itertools.pairwise(sure) if was != now]


def _estimate(table: pd.DataFrame, sizes: list[int], start: int, end: int) -> Estimate:
    """Return the crossing point by the launches that have all of the bracket and the sizes next to it."""
    first, last = sizes.index(start), sizes.index(end)
    if not {*sizes[first : last + 1]} <= {*table.columns}:
        return UNKNOWN
    near = table[[size for size in sizes[max(0, first - 1) : last + 2] if size in table.columns]].dropna()
    return crossing_point(near.columns.to_numpy(dtype=float), near.to_numpy(), start, end)


def crossing_point(sizes: NDArray[Any], logs: NDArray[Any], first: float, last: float) -> Estimate:
    """Return the batch size at which log-ratios change sign between `first` and `last`, with a 95 % interval.

    `logs` has a row per launch and a column per batch size of `sizes`. Each launch has a crossing of its
    own: where a cubic through the two points on either side of the change of sign is 0, both axes
    logarithmic (a parabola, where a side has only one). The point is their mean in log batch size, the
    interval Student's t over launches. That the curve is smooth is an assumption: the interval is
    widened, if need be, to hold where straight lines cross, and cut at the bracket. Three NaN where it
    is not valid: fewer than 3 launches, a launch that does not cross exactly once, or no batch size
    beside the two to show the bend.
    """
    x = np.log(sizes)
    inside = (sizes >= first) & (sizes <= last)
    own = [_launch_crossing(x, launch, inside) for launch in logs]
    known = [crossing for crossing in own if crossing is not None]
    if len(known) < max(LEAST_LAUNCHES, len(own)):
        return UNKNOWN
    curved, straight = np.array(known).T
    reach = stdtrit(len(curved) - 1, (1 + CONFIDENCE) / 2) * curved.std(ddof=1) / math.sqrt(len(curved))
    middle, line = float(curved.mean()), float(straight.mean())
    low, high = min(middle - reach, line), max(middle + reach, line)
    return math.exp(middle), max(math.exp(low), float(first)), min(math.exp(high), float(last))


def _launch_crossing(x: NDArray[Any], y: NDArray[Any], inside: NDArray[Any]) -> tuple[float, float] | None:
    """Return where a smooth curve and where a straight line through the points is 0; None unless exactly once."""
    changes = np.flatnonzero((y[:-1] * y[1:] < 0) & inside[:-1] & inside[1:])
    near = slice(max(0, changes[0] - 1), changes[0] + 3) if len(changes) == 1 else slice(0)
    if len(x[near]) < 3 or (y[inside] == 0).any():
        return None
    left, right = x[changes[0]], x[changes[0] + 1]
    roots = np.roots(np.polyfit(x[near] - left, y[near], len(x[near]) - 1)) + left
    within = [float(root.real) for root in roots if abs(root.imag) < 1e-9 and left <= root.real <= right]
    start, end = y[changes[0]], y[changes[0] + 1]
    return (within[0], float(left - start * (right - left) / (end - start))) if len(within) == 1 else None
