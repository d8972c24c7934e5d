"""Markdown tables: the summary per problem and dtype, what has no time, and plain pairs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from paragone.analyse.statuses import STATUSES_WITH_TIMES
from paragone.report.text import formatting
from paragone.report.text.repro import meeting_command
from paragone.store.plan_records import Plan

# "not measured" and "unavailable" say themselves what would change that.
REPEATABLE = ("failed", "rejected", "not checked")


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; the cells must have been made safe before."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def summary_tables(frame: pd.DataFrame) -> str:
    """Return one table per problem, thread count and dtype: implementation × batch size."""
    parts = []
    shown = formatting.presented(frame).assign(name=formatting.short_names(frame))
    for _, cells in shown.groupby(["problem", "threads", "dtype"], sort=False):
        first = next(formatting.rows(cells))
        sizes = sorted(cells["batch_size"].unique())
        parts.append(
            f"### {formatting.code(first.problem)}, {first.dtype}, {formatting.plural(first.threads, 'thread')}"
        )
        lines = []
        for _, line in cells.groupby("name", sort=False):
            by_size = {row.batch_size: row for row in formatting.rows(line)}
            entries = [_cell(by_size[size]) if size in by_size else "" for size in sizes]
            lines.append([formatting.code(line["name"].iloc[0]), *entries])
        parts.append(table(["implementation", *(f"batch {formatting.batch(size)}" for size in sizes)], lines))
    return "\n\n".join(parts)


def _cell(row: Any) -> str:
    """Return throughput and interval above ratio, interval and verdict; or the status where there is no time."""
    if row.status not in STATUSES_WITH_TIMES:
        return f"*{row.status}*"
    interval = formatting.rate_interval(row.images_per_second_low, row.images_per_second_high, row.images_per_second)
    speed = f"**{formatting.rate(row.images_per_second)}** {interval}".strip()
    if not math.isnan(row.share_of_limit):
        speed += f"<br>{formatting.percent(row.share_of_limit)} of the limit"
    if row.status == "not checked":
        return f"{speed}<br>{'baseline, ' * (row.verdict == 'baseline')}*not verified*"
    if row.verdict == "baseline":
        return f"{speed}<br>baseline"
    compared = formatting.ratio_with_interval(row.ratio_to_baseline, row.ratio_low, row.ratio_high)
    return f"{speed}<br>{compared}<br>{row.verdict}"


def control_table(frame: pd.DataFrame) -> str:
    """Return what A/A showed, one line per cell of the control."""
    lines = [
        [
            formatting.code(row.problem),
            row.dtype,
            formatting.batch(row.batch_size),
            str(row.threads),
            formatting.ratio_with_interval(row.ratio_to_baseline, row.ratio_low, row.ratio_high),
            row.verdict.removeprefix("A/A: ") or row.status,
        ]
        for row in formatting.rows(frame[frame["control"]])
    ]
    return table(["problem", "dtype", "batch size", "threads", "ratio to itself", "says"], lines) if lines else ""


def gaps_table(frame: pd.DataFrame, plan: Plan) -> str:
    """Return the cells without a time or without a full check: status, reason, and the command that repeats it.

    Batch sizes of a variant with the same status and reason share a line.
    """
    gaps = frame[frame["status"] != "passed"]
    keys = ["problem", "variant", "threads", "status", "reason"]
    lines = []
    for _, cells in gaps.groupby(keys, sort=False):
        cells = cells.sort_values("batch_size")
        row, sizes = next(formatting.rows(cells)), cells["batch_size"]
        again = formatting.code(meeting_command(plan, row)) if row.status in REPEATABLE else ""
        listed = ", ".join(formatting.batch(size) for size in sizes)
        lines.append([formatting.code(row.variant), listed, row.status, formatting.escaped(row.reason), again])
    return table(["variant", "batch size", "status", "why", "see for yourself"], lines) if lines else ""


def pairs(entries: Iterable[tuple[str, str]]) -> str:
    """Return a table of two columns without headings, entries without a value left out."""
    return table(["", ""], [[name, value] for name, value in entries if value])
