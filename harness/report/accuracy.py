"""Test accuracy, epoch by epoch, from the separate, untimed training pass."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from harness.report import palette, wording
from harness.report.canvas import LEFT, Drawn, Sheet, log_axis, text_width
from harness.report.throughput import LABEL_GAP, LABEL_SIZE, label_lines, label_space

WIDTH, HEIGHT, GAP = 2.9, 3.0, 0.55


def draw(curves: pd.DataFrame, name: str) -> Drawn | None:
    """Return accuracy over epochs beside accuracy over training time; None where no epoch was trained.

    `curves` has the rows of accuracy.jsonl of one problem, joined with what the plan says of their variants.
    """
    curves = curves[curves["epoch"] > 0]
    if curves.empty:
        return None
    curves = curves.assign(label=_labels(curves))
    curves = curves.assign(percent=100 * curves["correct"].astype(float) / curves["n_test"].astype(float))
    lines = list(curves.sort_values("epoch").groupby("label", sort=True))
    height = max(HEIGHT, len(lines) * LABEL_GAP * 1.05)
    gutter = label_space(len(lines)) + 0.2 + max(text_width(label, LABEL_SIZE) for label, _ in lines)
    problem = curves["problem"].iloc[0]
    sizes = ", ".join(wording.batch(int(size)) for size in sorted(curves["batch_size"].unique()))
    explanation = (
        "Left: lines that lie on one another have learnt the same. Right: what that took; training only, in a pass "
        "of its own, one launch, no interval."
    )
    title = f"{problem}: test accuracy, batch size {sizes}"
    sheet = Sheet(LEFT + 2 * WIDTH + GAP + gutter, height + 0.95, title, [explanation])
    by_epoch, by_time = (sheet.axes(LEFT + place * (WIDTH + GAP), 0.3, WIDTH, height) for place in (0, 1))
    _epoch_axis(by_epoch)
    by_time.set_xscale("log")
    times = curves["elapsed_s"].astype(float).clip(lower=1e-3)
    by_time.set_xlim(times.min() / 1.3, times.max() * 1.3)
    log_axis(by_time.xaxis, times.min(), times.max(), lambda value: f"{value:g}")
    by_time.set_xlabel("seconds of training")
    ends = []
    for label, line in lines:
        style = palette.style(next(line.itertuples()))
        last = line.iloc[-1]
        for axes, column in ((by_epoch, "epoch"), (by_time, "elapsed_s")):
            axes.plot(line[column].astype(float), line["percent"], linewidth=1.5, markersize=3.5, **style)
        ends.append((float(last["elapsed_s"]), float(last["percent"]), label, style["color"], False))
    for axes in (by_epoch, by_time):
        _percent_axis(axes, float(curves["percent"].min()), float(curves["percent"].max()))
    label_lines(by_time, ends, height)
    return sheet.drawn(name, f"Test accuracy per epoch, `{problem}`, batch size {sizes}.")


def _labels(curves: pd.DataFrame) -> pd.Series[str]:
    """Return names that tell the lines apart: the dtype and the batch size where they differ."""
    labels = wording.short_names(curves)
    for column, mark in (("dtype", " "), ("batch_size", " B=")):
        if (curves.groupby("implementation")[column].nunique() > 1).any():
            labels = labels + mark + curves[column].astype(str)
    return labels


def _epoch_axis(axes: Axes) -> None:
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.set_xlabel("epoch")


def _percent_axis(axes: Axes, low: float, high: float) -> None:
    room = max(0.5, 0.08 * (high - low))
    axes.set_ylim(low - room, min(100.0, high + room))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g} %"))
    axes.grid(axis="y", color=palette.GRID, linewidth=0.7)
    axes.set_axisbelow(True)
