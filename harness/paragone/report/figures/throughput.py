"""Throughput over size: the figure to read first."""

from __future__ import annotations

import pandas as pd

from paragone.report.figures import palette
from paragone.report.figures.drawing import Drawing
from paragone.report.figures.figure import LEFT, Sheet, rate_axis, size_axis
from paragone.report.figures.labels import label_lines, panel_room
from paragone.report.figures.line_chart import (
    LEAST_HEIGHT,
    PANEL_WIDTH,
    captions,
    draw_limit,
    draw_lines,
    draw_noise,
    line_labels,
    not_verified,
)
from paragone.report.figures.lines import not_drawn
from paragone.report.text import formatting
from paragone.report.text.rows import short_names, shown_rows
from paragone.task.problem import Words


def draw(cells: pd.DataFrame, name: str, spoken: Words, noise: str) -> Drawing | None:
    """Draw work per second over size, a panel for each dtype; None where nothing was measured.

    `cells` are the rows of the summary for one problem and thread count, `spoken` the words for it; `noise` is a
    sentence about A/A.
    """
    cells = cells.assign(label=short_names(cells))
    shown = cells[~cells["control"] & cells["work_per_second"].notna()]
    if shown.empty:
        return None
    dtypes = sorted(shown["dtype"].unique())
    most = int(shown.groupby("dtype")["variant"].nunique().max())
    gutter, height = panel_room(line_labels(shown), most, LEAST_HEIGHT)
    width = LEFT + len(dtypes) * (PANEL_WIDTH + gutter) + 0.1
    problem, threads = cells["problem"].iloc[0], int(cells["threads"].iloc[0])
    title = f"{problem}: {spoken.throughput}, {formatting.plural(threads, 'thread')}"
    sheet = Sheet(
        width,
        height + 0.95,
        title,
        [*_subtitle(shown, noise), *not_verified(shown, spoken), *not_drawn(shown_rows(cells), shown)],
    )
    fastest = shown[["work_per_second", "limit_work_per_second"]].max().max()
    low, high = shown["work_per_second"].min() / 1.5, fastest * 1.5
    for number, dtype in enumerate(dtypes):
        axes = sheet.axes(LEFT + number * (PANEL_WIDTH + gutter), 0.3, PANEL_WIDTH, height)
        rate_axis(axes, low, high, labelled=number == 0)
        size_axis(axes, sorted(shown["size"].unique()), spoken.size)
        axes.set_title(f"{dtype} · {spoken.per_second}", loc="left", size=9, color=palette.SOFT_INK)
        draw_limit(axes, shown[shown["dtype"] == dtype])
        draw_noise(axes, shown[shown["dtype"] == dtype])
        label_lines(axes, draw_lines(axes, shown[shown["dtype"] == dtype]), height)
    return sheet.drawing(name, f"Throughput over {spoken.size}, {problem}, {formatting.plural(threads, 'thread')}.")


def _subtitle(shown: pd.DataFrame, noise: str) -> list[str]:
    return [*filter(None, [" ".join(filter(None, [*captions(shown, noise)])), palette.key(shown)])]
