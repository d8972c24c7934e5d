"""Throughput over batch size: the figure to look at first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from paragone.report.figures import palette
from paragone.report.figures.figure import LEFT, Drawn, Sheet, batch_axis, rate_axis, text_width
from paragone.report.figures.labels import spread
from paragone.report.text import formatting

LABEL_SIZE = 8.0
LABEL_GAP = 0.152  # inches between the middles of two labels
PANEL_WIDTH, LEAST_HEIGHT = 3.3, 3.9


def draw(cells: pd.DataFrame, name: str, noise: str) -> Drawn | None:
    """Return images per second over batch size, one panel per dtype; None where nothing was measured.

    `cells` is the part of the summary of one problem and one number of threads; `noise` is a
    sentence about A/A.
    """
    cells = cells.assign(label=formatting.short_names(cells))
    shown = cells[~cells["control"] & cells["images_per_second"].notna()]
    if shown.empty:
        return None
    dtypes = sorted(shown["dtype"].unique())
    most = int(shown.groupby("dtype")["variant"].nunique().max())
    gutter = label_space(most) + 0.2 + max(text_width(label, LABEL_SIZE, "bold") for label in line_labels(shown))
    height = max(LEAST_HEIGHT, most * LABEL_GAP * 1.25)
    width = LEFT + len(dtypes) * (PANEL_WIDTH + gutter) + 0.1
    problem, threads = cells["problem"].iloc[0], int(cells["threads"].iloc[0])
    title = f"{problem}: training throughput, {formatting.plural(threads, 'thread')}"
    sheet = Sheet(
        width, height + 0.95, title, [*_subtitle(shown, noise), *_not_verified(shown), *_not_drawn(cells, shown)]
    )
    fastest = shown[["images_per_second", "limit_images_per_second"]].max().max()
    low, high = shown["images_per_second"].min() / 1.5, fastest * 1.5
    for number, dtype in enumerate(dtypes):
        axes = sheet.axes(LEFT + number * (PANEL_WIDTH + gutter), 0.3, PANEL_WIDTH, height)
        rate_axis(axes, low, high, labelled=number == 0)
        batch_axis(axes, sorted(shown["batch_size"].unique()))
        axes.set_title(f"{dtype} · images per second", loc="left", size=9, color=palette.SOFT_INK)
        draw_limit(axes, shown[shown["dtype"] == dtype])
        draw_noise(axes, shown[shown["dtype"] == dtype])
        lines = [draw_line(axes, line) for _, line in shown[shown["dtype"] == dtype].groupby("variant", sort=True)]
        label_lines(axes, lines, height)
    return sheet.drawn(name, f"Throughput over batch size, {problem}, {formatting.plural(threads, 'thread')}.")


def line_labels(shown: pd.DataFrame) -> list[str]:
    """Return the label of every line; that of the baseline says so."""
    return [_label(row) for row in formatting.rows(shown.drop_duplicates("variant"))]


def _label(row: Any) -> str:
    return f"{row.label} · baseline" if row.verdict == "baseline" else str(row.label)


def _subtitle(shown: pd.DataFrame, noise: str) -> list[str]:
    band = "Bands: 95 % intervals over launches. " if shown["images_per_second_low"].notna().any() else ""
    return [f"{band}{noise}{noise_words(shown)}{limit_words(shown)}", *filter(None, [palette.key(shown)])]


def limit_words(shown: pd.DataFrame) -> str:
    """Return what the grey in a figure of images per second means, where there is any."""
    return " Grey area: beyond the limit of this machine." if shown["limit_images_per_second"].notna().any() else ""


def noise_words(shown: pd.DataFrame) -> str:
    """Return what the grey band in a figure of images per second means, where there is one."""
    return " Grey band: A/A noise around the baseline." if len(_with_margin(shown)) else ""


def _not_verified(shown: pd.DataFrame) -> list[str]:
    """Return a line that names the lines with points that are drawn but could not be checked."""
    unverified = shown[shown["status"] == "not checked"]
    words = []
    for _, line in unverified.groupby(["label", "dtype"], sort=False):
        row = next(formatting.rows(line))
        words.append(f"{row.label} {row.dtype} at batch {', '.join(map(formatting.batch, sorted(line['batch_size'])))}")
    return ["Not verified: " + "; ".join(words) + "."] if words else []


def _not_drawn(cells: pd.DataFrame, shown: pd.DataFrame) -> list[str]:
    """Return a line that names the variants without any number, so that none is missing silently."""
    others = formatting.presented(cells)
    absent = others[~others["variant"].isin(shown["variant"])].drop_duplicates("variant")
    words = [
        f"{row.label} {row.dtype} ({formatting.WORDS.get(row.status, row.status)})" for row in formatting.rows(absent)
    ]
    return ["Not drawn: " + ", ".join(words) + "."] if words else []


def draw_limit(axes: Axes, cells: pd.DataFrame) -> None:
    """Shade what lies beyond the machine's limit, where it is known."""
    known = cells.dropna(subset=["limit_images_per_second"]).drop_duplicates("batch_size").sort_values("batch_size")
    if not known.empty:
        x, (limit,) = _to_the_edges(axes, known["batch_size"], known["limit_images_per_second"])
        axes.fill_between(x, limit, axes.get_ylim()[1], color=palette.NOISE, linewidth=0, zorder=0)
        axes.plot(x, limit, color=palette.SOFT_INK, linewidth=1.0, zorder=0)


def draw_noise(axes: Axes, cells: pd.DataFrame) -> None:
    """Shade what A/A shows to be noise around the baseline, where it is known."""
    known = _with_margin(cells).sort_values("batch_size")
    if not known.empty:
        speed, factor = known["images_per_second"].astype(float), 1 + known["margin"].astype(float)
        x, (low, high) = _to_the_edges(axes, known["batch_size"], speed / factor, speed * factor)
        axes.fill_between(x, low, high, color=palette.SOFT_INK, alpha=0.25, linewidth=0, zorder=0.5)


def _with_margin(cells: pd.DataFrame) -> pd.DataFrame:
    return cells[(cells["verdict"] == "baseline") & cells["margin"].notna()]


def _to_the_edges(axes: Axes, x: pd.Series[int], *ys: pd.Series[float]) -> tuple[list[float], list[list[float]]]:
    """Return the points with the first and the last repeated at the edges: a single batch size is seen too."""
    left, right = axes.get_xlim()
    return [left, *map(float, x), right], [[float(y.iloc[0]), *map(float, y), float(y.iloc[-1])] for y in ys]


def draw_line(axes: Axes, cells: pd.DataFrame) -> tuple[float, float, str, str, bool]:
    """Draw one variant; return where its line ends, its label, its colour, and whether it is the baseline."""
    cells = cells.sort_values("batch_size")
    row = next(formatting.rows(cells))
    style = palette.style(row)
    x, y = cells["batch_size"], cells["images_per_second"]
    low, high = cells["images_per_second_low"], cells["images_per_second_high"]
    axes.fill_between(x, low, high, color=style["color"], alpha=0.2, linewidth=0)
    axes.vlines(x, low, high, color=style["color"], linewidth=1.2, alpha=0.5)
    axes.plot(x, y, linewidth=1.7, markersize=4, markeredgecolor="white", markeredgewidth=0.5, **style)
    return float(x.iloc[-1]), float(y.iloc[-1]), _label(row), style["color"], row.verdict == "baseline"


def label_space(count: int) -> float:
    """Return the inches to leave between axes and that many labels: more of them need longer joining lines."""
    return 0.2 + 0.016 * count


def label_lines(axes: Axes, ends: Sequence[tuple[float, float, str, str, bool]], height: float) -> None:
    """Write each label right of the axes, joined to the end of its line; `height` of the axes in inches.

    `ends` holds x, y, label, colour, and whether the label is bold.
    """
    to_fraction = axes.transData + axes.transAxes.inverted()
    wanted = [float(to_fraction.transform((x, y))[1]) for x, y, *_ in ends]
    places = spread(wanted, LABEL_GAP / height, 0.0, 1.0)
    width = axes.bbox.width / axes.bbox.height * height
    for (x, y, text, colour, bold), place in zip(ends, places, strict=True):
        axes.annotate(
            text,
            xy=(x, y),
            xytext=(1 + label_space(len(ends)) / width, place),
            textcoords="axes fraction",
            size=LABEL_SIZE,
            color=colour,
            weight="bold" if bold else "normal",
            va="center_baseline",
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": colour, "lw": 0.6, "alpha": 0.55, "shrinkA": 1, "shrinkB": 4,
                        "relpos": (0, 0.5)},
        )  # fmt: skip
