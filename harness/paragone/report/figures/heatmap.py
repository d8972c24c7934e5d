"""Speed relative to the baseline, in a grid of implementation × size."""

from __future__ import annotations

import math
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from paragone.analyse.verdicts import WITHIN_AA
from paragone.report.figures import palette
from paragone.report.figures.drawing import Drawing
from paragone.report.figures.figure import Sheet, text_width
from paragone.report.text import formatting
from paragone.report.text.rows import each_row, short_names, shown_rows
from paragone.task.problem import Words

CELL_WIDTH, CELL_HEIGHT = 0.72, 0.29
PANEL_GAP = 0.3
KEY_FROM, SWATCH, KEY_SIZE = 2.75, 0.3, 7.5  # inches right of the panels' left edge; points
SATURATION = 3.0  # log2 of the ratio where colours saturate: 8 times
HATCH = "////"
# Cells without the colour of a ratio: face colour and hatch.
KEY = {"same or undecided": (palette.NOISE, None), "no ratio": ("white", HATCH)}
COLOURS = "PuOr"  # brown is slower, violet is faster: distinct for every kind of colour vision


def draw(cells: pd.DataFrame, name: str, spoken: Words, noise: str) -> Drawing | None:
    """Draw the ratios of one problem and thread count, a panel for each dtype; None where there is no ratio."""
    cells = shown_rows(cells)
    cells = cells.assign(label=short_names(cells))
    if cells["ratio_to_baseline"].notna().sum() == 0:
        return None
    rows, sizes, dtypes = _row_order(cells), sorted(cells["size"].unique()), sorted(cells["dtype"].unique())
    left = 0.3 + max(text_width(label, 8.5) for label in rows)
    panel = len(sizes) * CELL_WIDTH
    width = max(6.4, left + len(dtypes) * (panel + PANEL_GAP), left + KEY_FROM + sum(map(_key_width, KEY)) + 0.1)
    problem, threads = cells["problem"].iloc[0], int(cells["threads"].iloc[0])
    title = f"{problem}: speed relative to the baseline, {formatting.plural(threads, 'thread')}"
    sheet = Sheet(width, len(rows) * CELL_HEIGHT + 1.45, title, [_subtitle(cells, spoken, noise)])
    for number, dtype in enumerate(dtypes):
        axes = sheet.axes(left + number * (panel + PANEL_GAP), 0.32, panel, len(rows) * CELL_HEIGHT)
        _grid(axes, cells[cells["dtype"] == dtype], rows, sizes, spoken.size)
        axes.set_title(dtype, loc="left", size=9, color=palette.SOFT_INK)
        axes.set_yticks(np.arange(len(rows)) + 0.5, rows if number == 0 else [])
    _legend(sheet, left, len(rows) * CELL_HEIGHT + 1.02)
    return sheet.drawing(name, f"Speed relative to the baseline, {problem}, {formatting.plural(threads, 'thread')}.")


def _row_order(cells: pd.DataFrame) -> list[str]:
    """Return the row labels, fastest first by the median of the log-ratios; rows without any come last."""
    median = np.log(cells["ratio_to_baseline"]).groupby(cells["label"]).median().fillna(-math.inf)
    return [str(label) for label in median.sort_values(ascending=False, kind="stable").index]


def _subtitle(cells: pd.DataFrame, spoken: Words, noise: str) -> str:
    baseline = cells.loc[cells["verdict"] == "baseline", "label"]
    of = f"Baseline: {baseline.iloc[0]}, the same dtype and {spoken.size}. " if len(baseline) else ""
    return f"{of}Above 1 is faster. {noise}"


def _grid(axes: Axes, cells: pd.DataFrame, rows: list[str], sizes: list[int], heading: str) -> None:
    axes.set_xlim(0, len(sizes))
    axes.set_ylim(len(rows), 0)
    axes.set_xticks(np.arange(len(sizes)) + 0.5, [formatting.size(size) for size in sizes])
    axes.set_xlabel(heading)
    axes.tick_params(length=0)
    axes.tick_params(axis="y", labelsize=8.5, labelcolor=palette.INK)
    axes.spines[:].set_visible(False)
    found = {(row.label, row.size): row for row in each_row(cells)}
    for y, label in enumerate(rows):
        for x, size in enumerate(sizes):
            _cell(axes, x, y, found.get((label, size)))


def _cell(axes: Axes, x: int, y: int, row: Any) -> None:
    face, hatch, text, ink = _appearance(row)
    axes.add_patch(
        Rectangle((x + 0.03, y + 0.05), 0.94, 0.9, facecolor=face, hatch=hatch, edgecolor="#b9bcc2", linewidth=0)
    )
    weight = "bold" if row is not None and row.verdict in ("faster", "slower") else "normal"
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1.2} if hatch else None
    axes.text(x + 0.5, y + 0.52, text, ha="center", va="center", size=8, color=ink, weight=weight, bbox=box)


def _appearance(row: Any) -> tuple[Any, str | None, str, str]:
    """Return face colour, hatch, text and text colour of a cell."""
    if row is None:
        return "white", None, "", palette.SOFT_INK
    if row.status in formatting.STATUS_WORDS:
        return "white", HATCH, formatting.STATUS_WORDS[row.status], palette.SOFT_INK
    if row.status == "not checked":
        return "white", HATCH, "unverified", palette.SOFT_INK
    if math.isnan(row.ratio_to_baseline):
        return "white", HATCH, "no ratio", palette.SOFT_INK
    text = formatting.ratio(row.ratio_to_baseline)
    if row.verdict == "baseline":
        return "white", None, "1", palette.INK
    if row.verdict.startswith(("same", "not enough", WITHIN_AA)):
        return palette.NOISE, None, text, palette.SOFT_INK
    face = _face(math.log2(row.ratio_to_baseline), pale=not row.verdict.startswith(("faster", "slower")))
    return face, None, text, "white" if _is_dark(face) else palette.INK


def _face(log2_ratio: float, pale: bool) -> Any:
    """Return the colour of a ratio; pale where there is no verdict for want of an interval."""
    place = 0.5 + 0.42 * max(-1.0, min(1.0, log2_ratio / SATURATION))
    # The middle of the colour map is almost white, so even the smallest difference starts beyond it.
    place += 0.08 * math.copysign(1, log2_ratio)
    colour = np.array(matplotlib.colormaps[COLOURS](place))
    return tuple(0.45 * colour + 0.55) if pale else tuple(colour)


def _is_dark(colour: Any) -> bool:
    """Return True where white text has more contrast than black."""
    return palette.luminance(colour[:3]) < 0.18


def _legend(sheet: Sheet, left: float, y: float) -> None:
    """Draw the key below the panels: the colours of the ratios, and those of cells without a colour of a ratio."""
    ratios = [1 / 8, 1 / 4, 1 / 2, 2, 4, 8]
    axes = sheet.axes(left, y, 6 * 0.42, 0.16)
    for place, value in enumerate(ratios):
        axes.add_patch(Rectangle((place, 0), 1, 1, facecolor=_face(math.log2(value), pale=False), linewidth=0))
    axes.set_xlim(0, 6)
    axes.set_xticks(np.arange(6) + 0.5, ["≤ ⅛", "¼", "½", "2", "4", "≥ 8"], size=7.5)
    axes.tick_params(length=0, pad=2)
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    x = left + KEY_FROM
    for text, (face, hatch) in KEY.items():
        key = sheet.axes(x, y, SWATCH, 0.16)
        key.set_axis_off()
        key.add_patch(Rectangle((0, 0), 1, 1, facecolor=face, hatch=hatch, edgecolor="#b9bcc2", linewidth=0))
        sheet.text(x + SWATCH + 0.06, sheet.top + y + 0.08, text, size=KEY_SIZE, color=palette.SOFT_INK)
        x += _key_width(text)


def _key_width(text: str) -> float:
    return SWATCH + text_width(text, KEY_SIZE) + 0.26
