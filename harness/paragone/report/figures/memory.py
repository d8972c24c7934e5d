"""Peak memory above the loaded state, over size."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from paragone.report.figures import palette
from paragone.report.figures.drawing import Drawing
from paragone.report.figures.figure import LEFT, Sheet, log_axis, size_axis, text_width
from paragone.report.figures.labels import LineEnd, label_lines, panel_room
from paragone.report.figures.line_chart import LEAST_HEIGHT, PANEL_WIDTH
from paragone.report.figures.lines import not_drawn
from paragone.report.text import formatting
from paragone.report.text.memory import RESOLVED_MB
from paragone.report.text.rows import first_row, short_names
from paragone.task.problem import Problem, Words


def draw(cells: pd.DataFrame, name: str, of: Problem) -> Drawing | None:
    """Draw peak memory above the loaded state over size, a panel for each dtype; None where nothing is known.

    `cells` are the rows of the summary for one thread count of the problem `of`.
    """
    cells = cells.assign(label=short_names(cells))
    timed = cells[~cells["control"] & cells["work_per_second"].notna()]
    shown = cells[~cells["control"] & cells["memory_above_loaded_mb"].notna()]
    if shown.empty:
        return None
    dtypes = sorted(shown["dtype"].unique())
    most = 1 + int(shown.groupby("dtype")["variant"].nunique().max())
    labels = [of.words.moved, *shown["label"]]
    gutter, height = panel_room(labels, most, LEAST_HEIGHT)
    problem, threads = cells["problem"].iloc[0], int(cells["threads"].iloc[0])
    title = f"{problem}: peak memory above the loaded state, {formatting.plural(threads, 'thread')}"
    width = max(LEFT + len(dtypes) * (PANEL_WIDTH + gutter) + 0.1, 0.3 + text_width(title, 12.5, "bold"))
    sheet = Sheet(width, height + 0.95, title, [*_subtitle(shown, of.words), *not_drawn(timed, shown)])
    largest = int(shown["size"].max())
    moved_mb = max(of.bytes_per_step(largest, dtype) for dtype in dtypes) / 1e6
    high = max(shown["memory_above_loaded_mb"].max(), moved_mb) * 1.5
    for number, dtype in enumerate(dtypes):
        axes = sheet.axes(LEFT + number * (PANEL_WIDTH + gutter), 0.3, PANEL_WIDTH, height)
        _memory_axis(axes, high, labelled=number == 0)
        size_axis(axes, sorted(shown["size"].unique()), of.words.size)
        axes.set_title(f"{dtype} · MB (10⁶ bytes)", loc="left", size=9, color=palette.SOFT_INK)
        ends = [_draw_moved(axes, of, largest, dtype)]
        ends += [_draw_line(axes, line) for _, line in shown[shown["dtype"] == dtype].groupby("variant", sort=True)]
        label_lines(axes, ends, height)
    caption = f"Peak memory above the loaded state over {of.words.size}, {problem}"
    return sheet.drawing(name, f"{caption}, {formatting.plural(threads, 'thread')}.")


def _memory_axis(axes: Axes, high: float, labelled: bool) -> None:
    axes.set_yscale("log")
    axes.set_ylim(RESOLVED_MB / 1.25, high)
    log_axis(axes.yaxis, RESOLVED_MB / 1.25, high, lambda value: f"{value:g}")
    axes.yaxis.set_minor_locator(NullLocator())
    axes.tick_params(axis="y", labelleft=labelled)
    axes.grid(axis="y", color=palette.GRID, linewidth=0.7)
    axes.set_axisbelow(True)


def _draw_moved(axes: Axes, of: Problem, largest: int, dtype: str) -> LineEnd:
    """Draw what a step moves, as a broad line."""
    sizes = np.unique(np.geomspace(max(1.0, axes.get_xlim()[0]), largest, 20).round().astype(int))
    moved_mb = [of.bytes_per_step(int(size), dtype) / 1e6 for size in sizes]
    axes.plot(sizes, moved_mb, color=palette.SOFT_INK, linewidth=5, alpha=0.22, solid_capstyle="round")
    return LineEnd(largest, max(RESOLVED_MB, moved_mb[-1]), of.words.moved, palette.SOFT_INK)


def _draw_line(axes: Axes, cells: pd.DataFrame) -> LineEnd:
    cells = cells.sort_values("size")
    row = first_row(cells)
    style = palette.style(row)
    x, y = cells["size"], cells["memory_above_loaded_mb"].clip(lower=RESOLVED_MB)
    axes.plot(x, y, linewidth=1.7, markersize=4, markeredgecolor="white", markeredgewidth=0.5, **style)
    return LineEnd(float(x.iloc[-1]), float(y.iloc[-1]), str(row.label), style["color"], row.verdict == "baseline")


def _subtitle(shown: pd.DataFrame, spoken: Words) -> list[str]:
    floor = f" The lowest line stands for all values below {RESOLVED_MB} MB."
    below = floor if (shown["memory_above_loaded_mb"] < RESOLVED_MB).any() else ""
    less = "less that after loading, children included; a process per cell."
    return [f"Peak resident memory in {spoken.doing} {less}{below}", *filter(None, [palette.key(shown)])]
