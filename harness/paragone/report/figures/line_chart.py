"""What every chart of work per second over size is made of: lines, limit, noise, and their captions."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from paragone.report.figures import palette
from paragone.report.figures.labels import LineEnd
from paragone.report.figures.lines import CAPTIONS, Line, lines_of
from paragone.report.text import formatting
from paragone.report.text.rows import each_row, first_row
from paragone.task.problem import Words

PANEL_WIDTH, LEAST_HEIGHT = 3.3, 3.9


def draw_lines(axes: Axes, cells: pd.DataFrame) -> list[LineEnd]:
    """Draw each variant, the fastest on top, with its intervals as a band and bars; return the ends of the lines."""
    return [_draw_line(axes, line, cells[cells["variant"] == line.variant]) for line in reversed(lines_of(cells))]


def _draw_line(axes: Axes, line: Line, cells: pd.DataFrame) -> LineEnd:
    cells = cells.sort_values("size")
    row, style = first_row(cells), line.style
    x, y = cells["size"], cells["work_per_second"]
    low, high = cells["work_per_second_low"], cells["work_per_second_high"]
    axes.fill_between(x, low, high, color=style["color"], alpha=0.2, linewidth=0)
    axes.vlines(x, low, high, color=style["color"], linewidth=1.2, alpha=0.5)
    axes.plot(x, y, linewidth=1.7, markersize=4, markeredgecolor="white", markeredgewidth=0.5, **style)
    return LineEnd(float(x.iloc[-1]), float(y.iloc[-1]), _label(row), style["color"], row.verdict == "baseline")


def line_labels(shown: pd.DataFrame) -> list[str]:
    """Return the label of each line; that of the baseline says so."""
    return [_label(row) for row in each_row(shown.drop_duplicates("variant"))]


def _label(row: Any) -> str:
    return f"{row.label} · baseline" if row.verdict == "baseline" else str(row.label)


def captions(shown: pd.DataFrame, noise: str = "") -> list[str]:
    """Return a sentence for each thing that such a chart shows beside the lines; `noise` is one about A/A."""
    has = {
        "intervals": shown["work_per_second_low"].notna().any(),
        "noise": len(_with_margin(shown)) > 0,
        "limit": shown["limit_work_per_second"].notna().any(),
    }
    said = [CAPTIONS[what] for what, is_shown in has.items() if is_shown]
    return [*said[:1], noise, *said[1:]] if noise and has["intervals"] else [*filter(None, [noise]), *said]


def draw_limit(axes: Axes, cells: pd.DataFrame) -> None:
    """Shade the area beyond the machine's limit, where it is known."""
    known = cells.dropna(subset=["limit_work_per_second"]).drop_duplicates("size").sort_values("size")
    if not known.empty:
        x, (limit,) = _to_the_edges(axes, known["size"], known["limit_work_per_second"])
        axes.fill_between(x, limit, axes.get_ylim()[1], color=palette.NOISE, linewidth=0, zorder=0)
        axes.plot(x, limit, color=palette.SOFT_INK, linewidth=1.0, zorder=0)


def draw_noise(axes: Axes, cells: pd.DataFrame) -> None:
    """Shade the A/A margin around the baseline, where it is known."""
    known = _with_margin(cells).sort_values("size")
    if not known.empty:
        speed, factor = known["work_per_second"].astype(float), 1 + known["margin"].astype(float)
        x, (low, high) = _to_the_edges(axes, known["size"], speed / factor, speed * factor)
        axes.fill_between(x, low, high, color=palette.SOFT_INK, alpha=0.25, linewidth=0, zorder=0.5)


def _with_margin(cells: pd.DataFrame) -> pd.DataFrame:
    return cells[(cells["verdict"] == "baseline") & cells["margin"].notna()]


def _to_the_edges(axes: Axes, x: pd.Series[int], *ys: pd.Series[float]) -> tuple[list[float], list[list[float]]]:
    """Repeat the first and the last point at the edges of the axes, so that a single size is visible too."""
    left, right = axes.get_xlim()
    return [left, *map(float, x), right], [[float(y.iloc[0]), *map(float, y), float(y.iloc[-1])] for y in ys]


def not_verified(shown: pd.DataFrame, spoken: Words) -> list[str]:
    """Return a sentence that names the points that are drawn although they could not be checked."""
    unverified = shown[shown["status"] == "not checked"]
    words = []
    for _, line in unverified.groupby(["label", "dtype"], sort=False):
        row = first_row(line)
        sizes = ", ".join(map(formatting.size, sorted(line["size"])))
        words.append(f"{row.label} {row.dtype} at {spoken.at_size} {sizes}")
    return [CAPTIONS["not_verified"].format("; ".join(words))] if words else []
