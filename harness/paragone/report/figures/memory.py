"""Peak memory: the section of the report, and the figure of what training takes above the loaded state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from paragone.analyse.statuses import STATUSES_WITH_TIMES, was_finished
from paragone.report.figures import palette
from paragone.report.figures.figure import LEFT, Drawn, Sheet, batch_axis, log_axis, text_width
from paragone.report.figures.throughput import (
    LABEL_GAP,
    LABEL_SIZE,
    LEAST_HEIGHT,
    PANEL_WIDTH,
    label_lines,
    label_space,
)
from paragone.report.text import formatting, tables

if TYPE_CHECKING:
    from paragone.analyse.results import Results
    from paragone.store.reader import Run

# Linux counts a process's pages for each of its CPUs and adds them up only roughly: smaller differences mean nothing.
RESOLVED_MB = 0.5
MINI_BATCH = "the mini-batch itself"
HOW_TO_READ = (
    "Resident memory of a process and its children in MB (10⁶ bytes), each cell in a fresh process of its own that is "
    "never timed: the **peak** while it trains, and with a + what of it lies **above the loaded state**, for which "
    "`load` has been carried out and nothing trained. The loaded state is the interpreter, the libraries' code (also "
    "where other processes share it) and the implementation's own copy of the training set; the data set that all of "
    "them share is let go of before. What the first call compiles counts as above. Memory of a GPU does not count. "
    f"There is one process a cell, hence no interval; differences below {RESOLVED_MB} MB mean nothing."
)
WITH_LOADING = "On this system the peak of a process cannot be reset: peaks marked ≤ are those of loading too."


def section(results: Results) -> str:
    """Return a table per problem, dtype and number of threads, and the reasons of the gaps."""
    run, frame = results.run, results.summary
    failed = run.memory[run.memory["status"] == "failed"]
    if not frame["peak_memory_mb"].notna().any() and failed.empty:
        return f"Not measured: {_absence(run)}."
    parts = [HOW_TO_READ]
    if (frame["peak_memory_mb"].notna() & frame["memory_above_loaded_mb"].isna()).any():
        parts.append(WITH_LOADING)
    shown = formatting.presented(frame).assign(name=formatting.short_names(frame))
    shown = shown[shown["status"].isin(STATUSES_WITH_TIMES)]
    for _, cells in shown.groupby(["problem", "threads", "dtype"], sort=False):
        first = next(formatting.rows(cells))
        parts.append(
            f"### {formatting.code(first.problem)}, {first.dtype}, {formatting.plural(first.threads, 'thread')}: MB"
        )
        parts.append(_table(cells))
    reasons = [
        f"- {formatting.code(row.variant)} at batch {formatting.batch(row.batch_size)}: {formatting.escaped(row.reason)}"
        for row in formatting.rows(failed)
    ]
    return "\n\n".join([*parts, *(["Failed:\n\n" + "\n".join(reasons)] if reasons else [])])


def _absence(run: Run) -> str:
    """Return why a run has no memory at all."""
    if run.plan.memory_seconds is None:
        return "this run was made before memory was measured in a pass of its own"
    if run.plan.request is not None and not run.plan.request.memory:
        return "the pass was left out, as always with --quick. With it: paragone bench --memory"
    return "no cell was timed" if was_finished(run) else "the run was interrupted before it"


def _table(cells: pd.DataFrame) -> str:
    sizes = sorted(cells["batch_size"].unique())
    lines = []
    for name, line in cells.groupby("name", sort=False):
        by_size = {row.batch_size: row for row in formatting.rows(line)}
        entries = [_entry(by_size[size]) if size in by_size else "" for size in sizes]
        loaded = line["loaded_memory_mb"].median()
        lines.append([formatting.code(name), formatting.significant(loaded), *entries])
    return tables.table(["implementation", "loaded", *(f"batch {formatting.batch(size)}" for size in sizes)], lines)


def _entry(row: Any) -> str:
    if pd.isna(row.peak_memory_mb):
        return formatting.MISSING
    if pd.isna(row.memory_above_loaded_mb):
        return f"≤ {formatting.significant(row.peak_memory_mb)}"
    return f"**{formatting.significant(row.peak_memory_mb)}**<br>+ {_above(row.memory_above_loaded_mb)}"


def _above(megabytes: float) -> str:
    return f"{megabytes:.1f}" if megabytes >= RESOLVED_MB else f"< {RESOLVED_MB}"


def draw(cells: pd.DataFrame, name: str, pixels: int) -> Drawn | None:
    """Return peak memory above the loaded state over batch size, a panel per dtype; None where nothing is known.

    `cells` is the part of the summary of one problem and one number of threads; an image has `pixels` numbers.
    """
    cells = cells.assign(label=formatting.short_names(cells))
    shown = cells[~cells["control"] & cells["memory_above_loaded_mb"].notna()]
    if shown.empty:
        return None
    dtypes = sorted(shown["dtype"].unique())
    most = 1 + int(shown.groupby("dtype")["variant"].nunique().max())
    labels = [MINI_BATCH, *shown["label"]]
    gutter = label_space(most) + 0.2 + max(text_width(label, LABEL_SIZE, "bold") for label in labels)
    height = max(LEAST_HEIGHT, most * LABEL_GAP * 1.25)
    problem, threads = cells["problem"].iloc[0], int(cells["threads"].iloc[0])
    title = f"{problem}: peak memory above the loaded state, {formatting.plural(threads, 'thread')}"
    width = max(LEFT + len(dtypes) * (PANEL_WIDTH + gutter) + 0.1, 0.3 + text_width(title, 12.5, "bold"))
    sheet = Sheet(width, height + 0.95, title, [*_subtitle(shown), *_not_drawn(cells, shown)])
    image_mb = {dtype: pixels * np.dtype(dtype).itemsize / 1e6 for dtype in dtypes}
    high = max(shown["memory_above_loaded_mb"].max(), shown["batch_size"].max() * max(image_mb.values())) * 1.5
    for number, dtype in enumerate(dtypes):
        axes = sheet.axes(LEFT + number * (PANEL_WIDTH + gutter), 0.3, PANEL_WIDTH, height)
        _memory_axis(axes, high, labelled=number == 0)
        batch_axis(axes, sorted(shown["batch_size"].unique()))
        axes.set_title(f"{dtype} · MB (10⁶ bytes)", loc="left", size=9, color=palette.SOFT_INK)
        ends = [_draw_mini_batches(axes, int(shown["batch_size"].max()), image_mb[dtype])]
        ends += [_draw_line(axes, line) for _, line in shown[shown["dtype"] == dtype].groupby("variant", sort=True)]
        label_lines(axes, ends, height)
    caption = f"Peak memory above the loaded state over batch size, {problem}, {formatting.plural(threads, 'thread')}."
    return sheet.drawn(name, caption)


def _memory_axis(axes: Axes, high: float, labelled: bool) -> None:
    axes.set_yscale("log")
    axes.set_ylim(RESOLVED_MB / 1.25, high)
    log_axis(axes.yaxis, RESOLVED_MB / 1.25, high, lambda value: f"{value:g}")
    axes.yaxis.set_minor_locator(NullLocator())
    axes.tick_params(axis="y", labelleft=labelled)
    axes.grid(axis="y", color=palette.GRID, linewidth=0.7)
    axes.set_axisbelow(True)


def _draw_mini_batches(axes: Axes, largest: int, image_mb: float) -> tuple[float, float, str, str, bool]:
    """Draw the size of a mini-batch of images, up to the largest; return the end of the line as `_draw_line` does."""
    sizes = np.array([axes.get_xlim()[0], largest])
    axes.plot(sizes, sizes * image_mb, color=palette.SOFT_INK, linewidth=5, alpha=0.22, solid_capstyle="round")
    return largest, max(RESOLVED_MB, largest * image_mb), MINI_BATCH, palette.SOFT_INK, False


def _draw_line(axes: Axes, cells: pd.DataFrame) -> tuple[float, float, str, str, bool]:
    """Draw one variant; return where its line ends, its label, its colour, and whether it is the baseline."""
    cells = cells.sort_values("batch_size")
    row = next(formatting.rows(cells))
    style = palette.style(row)
    x, y = cells["batch_size"], cells["memory_above_loaded_mb"].clip(lower=RESOLVED_MB)
    axes.plot(x, y, linewidth=1.7, markersize=4, markeredgecolor="white", markeredgewidth=0.5, **style)
    return float(x.iloc[-1]), float(y.iloc[-1]), str(row.label), style["color"], row.verdict == "baseline"


def _subtitle(shown: pd.DataFrame) -> list[str]:
    floor = f" Below {RESOLVED_MB} MB, on the lowest line, it is not told apart."
    below = floor if (shown["memory_above_loaded_mb"] < RESOLVED_MB).any() else ""
    said = "Resident memory, children included, at its highest in training less that after loading; a process per cell."
    return [f"{said}{below}", *filter(None, [palette.key(shown)])]


def _not_drawn(cells: pd.DataFrame, shown: pd.DataFrame) -> Sequence[str]:
    """Return a line that names the variants that were timed and whose memory is not known."""
    timed = cells[~cells["control"] & cells["images_per_second"].notna()]
    absent = timed[~timed["variant"].isin(shown["variant"])].drop_duplicates("variant")
    words = [f"{row.label} {row.dtype}" for row in formatting.rows(absent)]
    return ["Not drawn: " + ", ".join(words) + "."] if words else []
