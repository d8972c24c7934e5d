"""The answer as a picture: how long a call of each takes, or, of several sizes, a line for each over the sizes."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from paragone.analyse.statuses import FAILED
from paragone.report.figures.figure import Sheet, figure_style, log_axis, size_axis, text_width
from paragone.report.figures.palette import COLOURS, GRID, INK, NOISE, SOFT_INK
from paragone.report.text import formatting
from paragone.report.text.rows import each_row

WIDTH, ROW_HEIGHT, MOST_LABEL = 7.0, 0.3, 2.2  # inches
HOW = "bars: 95 % intervals over launches; grey: what identical code differs by here"


def chart(frame: pd.DataFrame, has_sizes: bool) -> Figure:
    """Draw what was timed."""
    shown = frame[~frame["control"] & ~frame["status"].isin(FAILED) & frame["seconds"].notna()]
    with figure_style():
        return _over_sizes(shown) if has_sizes else _one_size(shown)


def _label(name: str) -> str:
    return formatting.one_line(name)[:40]


def _one_size(frame: pd.DataFrame) -> Figure:
    """A row for each callable: its time relative to the first's."""
    rows = list(each_row(frame))
    sheet = Sheet(WIDTH, ROW_HEIGHT * len(rows) + 0.6, "Time of a call, relative to the first", [HOW])
    left = min(MOST_LABEL, max((text_width(_label(row.name), 9) for row in rows), default=0.0)) + 0.3
    axes = sheet.axes(left, 0.1, WIDTH - left - 1.2, ROW_HEIGHT * max(1, len(rows)))
    margins = frame["margin"].dropna()
    if len(margins):
        axes.axvspan(1 / (1 + margins.max()), 1 + margins.max(), color=NOISE, zorder=0)
    axes.axvline(1, color=SOFT_INK, linewidth=0.8, zorder=1)
    for place, row in enumerate(rows):
        ratio, low, high = _relative(row)
        if math.isfinite(low):
            axes.plot([low, high], [place, place], color=INK, linewidth=1.6)
        axes.plot([ratio], [place], "o", color=COLOURS["numpy"], markersize=6)
        axes.annotate(formatting.seconds(row.seconds), (1.02, place), xycoords=("axes fraction", "data"), va="center")
    axes.set_yticks(range(len(rows)), [_label(row.name) for row in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda ratio, _: f"{ratio:g}×"))
    axes.grid(axis="x", color=GRID, linewidth=0.7)
    return sheet.figure


def _relative(row: Any) -> tuple[float, float, float]:
    return (
        (1.0, math.nan, math.nan) if math.isnan(row.speed) else (1 / row.speed, 1 / row.speed_high, 1 / row.speed_low)
    )


def _over_sizes(frame: pd.DataFrame) -> Figure:
    """A line for each callable: the seconds of a call over the sizes, both logarithmic."""
    sheet = Sheet(WIDTH, 3.4, "Time of a call", ["bars: 95 % intervals over launches"])
    axes = sheet.axes(0.75, 0.1, WIDTH - 2.4, 2.7)
    hues = list(COLOURS.values())
    for number, (name, rows) in enumerate(frame.groupby("name", sort=False)):
        _line(axes, _label(str(name)), rows.sort_values("size"), hues[number % len(hues)])
    if len(frame):
        size_axis(axes, [int(size) for size in frame["size"]], "size")
        axes.set_yscale("log")
        low, high = frame["seconds"].min() / 1.5, frame["seconds"].max() * 1.5
        axes.set_ylim(low, high)
        log_axis(axes.yaxis, low, high, formatting.seconds)
        axes.grid(axis="y", color=GRID, linewidth=0.7)
    return sheet.figure


def _line(axes: Axes, label: str, rows: pd.DataFrame, colour: str) -> None:
    axes.plot(rows["size"], rows["seconds"], "o-", color=colour, markersize=4, linewidth=1.4)
    axes.vlines(rows["size"], rows["seconds_low"], rows["seconds_high"], color=colour, linewidth=1.4)
    end = rows.iloc[-1]
    axes.annotate(label, (end["size"], end["seconds"]), xytext=(8, 0), textcoords="offset points", color=colour)
