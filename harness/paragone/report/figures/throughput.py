"""Throughput over size: the figure to read first."""

from __future__ import annotations

import pandas as pd

from paragone.report.figures import palette
from paragone.report.figures.drawing import Drawing
from paragone.report.figures.figure import LEFT, Sheet, rate_axis, size_axis, text_width
from paragone.report.figures.labels import LABEL_GAP, LABEL_SIZE, label_lines, label_space
from paragone.report.figures.line_chart import (
    LEAST_HEIGHT,
    PANEL_WIDTH,
    draw_limit,
    draw_line,
    draw_noise,
    limit_caption,
    line_labels,
    noise_caption,
    not_verified,
)
from paragone.report.text import formatting
from paragone.report.text.rows import each_row, short_names, shown_rows
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
    gutter = label_space(most) + 0.2 + max(text_width(label, LABEL_SIZE, "bold") for label in line_labels(shown))
    height = max(LEAST_HEIGHT, most * LABEL_GAP * 1.25)
    width = LEFT + len(dtypes) * (PANEL_WIDTH + gutter) + 0.1
    problem, threads = cells["problem"].iloc[0], int(cells["threads"].iloc[0])
    title = f"{problem}: {spoken.throughput}, {formatting.plural(threads, 'thread')}"
    sheet = Sheet(
        width,
        height + 0.95,
        title,
        [*_subtitle(shown, noise), *not_verified(shown, spoken), *_not_drawn(cells, shown)],
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
        lines = [draw_line(axes, line) for _, line in shown[shown["dtype"] == dtype].groupby("variant", sort=True)]
        label_lines(axes, lines, height)
    return sheet.drawing(name, f"Throughput over {spoken.size}, {problem}, {formatting.plural(threads, 'thread')}.")


def _subtitle(shown: pd.DataFrame, noise: str) -> list[str]:
    band = "Bands: 95 % intervals over launches. " if shown["work_per_second_low"].notna().any() else ""
    return [f"{band}{noise}{noise_caption(shown)}{limit_caption(shown)}", *filter(None, [palette.key(shown)])]


def _not_drawn(cells: pd.DataFrame, shown: pd.DataFrame) -> list[str]:
    """Return a sentence that names the variants without any number, so that none is missing silently."""
    others = shown_rows(cells)
    absent = others[~others["variant"].isin(shown["variant"])].drop_duplicates("variant")
    words = [
        f"{row.label} {row.dtype} ({formatting.STATUS_WORDS.get(row.status, row.status)})" for row in each_row(absent)
    ]
    return ["Not drawn: " + ", ".join(words) + "."] if words else []
