"""The cost of the cold first call: a row for each variant, a dot for each size."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from paragone.report.figures import palette
from paragone.report.figures.drawing import Drawing
from paragone.report.figures.figure import Sheet, log_axis, text_width
from paragone.report.text import formatting
from paragone.report.text.rows import short_names
from paragone.task.problem import Words

ROW, WIDTH, GAP = 0.24, 3.1, 0.35
EXPLANATION = (
    "Time of a process's first call at a {one_size}, compilation included, over the time of the same steps later."
)
FIRST_SIZE = (
    "A process goes from the smallest size to the largest: what a language compiles for all of them is compiled in the "
    "first call of the smallest."
)


def draw(cells: pd.DataFrame, name: str, spoken: Words) -> Drawing | None:
    """Draw the cold ratios of one problem and thread count, a panel for each dtype; None where there is no value."""
    shown = cells[~cells["control"] & cells["cold_ratio"].notna()]
    if shown.empty:
        return None
    shown = shown.assign(label=short_names(cells).loc[shown.index])
    dtypes, sizes = sorted(shown["dtype"].unique()), sorted(shown["size"].unique())
    rows = list(shown.groupby("label")["cold_ratio"].median().sort_values(kind="stable").index)
    left = 0.3 + max(text_width(label, 8.5) for label in rows)
    width = max(6.4, left + len(dtypes) * (WIDTH + GAP))
    height = len(rows) * ROW
    problem, threads = cells["problem"].iloc[0], int(cells["threads"].iloc[0])
    title = f"{problem}: the first call against the steady ones, {formatting.plural(threads, 'thread')}"
    sheet = Sheet(width, height + 1.4, title, [EXPLANATION.format(one_size=spoken.one_size)])
    _legend(sheet, sizes, left, spoken.size)
    values = shown["cold_ratio"]
    for number, dtype in enumerate(dtypes):
        axes = sheet.axes(left + number * (WIDTH + GAP), 0.72, WIDTH, height)
        _dots(axes, shown[shown["dtype"] == dtype], rows, sizes)
        _value_axis(axes, float(values.min()), float(values.max()))
        axes.set_title(dtype, loc="left", size=9, color=palette.SOFT_INK)
        axes.set_yticks(np.arange(len(rows)), rows if number == 0 else [])
    caption = "The cold first call, as a multiple of the same steps' steady time"
    return sheet.drawing(name, f"{caption}, {problem}, {formatting.plural(threads, 'thread')}. {FIRST_SIZE}")


def _shades(sizes: Sequence[int]) -> dict[int, tuple[float, ...]]:
    """Return a colour for each size, from dark for the smallest to light for the largest."""
    places = np.linspace(0.05, 0.88, len(sizes))
    return {size: matplotlib.colormaps["viridis"](place) for size, place in zip(sizes, places, strict=True)}


def _dots(axes: Axes, cells: pd.DataFrame, rows: Sequence[str], sizes: Sequence[int]) -> None:
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.hlines(np.arange(len(rows)), 0, 1, transform=axes.get_yaxis_transform(), color=palette.GRID, linewidth=0.7)
    axes.axvline(1, color=palette.SOFT_INK, linewidth=0.8)
    shades = _shades(sizes)
    # The largest size first: where dots coincide, the smallest one is also the smallest dot and lies on top.
    for place, size in reversed(list(enumerate(sizes))):
        at_size = cells[cells["size"] == size]
        y = [rows.index(label) for label in at_size["label"]]
        area = 16 + 30 * place / max(1, len(sizes) - 1)
        axes.scatter(
            at_size["cold_ratio"],
            y,
            s=area,
            color=shades[size],
            edgecolor="white",
            linewidth=0.5,
            zorder=3,
            clip_on=False,
        )
    axes.tick_params(axis="y", labelsize=8.5, labelcolor=palette.INK, length=0)


def _value_axis(axes: Axes, low: float, high: float) -> None:
    axes.set_xscale("log")
    low, high = min(low, 1) / 1.15, max(high, 1) * 1.15
    axes.set_xlim(low, high)
    log_axis(axes.xaxis, low, high, lambda value: f"{value:g}")
    axes.set_xlabel("times the steady time")


def _legend(sheet: Sheet, sizes: Sequence[int], left: float, heading: str) -> None:
    """Write the sizes in their colours above the panels."""
    x, y = left, sheet.top + 0.16
    sheet.text(x, y, heading, size=8, color=palette.SOFT_INK)
    x += text_width(heading, 8) + 0.2
    for size, shade in _shades(sizes).items():
        text = formatting.size(size)
        sheet.text(x, y, "●", size=8, color=shade)
        sheet.text(x + 0.13, y, text, size=8, color=palette.INK)
        x += 0.13 + text_width(text, 8) + 0.2
