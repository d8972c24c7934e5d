"""Throughput of several runs as small multiples: a panel for each machine and dtype, all with the same axes."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes

from paragone.report.figures import palette
from paragone.report.figures.drawing import Drawing
from paragone.report.figures.figure import LEFT, Sheet, rate_axis, size_axis
from paragone.report.figures.labels import label_lines, panel_room
from paragone.report.figures.line_chart import captions, draw_limit, draw_lines, draw_noise, line_labels
from paragone.report.figures.lines import not_drawn
from paragone.report.text import formatting
from paragone.report.text.rows import axis_values, each_row, shown_rows
from paragone.task.problem import Words

PANEL_WIDTH, LEAST_HEIGHT, TITLE_ROOM, AXIS_ROOM = 2.9, 3.0, 0.35, 0.6
MOST_IN_A_ROW = 3


def draw(cells: pd.DataFrame, name: str, spoken: Words, machines: Mapping[str, str]) -> Drawing | None:
    """Draw work per second over size, a panel for each machine and dtype; None where nothing was measured.

    `cells` are rows of several summaries, with the letter of their run in `run`, for one problem and thread count;
    `spoken` are the words for it; `machines` maps the letters to the names of the machines.
    """
    cells = cells.assign(label=[f"{r.implementation} {axis_values(r.variant)}" for r in each_row(cells)])
    cells["label"] = cells["label"].str.strip()
    shown = cells[~cells["control"] & cells["work_per_second"].notna()]
    if shown.empty:
        return None
    dtypes, letters = sorted(shown["dtype"].unique()), [run for run in machines if run in set(shown["run"])]
    most = int(shown.groupby(["run", "dtype"])["variant"].nunique().max())
    labels = [label for _, of_run in shown.groupby("run") for label in line_labels(of_run)]
    gutter, height = panel_room(labels, most, LEAST_HEIGHT)
    across = min(MOST_IN_A_ROW, len(letters))
    down = len(dtypes) * -(-len(letters) // across)
    problem, threads = str(shown["problem"].iloc[0]), formatting.plural(int(shown["threads"].iloc[0]), "thread")
    sheet = Sheet(
        LEFT + across * (PANEL_WIDTH + gutter) + 0.1,
        down * (height + TITLE_ROOM + AXIS_ROOM),
        f"{problem}: {spoken.throughput} by machine, {threads}",
        [_subtitle(shown, machines), *not_drawn(shown_rows(cells), shown)],
    )
    limits = _range(shown)
    row = 0
    for dtype in dtypes:
        for number, letter in enumerate(letters):
            column = number % across
            top = TITLE_ROOM + (row + number // across) * (height + TITLE_ROOM + AXIS_ROOM)
            axes = sheet.axes(LEFT + column * (PANEL_WIDTH + gutter), top, PANEL_WIDTH, height)
            rate_axis(axes, *limits, labelled=column == 0)
            size_axis(axes, sorted(shown["size"].unique()), spoken.size)
            axes.set_title(f"{letter} · {dtype} · {spoken.per_second}", loc="left", size=9, color=palette.SOFT_INK)
            _draw_panel(axes, shown[(shown["dtype"] == dtype) & (shown["run"] == letter)], height)
        row += -(-len(letters) // across)
    return sheet.drawing(name, f"Throughput by machine, {problem}, {threads}.")


def _range(shown: pd.DataFrame) -> tuple[float, float]:
    fastest = shown[["work_per_second", "limit_work_per_second"]].max().max()
    return shown["work_per_second"].min() / 1.5, float(fastest) * 1.5


def _subtitle(shown: pd.DataFrame, machines: Mapping[str, str]) -> str:
    names = "; ".join(f"{letter}: {machine}" for letter, machine in machines.items())
    return " ".join(filter(None, [f"{names}. Same axes.", *captions(shown), palette.key(shown)]))


def _draw_panel(axes: Axes, cells: pd.DataFrame, height: float) -> None:
    if cells.empty:
        axes.text(0.5, 0.5, "not measured", transform=axes.transAxes, ha="center", color=palette.SOFT_INK)
        return
    draw_limit(axes, cells)
    draw_noise(axes, cells)
    label_lines(axes, draw_lines(axes, cells), height)
