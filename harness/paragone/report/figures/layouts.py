"""The effect of memory order: layout × order × dtype as small multiples."""

from __future__ import annotations

import pandas as pd

from paragone.report.figures import palette
from paragone.report.figures.drawing import Drawing
from paragone.report.figures.figure import LEFT, Sheet, rate_axis, size_axis
from paragone.report.figures.labels import LineEnd, label_lines
from paragone.report.figures.line_chart import captions, draw_limit, draw_noise
from paragone.report.text import formatting
from paragone.report.text.rows import first_row
from paragone.task.problem import Words

WIDTH, HEIGHT = 2.6, 1.9
GUTTER, ROW_GAP = 0.75, 0.85


def draw(cells: pd.DataFrame, name: str, spoken: Words, noise: str) -> Drawing | None:
    """Draw throughput by memory order: a column of panels for each implementation with that axis, a row for each dtype.

    None where no implementation was measured in two orders.
    """
    shown = cells[~cells["control"] & cells["work_per_second"].notna() & (cells["order"] != "")]
    orders = shown.groupby("implementation")["order"].transform("nunique")
    shown = shown[orders > 1]
    if shown.empty:
        return None
    layouts = shown[["implementation", "layout"]].drop_duplicates().sort_values("implementation")
    dtypes = sorted(shown["dtype"].unique())
    width = max(6.4, LEFT + len(layouts) * (WIDTH + GUTTER))
    problem, threads = cells["problem"].iloc[0], int(cells["threads"].iloc[0])
    title = f"{problem}: memory order of the {spoken.stored}, {formatting.plural(threads, 'thread')}"
    subtitle = " ".join([f"{formatting.capitalised(spoken.per_second)}.", *captions(shown, noise)])
    sheet = Sheet(width, 0.3 + len(dtypes) * (HEIGHT + ROW_GAP), title, [subtitle])
    fastest = shown[["work_per_second", "limit_work_per_second"]].max().max()
    limits = shown["work_per_second"].min() / 1.4, fastest * 1.4
    for column, (implementation, layout) in enumerate(layouts.itertuples(index=False)):
        for row, dtype in enumerate(dtypes):
            axes = sheet.axes(LEFT + column * (WIDTH + GUTTER), 0.3 + row * (HEIGHT + ROW_GAP), WIDTH, HEIGHT)
            rate_axis(axes, *limits, labelled=column == 0)
            size_axis(axes, sorted(shown["size"].unique()), spoken.size)
            axes.set_title(f"{layout} · {dtype}", loc="left", size=9, color=palette.SOFT_INK)
            panel = shown[(shown["implementation"] == implementation) & (shown["dtype"] == dtype)]
            draw_limit(axes, panel)
            draw_noise(axes, panel)
            ends = []
            for order, line in panel.sort_values("size").groupby("order", sort=True):
                style = palette.style(first_row(line))
                x, y = line["size"], line["work_per_second"]
                axes.vlines(x, line["work_per_second_low"], line["work_per_second_high"], color=style["color"])
                axes.plot(x, y, linewidth=1.7, markersize=4, **style)
                ends.append(LineEnd(float(x.iloc[-1]), float(y.iloc[-1]), f"order {order}", style["color"]))
            label_lines(axes, ends, HEIGHT)
    return sheet.drawing(name, f"Throughput by memory order of the {spoken.stored}, {problem}.")
