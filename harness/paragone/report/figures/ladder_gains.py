"""What each step of a ladder gains: a panel per batch size, the steps side by side, the source's figures as bands."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from paragone.claims.claim import TRAIN
from paragone.implementation.ladders import Ladder
from paragone.report.figures import palette
from paragone.report.figures.figure import LEFT, Drawn, Sheet, log_axis
from paragone.report.text import formatting
from paragone.report.text.ladder import arrow

WIDTH, HEIGHT, GAP, ROW_GAP = 2.55, 2.3, 0.35, 0.75
SLOT = 0.36  # half the width of a band, where steps are 1 apart
BAND = "#F3C98B"
LABEL_HEIGHT = 0.24  # inches that a label takes, with the space below it
ARROW = 1.22  # how far up an arrow reaches that says "more than"


def draw(ladder: Ladder, ladder_gains: pd.DataFrame, name: str, noise: str) -> Drawn | None:
    """Return the gains of one problem and number of threads, a row of panels per dtype; None where there is none."""
    shown = ladder_gains[ladder_gains["ratio"].notna()]
    if shown.empty:
        return None
    dtypes, sizes = list(dict.fromkeys(shown["climbed_in"])), sorted(shown["batch_size"].unique())
    problem, threads = str(shown["problem"].iloc[0]), int(shown["threads"].iloc[0])
    title = f"{problem}: {ladder.title}, gain of each step, {formatting.plural(threads, 'thread')}"
    width = max(6.4, LEFT + len(sizes) * (WIDTH + GAP))
    sheet = Sheet(width, 0.3 + len(dtypes) * (HEIGHT + ROW_GAP), title, _subtitle(ladder, shown, noise))
    limits = _limits(shown)
    for row, dtype in enumerate(dtypes):
        for column, size in enumerate(sizes):
            axes = sheet.axes(LEFT + column * (WIDTH + GAP), 0.3 + row * (HEIGHT + ROW_GAP), WIDTH, HEIGHT)
            _prepare(axes, limits, labelled=column == 0)
            axes.set_title(f"{dtype} · batch {formatting.batch(size)}", loc="left", size=9, color=palette.SOFT_INK)
            panel = shown[(shown["climbed_in"] == dtype) & (shown["batch_size"] == size)]
            _panel(axes, panel, ladder)
    return sheet.drawn(name, f"{ladder.title}: the gain of each step, {problem}.")


def _subtitle(ladder: Ladder, shown: pd.DataFrame, noise: str) -> list[str]:
    steps = " · ".join(f"{place} {step.what}" for place, step in enumerate(ladder.steps))
    bars = "Bars: 95 % intervals over launches. " if shown["ratio_low"].notna().any() else ""
    bands = "Orange: what the source says. " if any(_is_drawn(row.claim) for row in formatting.rows(shown)) else ""
    return [steps, f"Speed relative to the step before. {bars}{bands}{noise}"]


def _limits(shown: pd.DataFrame) -> tuple[float, float]:
    """Return the range that holds every point, every interval and every figure of the source."""
    said = [end for row in formatting.rows(shown) if _is_drawn(row.claim) for end in (row.claim.low, row.claim.high)]
    ends = [*shown["ratio"], *shown["ratio_low"].dropna(), *shown["ratio_high"].dropna(), *filter(math.isfinite, said)]
    return min(0.9, min(ends) / 1.1), max(1.5, max(ends) * 1.35)


def _prepare(axes: Axes, limits: tuple[float, float], labelled: bool) -> None:
    axes.set_yscale("log")
    axes.set_ylim(*limits)
    log_axis(axes.yaxis, *limits, lambda value: f"{value:g}×")
    axes.tick_params(axis="y", labelleft=labelled)
    axes.tick_params(axis="x", length=0, labelcolor=palette.INK)
    axes.grid(axis="y", color=palette.GRID, linewidth=0.7)
    axes.set_axisbelow(True)


def _panel(axes: Axes, rows: pd.DataFrame, ladder: Ladder) -> None:
    axes.set_xlim(-0.6, max(len(rows), 2) - 0.4)
    axes.set_xticks(range(len(rows)), [arrow(ladder, row) for row in formatting.rows(rows)])
    for x, row in enumerate(formatting.rows(rows)):
        if not math.isnan(row.pair_margin):
            noise = 1 + row.pair_margin
            axes.add_patch(_slot(x, 1 / noise, noise, facecolor=palette.SOFT_INK, alpha=0.25))
        axes.hlines(1, x - SLOT, x + SLOT, color=palette.SOFT_INK, linewidth=0.8)
        if _is_drawn(row.claim):
            _claim(axes, x, row.claim.low, row.claim.high)
        ink = palette.colour(row.implementation, "", "NumPy")
        axes.vlines(x, row.ratio_low, row.ratio_high, color=ink, linewidth=1.6)
        axes.plot(x, row.ratio, "o", color=ink, markersize=5, markeredgecolor="white", markeredgewidth=0.6)
        axes.annotate(
            formatting.ratio(row.ratio), (x, _label_above(axes, row)), (0, 5),
            textcoords="offset points", ha="center", va="bottom", size=8, color=palette.INK,
            weight="bold" if row.verdict in ("faster", "slower") else "normal",
        )  # fmt: skip


def _label_above(axes: Axes, row: Any) -> float:
    """Return the ratio above which a label lies: the end of the interval, or of what the source says where it is near.

    A band without an upper end is a line with an arrow, of which the label clears the tip.
    """
    top = float(np.nanmax([row.ratio, row.ratio_high]))
    if not _is_drawn(row.claim):
        return top
    low, high = axes.get_ylim()
    reach = top * (high / low) ** (LABEL_HEIGHT / HEIGHT)
    end = row.claim.high if math.isfinite(row.claim.high) else row.claim.low * ARROW
    return max(top, end) if row.claim.low <= reach and end >= top else top


def _is_drawn(claim: Any) -> bool:
    return claim is not None and claim.quantity == TRAIN


def _claim(axes: Axes, x: float, low: float, high: float) -> None:
    """Draw a band from low to high; without an upper end a line with an arrow upwards."""
    if math.isfinite(high):
        axes.add_patch(_slot(x, low, high, facecolor=BAND))
        return
    axes.hlines(low, x - SLOT, x + SLOT, color="#C77800", linewidth=1.6)
    axes.annotate(
        "", (x - 0.8 * SLOT, low * ARROW), (x - 0.8 * SLOT, low), arrowprops={"arrowstyle": "-|>", "color": "#C77800"}
    )


def _slot(x: float, low: float, high: float, **style: Any) -> Rectangle:
    return Rectangle((x - SLOT, low), 2 * SLOT, high - low, linewidth=0, **style)
