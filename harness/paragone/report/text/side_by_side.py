"""The section on a live comparison: the two versions, and B against A cell by cell."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from paragone.analyse.verdicts import surely_slower
from paragone.comparison.side_by_side import counted, labels, newly_failed, side_by_side, why_not_compared
from paragone.report.text import formatting, markdown
from paragone.report.text.rows import each_row, first_row

if TYPE_CHECKING:
    from paragone.analyse.results import Results
    from paragone.store.plan_records import Plan
    from paragone.store.reader import Run

HOW = (
    "Both versions were measured in the same rounds by the same harness and adapters, those of this tree; only the "
    "sources of the implementations differ. Above 1, B is faster. Intervals and verdicts are made like all others "
    "here, with the margins of this run's A/A control."
)


def sections(results: Results) -> list[tuple[str, str]]:
    """Return heading and text; empty for a run that compares no versions."""
    if labels(results.run) is None:
        return []
    return [("## B against A", text(results.run, side_by_side(results)))]


def text(run: Run, cells: pd.DataFrame) -> str:
    """Return the comparison in Markdown, without its heading."""
    live = run.plan.live
    assert live is not None
    versions = [f"- **{name}**: {markdown.escaped(version.words)}" for name, version in (("A", live.a), ("B", live.b))]
    parts = [
        "\n".join(versions),
        markdown.escaped(answer(cells, live.fail_slower, run.plan)),
        *_tables(cells, run.plan),
        _left_out(live.left_out),
        HOW,
    ]
    return "\n\n".join(part for part in parts if part)


def answer(cells: pd.DataFrame, allowed: float, plan: Plan) -> str:
    """Return the comparison in sentences: the number of cells with each verdict, and what B made worse."""
    counts = counted(cells)
    lines = [f"B against A, {formatting.plural(len(cells), 'cell')}: "]
    lines[0] += ", ".join(f"{n} {word}" for word, n in counts.items()) + "."
    worse, failed = surely_slower(cells, allowed), newly_failed(cells)
    if len(failed):
        lines.append(f"B fails where A passes: {_named(failed, plan)}.")
    beyond = f"more than {100 * allowed:g} % longer for a step"
    lines.append(
        f"B surely takes {beyond}: {_named(worse, plan)}." if len(worse) else f"No cell surely takes {beyond}."
    )
    return " ".join(lines)


def _named(cells: pd.DataFrame, plan: Plan) -> str:
    """Return the names of cells, with the sizes of a variant together."""
    names = []
    for _, rows in cells.groupby(["problem", "compared", "threads"], sort=False):
        first = first_row(rows)
        threads = f", {formatting.plural(first.threads, 'thread')}" if first.threads > 1 else ""
        sizes = ", ".join(map(formatting.size, rows["size"]))
        names.append(f"{first.problem} {first.compared}{threads} at {plan.words_of(first.problem).at_size} {sizes}")
    return "; ".join(names)


def _tables(cells: pd.DataFrame, plan: Plan) -> list[str]:
    parts = []
    for _, rows in cells.groupby(["problem", "compared", "threads"], sort=False):
        first = first_row(rows)
        threads = formatting.plural(first.threads, "thread")
        parts.append(f"### {markdown.code(first.compared)}, {markdown.code(first.problem)}, {threads}")
        spoken = plan.words_of(first.problem)
        speeds = [f"{letter}, {spoken.rate}" for letter in "AB"]
        headings = [spoken.size, *speeds, "speed of B relative to A", ""]
        parts.append(markdown.table(headings, [_line(row, spoken.rate) for row in each_row(rows)]))
    return parts


def _line(row: Any, unit: str) -> list[str]:
    speeds = [speed(row.status_a, row.work_per_second_a, unit), speed(row.status_b, row.work_per_second_b, unit)]
    if math.isnan(row.ratio):
        return [formatting.size(row.size), *speeds, "", markdown.escaped(why_not_compared(row))]
    ratio = f"**{formatting.ratio(row.ratio)}** {formatting.ratio_interval(row.ratio_low, row.ratio_high)}".strip()
    return [formatting.size(row.size), *speeds, ratio, row.verdict]


def speed(status: str, work_per_second: float, unit: str) -> str:
    """Return the rate of a side below a heading with its unit, or its status where it has none."""
    return formatting.rate_of(work_per_second, unit) if math.isfinite(work_per_second) else f"*{status}*"


def left_out_by_reason(left_out: Mapping[str, str]) -> dict[str, list[str]]:
    """Return reason → the implementations that were not measured for it."""
    by_reason: dict[str, list[str]] = {}
    for name, reason in left_out.items():
        by_reason.setdefault(reason, []).append(name)
    return by_reason


def _left_out(left_out: Mapping[str, str]) -> str:
    lines = [
        f"- {markdown.escaped(reason)}: {', '.join(map(markdown.code, names))}"
        for reason, names in left_out_by_reason(left_out).items()
    ]
    return "\n".join(["Left out:", "", *lines]) if lines else ""
