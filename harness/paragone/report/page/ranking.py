"""The first screen of the page: at each point of the grid a ranking as dots with intervals, and its sentences."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
from markupsafe import Markup

from paragone.analyse.verdicts import POINT
from paragone.report.figures import palette
from paragone.report.page.markdown_html import as_html, as_inline_html
from paragone.report.page.payload import in_both_themes
from paragone.report.text import formatting, markdown
from paragone.report.text.answer import is_busy
from paragone.report.text.ranking import fastest, front, legend, ratio_to_baseline, ways
from paragone.report.text.rows import each_row, first_row, short_names, shown_rows

if TYPE_CHECKING:
    from paragone.analyse.results import Results
    from paragone.task.problem import Words

MOST_TICKS = 7
LEAST_GAP = 12  # per cent of the axis between two ticks
LINE_STEPS = [digit * 10**power for power in range(8) for digit in (1, 2, 5)]  # between ticks for lines of maths
ROOM = 0.03  # of the axis, left free at both ends
SPEED = ["work_per_second", "work_per_second_low", "work_per_second_high"]


class Axis:
    """A logarithmic axis that holds all these numbers; a place on it is in per cent of its length."""

    def __init__(self, numbers: Sequence[float]) -> None:
        known = [math.log10(number) for number in numbers if number > 0] or [0.0]
        room = max(0.05, ROOM * (max(known) - min(known)))
        self.low, self.high = min(known) - room, max(known) + room

    def at(self, number: float) -> str:
        return f"{100 * (math.log10(number) - self.low) / (self.high - self.low):.2f}"

    def ticks(self) -> list[tuple[str, str]]:
        """Return place and text of the ticks: powers of ten, and as many numbers between them as have room."""
        decades = range(math.floor(self.low), math.ceil(self.high) + 1)
        for steps in ((1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8), (1, 1.5, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,)):
            numbers = [step * 10.0**power for power in decades for step in steps]
            ticks = [(self.at(number), formatting.tick(number)) for number in numbers]
            if all(float(after) - float(at) >= LEAST_GAP for (at, _), (after, _) in itertools.pairwise(ticks)):
                break
        return [(at, text) for at, text in ticks if 0 <= float(at) <= 100]


def rankings(results: Results) -> list[dict[str, Any]]:
    """Return what the template needs of each point with a time; the first one shown is marked `is_first`.

    It is of the problem and threads that were measured first, at the largest size, in the first dtype by name.
    """
    frame = results.ranking
    named = frame.assign(name=short_names(results.summary)[frame.index])
    timed = named[named.groupby(POINT)["work_per_second"].transform("count") > 0]
    if timed.empty:
        return []
    measured = shown_rows(results.summary)
    place = first_row(measured[measured["work_per_second"].notna()])
    own = timed[(timed["problem"] == place.problem) & (timed["threads"] == place.threads)]
    first = (place.problem, own["dtype"].min(), own["size"].max(), place.threads)
    told = _only_drawn if is_busy(results) else _told
    found = []
    for point, cells in timed.groupby(POINT, sort=False):
        spoken = results.run.plan.words_of(str(point[0]))
        found.append({**_ranking(cells, spoken), **told(cells, spoken), "is_first": point == first})
    return found


def _told(cells: pd.DataFrame, spoken: Words) -> dict[str, Markup]:
    """Return the sentences beside a chart, as HTML."""
    return {
        "summary": _line(" ".join([fastest(cells, spoken), *legend(cells, spoken)])),
        "ways": Markup(as_html(markdown.bullets(ways(cells)))),
        "front": _line(front(cells)),
    }


def _only_drawn(cells: pd.DataFrame, spoken: Words) -> dict[str, Markup]:
    """Return the sentences of a run that was too much disturbed to call anything the fastest."""
    return {"summary": _line(" ".join(legend(cells, spoken))), "ways": Markup(), "front": Markup()}


def _ranking(cells: pd.DataFrame, spoken: Words) -> dict[str, Any]:
    limits = cells["limit_work_per_second"].dropna().unique().tolist()
    base = next(each_row(cells[(cells["verdict"] == "baseline") & cells["margin"].notna()]), None)
    band = [base.work_per_second / (1 + base.margin), base.work_per_second * (1 + base.margin)] if base else []
    axis = Axis([*cells[SPEED].to_numpy().ravel(), *limits, *band])
    step = next(step for step in LINE_STEPS if cells["maths_lines"].max() < MOST_TICKS * step)
    most_lines = MOST_TICKS * step
    point = first_row(cells)
    return {
        "point": {name: str(getattr(point, name)) for name in POINT},
        "unit": spoken.rate,
        "ticks": axis.ticks(),
        "line_ticks": [(100 * lines / most_lines, lines) for lines in range(0, most_lines, step)],
        "limit": axis.at(limits[0]) if limits else "",
        "band": [axis.at(end) for end in band],
        "rows": [
            {**_row(row, axis, spoken), "index": index, "across": f"{100 * row.maths_lines / most_lines:.2f}"}
            for index, row in zip(cells.index, each_row(cells), strict=True)
        ],
    }


def _row(row: Any, axis: Axis, spoken: Words) -> dict[str, Any]:
    is_timed = row.work_per_second > 0
    low, high = row.work_per_second_low, row.work_per_second_high
    return {
        "name": row.name,
        "colours": in_both_themes(palette.colour(row.implementation, row.layout, row.language)),
        "at": axis.at(row.work_per_second) if is_timed else "",
        "ends": [axis.at(low), axis.at(high)] if is_timed and low > 0 else [],
        "speed": formatting.rate_of(row.work_per_second, spoken.rate) if is_timed else row.status,
        "interval": formatting.rate_interval(low, high, row.work_per_second) if is_timed else "",
        "ratio": ratio_to_baseline(row),
        "lines": row.maths_lines,
        "on_front": row.on_front,
    }


def _line(text: str) -> Markup:
    return Markup(as_inline_html(text))
