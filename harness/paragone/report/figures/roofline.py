"""Every cell on the machine's roofline: operations per second over operations per byte."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from paragone.report.figures import palette
from paragone.report.figures.drawing import Drawing
from paragone.report.figures.figure import LEFT, Sheet, log_axis, rate_axis, text_width
from paragone.report.figures.labels import LineEnd, label_lines, panel_room
from paragone.report.figures.line_chart import LEAST_HEIGHT, PANEL_WIDTH, not_verified
from paragone.report.text import formatting
from paragone.report.text.rows import each_row, first_row, short_names
from paragone.task.problem import Words

# Each roof that rises with x: its column, line style, and words.
RISING: tuple[tuple[str, Any, str], ...] = (
    ("read", "--", "reading memory (dashed)"),
    ("cache", (0, (1, 1.6)), "reading the second cache (dotted)"),
)
FLAT_ROOF = "matrix product"
SIZE_TEXT, SIZE_GAP = 7.5, 0.08  # points; inches between two sizes above the axes
ABOVE, TITLE_ABOVE = 0.12, 0.27  # inches from the axes to the middle of the sizes, and to the title
TITLE: dict[str, Any] = {"loc": "left", "size": 9, "color": palette.SOFT_INK}
EXPLAINED = (
    "x: operations of a step over the bytes that it must read and write, wherever they lie. A step that fits in caches "
    "may lie above the roof of memory. Grey area: beyond the matrix product."
)


def draw(cells: pd.DataFrame, name: str, spoken: Words) -> Drawing | None:
    """Draw the cells of one problem and thread count, a panel for each dtype; None where there are none.

    `cells` are rows of `analyse.roofline.roofline`.
    """
    if cells.empty:
        return None
    shown = cells.assign(label=short_names(cells))
    dtypes = sorted(shown["dtype"].unique())
    most = 1 + int(shown.groupby("dtype")["variant"].nunique().max())
    labels = [FLAT_ROOF, *map(_label, each_row(shown))]
    gutter, height = panel_room(labels, most, LEAST_HEIGHT)
    first = first_row(shown)
    subject = f"{first.problem}, {formatting.plural(int(first.threads), 'thread')}"
    title = f"{first.problem}: the roofline of this machine, {formatting.plural(int(first.threads), 'thread')}"
    width = max(LEFT + len(dtypes) * (PANEL_WIDTH + gutter) + 0.1, 0.3 + text_width(title, 12.5, "bold"))
    subtitle = [EXPLAINED, *_roofs_in_words(shown), *_zeros_in_words(shown, spoken), palette.key(shown)]
    sheet = Sheet(width, height + 1.2, title, [*filter(None, subtitle), *not_verified(shown, spoken)])
    x_range = shown["flop_per_byte"].min() / 1.35, shown["flop_per_byte"].max() * 1.35
    y_range = shown["flop_per_second"].min() / 1.5, shown[["flop_per_second", "gemm"]].max().max() * 1.5
    for number, dtype in enumerate(dtypes):
        axes = sheet.axes(LEFT + number * (PANEL_WIDTH + gutter), 0.55, PANEL_WIDTH, height)
        rate_axis(axes, *y_range, labelled=number == 0)
        _intensity_axis(axes, *x_range)
        panel = shown[shown["dtype"] == dtype]
        axes.set_title(f"{dtype} · FLOP per second · above: {spoken.size}", **TITLE, y=1 + TITLE_ABOVE / height)
        _write_sizes(axes, panel, height)
        ends = [_draw_roofs(axes, panel)]
        ends += [_draw_line(axes, line) for _, line in panel.groupby("variant", sort=True)]
        label_lines(axes, ends, height)
    return sheet.drawing(name, f"The roofline: FLOP per second over FLOP per byte, {subject}.")


def _label(row: Any) -> str:
    return f"{row.label} · no zeros" if row.skips_zeros else str(row.label)


def _intensity_axis(axes: Axes, low: float, high: float) -> None:
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    log_axis(axes.xaxis, low, high, formatting.tick)
    axes.set_xlabel("FLOP per byte")


def _write_sizes(axes: Axes, panel: pd.DataFrame, height: float) -> None:
    """Write above the axes which size the points below have: of one size, all implementations share their x."""
    width, (low, high) = axes.bbox.width / axes.bbox.height * height, np.log(axes.get_xlim())
    places = panel.groupby("size")["flop_per_byte"].first().sort_values()
    inches = (np.log(places.to_numpy(dtype=float)) - low) / (high - low) * width
    for sizes, at in joined_sizes(list(zip(places.index.astype(int), inches, strict=True))):
        words = _sizes_label(sizes)
        place = at / width, 1 + ABOVE / height
        axes.text(*place, words, size=SIZE_TEXT, color=palette.SOFT_INK, transform=axes.transAxes, ha="center",
                  va="center")  # fmt: skip


def joined_sizes(places: Sequence[tuple[int, float]]) -> list[tuple[list[int], float]]:
    """Return groups of sizes with their places in inches; those whose labels would touch are one group.

    `places` are sizes and their places, from left to right.
    """
    groups = [([size], [at]) for size, at in places]
    number = 0
    while number + 1 < len(groups):
        (sizes, ats), (next_sizes, next_ats) = groups[number], groups[number + 1]
        room = (text_width(_sizes_label(sizes), SIZE_TEXT) + text_width(_sizes_label(next_sizes), SIZE_TEXT)) / 2
        if np.mean(next_ats) - np.mean(ats) < room + SIZE_GAP:
            groups[number : number + 2] = [(sizes + next_sizes, ats + next_ats)]
            number = max(0, number - 1)
        else:
            number += 1
    return [(sizes, float(np.mean(ats))) for sizes, ats in groups]


def _sizes_label(sizes: Sequence[int]) -> str:
    ends = dict.fromkeys(map(formatting.size, (min(sizes), max(sizes))))
    return "–".join(ends)


def _roofs_in_words(shown: pd.DataFrame) -> list[str]:
    """Return a sentence for each dtype: how fast each roof is, and how it is drawn."""
    sentences = []
    for row in each_row(shown.drop_duplicates("dtype").sort_values("dtype")):
        rates = [(getattr(row, column), words) for column, _, words in RISING]
        rising = [f"{words} {formatting.significant(rate / 1e9)} GB/s" for rate, words in rates if rate > 0]
        roofs = [f"{FLAT_ROOF} {formatting.significant(row.gemm / 1e9)} GFLOP/s", *rising]
        sentences.append(f"Roofs, {row.dtype}: {formatting.listed(roofs)}.")
    return sentences


def _zeros_in_words(shown: pd.DataFrame, spoken: Words) -> list[str]:
    """Return a sentence that says why some points may lie beyond the matrix product; [] where none does."""
    if not _ringed(shown).any():
        return []
    why = f"the code leaves out the {spoken.numbers} that are 0"
    return [f"Ringed: beyond the matrix product, because {why}; FLOP are counted as if it did not."]


def _ringed(cells: pd.DataFrame) -> pd.Series[bool]:
    return cells["skips_zeros"] & (cells["flop_per_second"] > cells["gemm"])


def _draw_roofs(axes: Axes, panel: pd.DataFrame) -> LineEnd:
    """Draw the roofs, shade what lies beyond the flat one, and return its end."""
    first, (low, high) = first_row(panel), axes.get_xlim()
    x = np.geomspace(low, high, 200)
    for column, style, _ in RISING:
        rate = getattr(first, column)
        if rate > 0:
            axes.plot(
                x, np.minimum(first.gemm, x * rate), color=palette.SOFT_INK, linewidth=1, linestyle=style, zorder=0
            )
    axes.fill_between([low, high], first.gemm, axes.get_ylim()[1], color=palette.NOISE, linewidth=0, zorder=0)
    axes.plot([low, high], [first.gemm] * 2, color=palette.SOFT_INK, linewidth=1.2, zorder=0)
    return LineEnd(high, first.gemm, FLAT_ROOF, palette.SOFT_INK)


def _draw_line(axes: Axes, cells: pd.DataFrame) -> LineEnd:
    """Draw one variant from size to size, with a ring around each point beyond the roof that zeros explain."""
    cells = cells.sort_values("size")
    row = first_row(cells)
    style = palette.style(row)
    x, y = cells["flop_per_byte"], cells["flop_per_second"]
    axes.plot(x, y, linewidth=1.2, markersize=4.5, markeredgecolor="white", markeredgewidth=0.5, **style)
    ringed = cells[_ringed(cells)]
    axes.scatter(
        ringed["flop_per_byte"], ringed["flop_per_second"], s=70, facecolor="none", edgecolor=style["color"], lw=1.1
    )
    return LineEnd(float(x.iloc[-1]), float(y.iloc[-1]), _label(row), style["color"], row.verdict == "baseline")
