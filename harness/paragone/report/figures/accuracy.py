"""Test accuracy by epoch and by training time, from the separate pass for learning curves."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from paragone.report.figures import palette
from paragone.report.figures.drawing import Drawing
from paragone.report.figures.figure import LEFT, Sheet, log_axis, text_width
from paragone.report.text import formatting
from paragone.report.text.rows import first_row, short_names

WIDTH, HEIGHT, GAP, ROW = 2.9, 3.0, 0.3, 0.17
LABEL_SIZE = 8.0
EXPLANATION = (
    "Left: coinciding lines have learnt the same; after many steps rounding alone may separate them. "
    "Right: training time only, in a pass of its own: one launch, no interval."
)
FEWER = "In brackets: the number of epochs, where training for all of them would have taken too long."


def draw(curves: pd.DataFrame, name: str) -> Drawing | None:
    """Draw accuracy over epochs beside accuracy over training time; None where no epoch was trained.

    `curves` are the rows of accuracy.jsonl for one problem, joined with the variants of the plan.
    """
    curves = curves[curves["epoch"] > 0]
    if curves.empty:
        return None
    curves = curves.assign(label=_labels(curves))
    curves = curves.assign(percent=100 * curves["correct"].astype(float) / curves["n_test"].astype(float))
    lines = [line for _, line in curves.sort_values("epoch").groupby("label", sort=True)]
    lines.sort(key=lambda line: float(line["elapsed_s"].iloc[-1]))
    height = max(HEIGHT, (len(lines) + 1) * ROW)
    names = max(text_width(str(line["label"].iloc[0]), LABEL_SIZE) for line in lines)
    problem = curves["problem"].iloc[0]
    sizes = ", ".join(formatting.size(int(size)) for size in sorted(curves["size"].unique()))
    title = f"{problem}: test accuracy, batch size {sizes}"
    shorter = [FEWER] if curves["label"].str.contains(r"\(\d+ epochs?\)$").any() else []
    sheet = Sheet(LEFT + 2 * (WIDTH + GAP) + names + 1.75, height + 0.95, title, [EXPLANATION, *shorter])
    by_epoch, by_time = (sheet.axes(LEFT + place * (WIDTH + GAP), 0.3, WIDTH, height) for place in (0, 1))
    for line in lines:
        style = palette.style(first_row(line))
        for axes, column in ((by_epoch, "epoch"), (by_time, "elapsed_s")):
            axes.plot(line[column].astype(float), line["percent"], linewidth=1.5, markersize=3.5, **style)
    by_epoch.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    by_epoch.set_xlabel("epoch")
    _time_axis(by_time, curves["elapsed_s"].astype(float).clip(lower=1e-3))
    for axes in (by_epoch, by_time):
        _percent_axis(axes, float(curves["percent"].min()), float(curves["percent"].max()))
    by_time.tick_params(axis="y", labelleft=False)
    _key(sheet, lines, LEFT + 2 * (WIDTH + GAP), names)
    return sheet.drawing(name, f"Test accuracy per epoch, {problem}, batch size {sizes}.")


def _key(sheet: Sheet, lines: Sequence[pd.DataFrame], x: float, names: float) -> None:
    """Write the legend to the right of the panels, fastest first, with the final accuracy and the training time."""
    y = sheet.top + 0.35
    right = x + 0.25 + names
    for edge, heading in ((right + 0.7, "reached"), (right + 1.35, "after")):
        sheet.text(edge, y, heading, size=LABEL_SIZE, color=palette.SOFT_INK, ha="right")
    for number, line in enumerate(lines, start=1):
        last = line.iloc[-1]
        style = palette.style(first_row(line))
        at = y + number * ROW
        across, along = [x / sheet.width, (x + 0.18) / sheet.width], [1 - at / sheet.height] * 2
        sheet.figure.add_artist(Line2D(across, along, linewidth=1.5, markersize=3.5, **style))
        ink = {"size": LABEL_SIZE, "color": style["color"]}
        sheet.text(x + 0.25, at, str(last["label"]), **ink)
        sheet.text(right + 0.7, at, f"{last['percent']:.2f} %", ha="right", **ink)
        sheet.text(right + 1.35, at, formatting.seconds(float(last["elapsed_s"])), ha="right", **ink)


def _labels(curves: pd.DataFrame) -> pd.Series[str]:
    """Return unique names for the lines: with dtype or batch size where these differ, with the epochs where fewer."""
    labels = short_names(curves)
    for column, mark in (("dtype", " "), ("size", " B=")):
        if (curves.groupby("implementation")[column].nunique() > 1).any():
            labels = labels + mark + curves[column].astype(str)
    epochs = curves.groupby(["variant", "size"])["epoch"].transform("max")
    suffix = " (" + epochs.map(lambda count: formatting.plural(int(count), "epoch")) + ")"
    return labels.where(epochs == epochs.max(), labels + suffix)


def _time_axis(axes: Axes, times: pd.Series[float]) -> None:
    axes.set_xscale("log")
    axes.set_xlim(times.min() / 1.3, times.max() * 1.3)
    log_axis(axes.xaxis, times.min() / 1.3, times.max() * 1.3, lambda value: f"{value:g}")
    axes.set_xlabel("seconds of training")


def _percent_axis(axes: Axes, low: float, high: float) -> None:
    room = max(0.5, 0.08 * (high - low))
    axes.set_ylim(low - room, min(100.0, high + room))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g} %"))
    axes.grid(axis="y", color=palette.GRID, linewidth=0.7)
    axes.set_axisbelow(True)
