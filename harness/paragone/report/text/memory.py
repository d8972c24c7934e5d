"""The section on memory: the peak of each cell, and how much of it lies above the loaded state."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pandas as pd

from paragone.analyse.statuses import STATUSES_WITH_TIMES, was_finished
from paragone.report.text import formatting, markdown
from paragone.report.text.rows import each_row, first_row, short_names, shown_rows

if TYPE_CHECKING:
    from paragone.analyse.results import Results
    from paragone.store.reader import Run

# Linux counts a process's pages per CPU and adds the counts up only roughly: smaller differences mean nothing.
RESOLVED_MB = 0.5
HOW_TO_READ = (
    "Resident memory of a process and its children in MB (10⁶ bytes), each cell in a fresh process of its own that is "
    "never timed: the **peak** in {doing} and, after the +, its part **above the loaded state**, in which `load` has "
    "run and nothing has been {done}. The loaded state is the interpreter, the libraries' code (also where other "
    "processes share it) and {held}. "
    "Code compiled by the first call counts as above. Memory of a GPU does not count. There is one "
    f"process for each cell, hence no interval; differences below {RESOLVED_MB} MB mean nothing."
)
WITH_LOADING = "On this system the peak of a process cannot be reset: peaks marked ≤ include loading."


def section(results: Results) -> str:
    run, frame = results.run, results.summary
    failed = run.memory[run.memory["status"] == "failed"]
    if not frame["peak_memory_mb"].notna().any() and failed.empty:
        return f"Not measured: {_absence(run)}."
    parts = [HOW_TO_READ.format(**asdict(run.plan.words_of()))]
    if (frame["peak_memory_mb"].notna() & frame["memory_above_loaded_mb"].isna()).any():
        parts.append(WITH_LOADING)
    shown = shown_rows(frame).assign(name=short_names(frame))
    shown = shown[shown["status"].isin(STATUSES_WITH_TIMES)]
    for _, cells in shown.groupby(["problem", "threads", "dtype"], sort=False):
        first = first_row(cells)
        parts.append(
            f"### {markdown.code(first.problem)}, {first.dtype}, {formatting.plural(first.threads, 'thread')}: MB"
        )
        parts.append(_table(cells, run.plan.words_of(first.problem).at_size))
    reasons = [
        f"- {markdown.code(row.variant)} at {run.plan.words_of(row.problem).at_size} {formatting.size(row.size)}: "
        f"{markdown.escaped(row.reason)}"
        for row in each_row(failed)
    ]
    return "\n\n".join([*parts, *(["Failed:\n\n" + "\n".join(reasons)] if reasons else [])])


def _absence(run: Run) -> str:
    """Return why the run has no memory at all."""
    if run.plan.memory_seconds is None:
        return "this run was made before memory was measured in a pass of its own"
    if run.plan.request is not None and not run.plan.request.memory:
        return "the pass was left out, as always with --quick. With it: paragone bench --memory"
    return "no cell was timed" if was_finished(run) else "the run was interrupted before it"


def _table(cells: pd.DataFrame, at_size: str) -> str:
    sizes = sorted(cells["size"].unique())
    lines = []
    for name, line in cells.groupby("name", sort=False):
        by_size = {row.size: row for row in each_row(line)}
        entries = [_entry(by_size[size]) if size in by_size else "" for size in sizes]
        loaded = line["loaded_memory_mb"].dropna().median()
        lines.append([markdown.code(name), formatting.significant(loaded), *entries])
    return markdown.table(
        ["implementation", "loaded", *(f"{at_size} {formatting.size(size)}" for size in sizes)], lines
    )


def _entry(row: Any) -> str:
    if pd.isna(row.peak_memory_mb):
        return formatting.MISSING
    if pd.isna(row.memory_above_loaded_mb):
        return f"≤ {formatting.significant(row.peak_memory_mb)}"
    return f"**{formatting.significant(row.peak_memory_mb)}**<br>+ {_above(row.memory_above_loaded_mb)}"


def _above(megabytes: float) -> str:
    return f"{megabytes:.1f}" if megabytes >= RESOLVED_MB else f"< {RESOLVED_MB}"
