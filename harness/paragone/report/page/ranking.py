"""The first screen of the page: at each point of the grid a ranking as dots with intervals, and its sentences."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
from markupsafe import Markup

from paragone.analyse.verdicts import POINT
from paragone.report.figures import palette
from paragone.report.page.axis import ByteAxis, LineAxis, LogAxis
from paragone.report.page.markdown_html import as_html, as_inline_html
from paragone.report.page.payload import in_both_themes
from paragone.report.page.scatter import Dot, scatter
from paragone.report.text import formatting, markdown
from paragone.report.text.answer import is_busy
from paragone.report.text.ranking import fastest, front, legend, needs_front, ratio_to_baseline, ways, what_it_needs
from paragone.report.text.rows import each_row, first_row, short_names, shown_rows

if TYPE_CHECKING:
    from paragone.analyse.results import Results
    from paragone.task.problem import Words

SPEED = ["work_per_second", "work_per_second_low", "work_per_second_high"]


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


def _told(cells: pd.DataFrame, spoken: Words) -> dict[str, Any]:
    """Return the sentences beside a chart, as HTML."""
    return {
        "summary": _line(fastest(cells, spoken)),
        "ways": Markup(as_html(markdown.bullets(ways(cells)))),
        "fronts": [_line(front(cells)), _line(needs_front(cells))],
    }


def _only_drawn(cells: pd.DataFrame, spoken: Words) -> dict[str, Any]:
    """Return the sentences of a run that was too much disturbed to call anything the fastest."""
    return {"summary": Markup(), "ways": Markup(), "fronts": []}


def _ranking(cells: pd.DataFrame, spoken: Words) -> dict[str, Any]:
    limits = cells["limit_work_per_second"].dropna().unique().tolist()
    base = next(each_row(cells[(cells["verdict"] == "baseline") & cells["margin"].notna()]), None)
    band = [base.work_per_second / (1 + base.margin), base.work_per_second * (1 + base.margin)] if base else []
    axis = LogAxis([*cells[SPEED].to_numpy().ravel(), *limits, *band])
    point = first_row(cells)
    rows = [
        {**_row(row, axis, spoken), "index": index} for index, row in zip(cells.index, each_row(cells), strict=True)
    ]
    return {
        "point": {name: str(getattr(point, name)) for name in POINT},
        "unit": spoken.rate,
        "legend": _line(" ".join(legend(cells, spoken))),
        "ticks": axis.ticks(),
        "limit": axis.at(limits[0]) if limits else "",
        "band": [axis.at(end) for end in band],
        "rows": rows,
        "tells_needs": any(row["needs"] for row in rows),
        "scatters": _scatters(cells, rows),
    }


def _scatters(cells: pd.DataFrame, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the charts of speed over lines of maths and over the packages needed; only the first in an old run."""
    timed = [(row, cell) for row, cell in zip(rows, each_row(cells), strict=True) if row["at"]]
    lines = [
        Dot(row["name"], cell.maths_lines, row["at"], row["colours"], f"{row['lines']} lines", cell.on_front)
        for row, cell in timed
    ]
    known = [(row, cell, cell.needs) for row, cell in timed if cell.needs and math.isfinite(cell.needs.n_bytes)]
    needs = [
        Dot(row["name"], need.n_bytes, row["at"], row["colours"], row["needs"], cell.on_needs_front, bool(need.tool))
        for row, cell, need in known
    ]
    charts = [{**scatter(lines, LineAxis(int(cells["maths_lines"].max()))), "across": "lines of maths"}]
    if needs:
        across = "GB of packages beside NumPy; rings: with a compiler or another language"
        charts.append({**scatter(needs, ByteAxis([dot.takes for dot in needs])), "across": across})
    return charts


def _row(row: Any, axis: LogAxis, spoken: Words) -> dict[str, Any]:
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
        "needs": what_it_needs(row.needs),
    }


def _line(text: str) -> Markup:
    return Markup(as_inline_html(text))
