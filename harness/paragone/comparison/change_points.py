"""Where the speed of a cell changed between runs, and stayed changed.

A run gives a cell one number, the log of its ratio to the run's own baseline. Two steps, as in Hunter (Fleming and
others, ICPE 2023): first the places where a level may have changed, rather too many; then the least certain of them is
dropped and the rest looked at again, until each is certain.

    candidates   the partition with the least  Σ w·(x − level)²/σ² + 2·log(n)·(number of changes)     `_partition`
    w            1; less for a run whose own interval is wider than that of most                     `_trust`
    p            of t = step / √(s²·(1/W_before + 1/W_after)), with s² of all runs around their levels, times the
                 number of places where a change could lie                                           `_tested`
    certain      p is at most 1 % and the interval of the step lies beyond the margins of the runs before and after;
                 or p is at most 0.1 %, and it lies beyond 1 %: one of these runs alone would not have told such a step
                 from noise, and it is no verdict                                                    `_is_certain`
    stays        most runs on either side, two at least, lie nearer to their own level than to the other: one run far
                 out is no level                                                                     `_stays`

docs/history.md says why, and how often it is wrong.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from paragone.analyse.intervals import CONFIDENCE
from paragone.analyse.verdicts import SMALLEST_MARGIN
from paragone.comparison.uncertainty import SMALLEST_VARIANCE, two_sided

Floats = NDArray[np.float64]

LEAST_RUNS = 2  # on either side of a change: what one run alone shows may be that run's
CHANCE = 0.01  # the largest p of a change beyond the margins
CHANCE_OF_SMALL = 0.001  # and of one that is not


@dataclass(frozen=True)
class Series:
    """The runs of a cell, oldest first: log-ratios to the baseline, half-widths of intervals, margins; all logs."""

    logs: Floats
    reaches: Floats
    margins: Floats


@dataclass(frozen=True)
class Change:
    """A step from run `at` − 1 to run `at`, in logs, with its 95 % interval, its p and the margin that it exceeds.

    It is the difference of the levels from run `begin` to the change, and from there to run `end`, which is excluded.
    """

    begin: int
    at: int
    end: int
    step: float
    low: float
    high: float
    p: float
    margin: float
    stays: bool

    @property
    def is_beyond_noise(self) -> bool:
        """The whole interval lies beyond the margin."""
        return self.is_beyond(self.margin)

    def is_beyond(self, margin: float) -> bool:
        return self.low > margin or self.high < -margin


def change_points(series: Series, largest_p: float = CHANCE) -> list[Change]:
    """The changes of a series whose p is no larger, oldest first; none in a series that is too short."""
    trust = _trust(series.reaches)
    places = _partition(series.logs, trust) if len(series.logs) >= 2 * LEAST_RUNS else []
    while places:
        found = _tested(series, trust, places)
        doubtful = [change for change in found if not _is_certain(change, largest_p)]
        if not doubtful:
            return found
        places.remove(max(doubtful, key=lambda change: (change.p, -abs(change.step))).at)
    return []


def _is_certain(change: Change, largest_p: float) -> bool:
    if not change.stays:
        return False
    if change.is_beyond_noise:
        return change.p <= largest_p
    return change.p <= min(largest_p, CHANCE_OF_SMALL) and change.is_beyond(SMALLEST_MARGIN)


def levels(series: Series, changes: Sequence[Change]) -> Floats:
    """The level of each run, in logs: the mean of the runs between two changes."""
    trust, bounds = _trust(series.reaches), [0, *(change.at for change in changes), len(series.logs)]
    means = [_mean(series.logs[begin:end], trust[begin:end]) for begin, end in itertools.pairwise(bounds)]
    return np.repeat(np.array(means, dtype=float), np.diff(bounds))


def _trust(reaches: Floats) -> Floats:
    """One for a run whose interval is as narrow as that of most, else (median / its own)².

    Five launches know their own scatter within a factor of two: a run that looks better than most gets no more.
    """
    typical = float(np.median(reaches)) if len(reaches) else 1.0
    narrowest = max(typical, math.sqrt(SMALLEST_VARIANCE))
    trust: Floats = (narrowest / np.maximum(reaches, narrowest)) ** 2
    return trust


def _mean(logs: Floats, trust: Floats) -> float:
    return float((trust * logs).sum() / trust.sum())


def _partition(logs: Floats, trust: Floats) -> list[int]:
    """The first run after each candidate, by dynamic programming (Jackson and others, 2005; ASV does likewise).

    σ is from the median distance of neighbours, which a few steps do not change.
    """
    n = len(logs)
    scatter = float(np.median(np.abs(np.diff(logs)))) / (0.6745 * math.sqrt(2))
    variance, penalty = max(scatter**2, SMALLEST_VARIANCE), 2 * math.log(n)
    sums = [np.concatenate([[0.0], np.cumsum(trust * logs**power)]) for power in range(3)]
    best, last = np.full(n + 1, np.inf), np.zeros(n + 1, dtype=int)
    best[0] = -penalty
    for end in range(LEAST_RUNS, n + 1):
        begins = np.arange(end - LEAST_RUNS + 1)
        w, wx, wxx = (total[end] - total[begins] for total in sums)
        costs = best[begins] + (wxx - wx**2 / w) / variance + penalty
        last[end] = int(np.argmin(costs))
        best[end] = costs[last[end]]
    places, end = [], n
    while (end := int(last[end])) > 0:
        places.append(end)
    return places[::-1]


class _Level(NamedTuple):
    """The runs between two candidates: their logs, how far they are trusted, their mean, and their margin."""

    begin: int
    end: int
    logs: Floats
    trust: float  # its sum over the runs
    mean: float  # by trust
    squares: float  # around the mean, by trust
    margin: float


def _level(series: Series, trust: Floats, begin: int, end: int) -> _Level:
    logs, w = series.logs[begin:end], trust[begin:end]
    mean, margin = _mean(logs, w), float(np.median(series.margins[begin:end]))
    return _Level(begin, end, logs, float(w.sum()), mean, float((w * (logs - mean) ** 2).sum()), margin)


def _tested(series: Series, trust: Floats, places: Sequence[int]) -> list[Change]:
    """A step at each place, beside its neighbours at the others."""
    n = len(series.logs)
    parts = [_level(series, trust, *ends) for ends in itertools.pairwise([0, *places, n])]
    freedom, n_places = n - len(parts), n - 2 * LEAST_RUNS + 1
    variance = max(sum(part.squares for part in parts) / freedom, SMALLEST_VARIANCE)
    return [_step(before, after, variance, freedom, n_places) for before, after in itertools.pairwise(parts)]


def _step(before: _Level, after: _Level, variance: float, freedom: int, n_places: int) -> Change:
    step, error = after.mean - before.mean, math.sqrt(variance * (1 / before.trust + 1 / after.trust))
    reach = float(stdtrit(freedom, (1 + CONFIDENCE) / 2)) * error
    return Change(
        begin=before.begin,
        at=after.begin,
        end=after.end,
        step=step,
        low=step - reach,
        high=step + reach,
        p=min(1.0, n_places * float(two_sided(np.array(step / error), np.array(float(freedom))))),
        margin=max(before.margin, after.margin),
        stays=_stays(before, after) and _stays(after, before),
    )


def _stays(own: _Level, other: _Level) -> bool:
    nearer = int((np.abs(own.logs - own.mean) < np.abs(own.logs - other.mean)).sum())
    return nearer >= LEAST_RUNS and 2 * nearer > len(own.logs)
