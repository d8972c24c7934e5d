"""The chart of a cell over time: an SVG of a few paths, however many runs there are."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from paragone.comparison.change_points import levels
from paragone.report.text import formatting

if TYPE_CHECKING:
    from paragone.comparison.history import Track

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 340, 124, 44, 6, 12, 8  # in units of the drawing
LEAST_RANGE = math.log(1.06)  # of the axis: two runs that agree must not look like two that do not


class Scale(NamedTuple):
    """From the number of a run, and from a log-ratio, to a place in the drawing."""

    n_runs: int
    low: float
    high: float

    def x(self, place: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (place + 0.5) / self.n_runs

    def y(self, log: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (self.high - log) / (self.high - self.low)


def chart(track: Track, n_runs: int) -> dict[str, Any]:
    """Return the paths and labels of a chart. Every chart of a history has the same axis of runs."""
    series = track.series
    level = levels(series, track.changes)
    ends = np.concatenate([series.logs - series.reaches, series.logs + series.reaches])
    scale = _scale(n_runs, float(ends.min()), float(ends.max()))
    places, half, spacing = track.places, 0.5, (WIDTH - LEFT - RIGHT) / n_runs
    rows = list(zip(places, series.logs, series.reaches, series.margins, level, strict=True))
    return {
        "size": (WIDTH, HEIGHT),
        "band": _path(
            f"M{scale.x(place - half):.1f} {_inside(scale, at + margin)}H{scale.x(place + half):.1f}"
            f"V{_inside(scale, at - margin)}H{scale.x(place - half):.1f}Z"
            for place, _, _, margin, at in rows
        ),
        "intervals": _path(
            f"M{scale.x(place):.1f} {scale.y(log - reach):.1f}V{scale.y(log + reach):.1f}"
            for place, log, reach, *_ in rows
        ),
        "points": _path(f"M{scale.x(place):.1f} {scale.y(log):.1f}h0" for place, log, *_ in rows),
        "levels": _levels(track, level, scale),
        "marks": [_mark(track, number, scale) for number in range(len(track.changes))],
        "ticks": [(f"{scale.y(log):.1f}", formatting.ratio(math.exp(log))) for log in _ticks(scale)],
        # So that hundreds of runs stay points and do not grow into one area.
        "thin": f"{min(0.9, 0.3 * spacing):.2f}",
        "thick": f"{min(3.4, max(1.7, 1.2 * spacing)):.2f}",
        "left": LEFT,
        "right": WIDTH - RIGHT,
    }


def _scale(n_runs: int, low: float, high: float) -> Scale:
    room = max(0.0, LEAST_RANGE - (high - low)) / 2 + 0.04 * (high - low)
    return Scale(n_runs, low - room, high + room)


def _ticks(scale: Scale) -> list[float]:
    """The logs of the two labels, a little inside; a third at 1, where there is room between them."""
    span = scale.high - scale.low
    ends = [scale.low + 0.1 * span, scale.high - 0.06 * span]
    return [*ends, 0.0] if ends[0] + 0.2 * span < 0 < ends[1] - 0.2 * span else ends


def _inside(scale: Scale, log: float) -> str:
    return f"{scale.y(min(max(log, scale.low), scale.high)):.1f}"


def _path(parts: Iterable[str]) -> str:
    return "".join(parts)


def _levels(track: Track, level: Any, scale: Scale) -> str:
    bounds = [0, *(change.at for change in track.changes), len(track.places)]
    return _path(
        f"M{scale.x(track.places[begin] - 0.4):.1f} {scale.y(level[begin]):.1f}"
        f"H{scale.x(track.places[end - 1] + 0.4):.1f}"
        for begin, end in itertools.pairwise(bounds)
    )


def _mark(track: Track, number: int, scale: Scale) -> dict[str, Any]:
    """A line between the two runs of a change, and a triangle that points up where the cell got faster."""
    change = track.changes[number]
    x = (scale.x(track.places[change.at - 1]) + scale.x(track.places[change.at])) / 2
    up = change.step > 0
    tip, base = (2, TOP - 2) if up else (TOP - 2, 2)
    return {
        "line": f"M{x:.1f} {TOP}V{HEIGHT - BOTTOM}",
        "triangle": f"M{x - 5:.1f} {base}H{x + 5:.1f}L{x:.1f} {tip}Z",
        "kind": ("faster" if up else "slower") if change.is_beyond_noise else "within",
    }
