"""The section on gaps: what failed, was too fast, was not measured or not checked, with the reason for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from paragone.report.text import formatting, markdown
from paragone.report.text.repro import repro_command
from paragone.report.text.rows import each_row, first_row

if TYPE_CHECKING:
    from paragone.analyse.results import Results
    from paragone.store.plan_records import Plan

HEADING = "Failed, too fast, skipped, not measured, not checked"
# The reasons of "not measured" and "unavailable" already name the command that changes them.
REPEATABLE = ("failed", "rejected", "too fast", "not checked")


def section(results: Results) -> str:
    run = results.run
    unusable = [
        [markdown.code(entry.name), "cannot be used", markdown.escaped(entry.reason)] for entry in run.plan.unusable
    ]
    untrained = run.outcomes[(run.outcomes["stage"] == "accuracy") & (run.outcomes["status"] != "passed")]
    unstressed = run.outcomes[(run.outcomes["stage"] == "stress") & (run.outcomes["status"] == "not checked")]
    parts = [
        gaps_table(results.summary, run.plan),
        markdown.table(["implementation", "", "why"], unusable) if unusable else "",
        markdown.bullets(
            f"accuracy of {markdown.code(row.variant)}: {markdown.escaped(row.reason)}" for row in each_row(untrained)
        ),
        markdown.bullets(
            _unstressed(cells, run.plan)
            for _, cells in unstressed.groupby(["problem", "variant", "reason"], sort=False)
        ),
    ]
    return "\n\n".join(part for part in parts if part) or "Nothing: every planned cell was measured and checked."


def _unstressed(cells: pd.DataFrame, plan: Plan) -> str:
    """Return a sentence for outcomes of one variant with one reason."""
    first = first_row(cells)
    sizes = ", ".join(map(formatting.size, sorted(cells["size"].astype(int).unique())))
    at = f"{plan.words_of(first.problem).at_size} {sizes}"
    return f"stress problem of {markdown.code(first.variant)} at {at}: {markdown.escaped(first.reason)}"


def gaps_table(frame: pd.DataFrame, plan: Plan) -> str:
    """Return a table of the cells without a time or a full check: status, reason, and a command to reproduce it.

    Sizes of a variant with the same status and reason share a line.
    """
    gaps = frame[frame["status"] != "passed"]
    keys = ["problem", "variant", "threads", "status", "reason"]
    lines = []
    for _, cells in gaps.groupby(keys, sort=False):
        cells = cells.sort_values("size")
        row = first_row(cells)
        sizes = ", ".join(map(formatting.size, cells["size"]))
        command = markdown.code(repro_command(plan, row)) if row.status in REPEATABLE else ""
        lines.append([markdown.code(row.variant), sizes, row.status, markdown.escaped(row.reason), command])
    headings = ["variant", plan.words_of().size, "status", "why", "see for yourself"]
    return markdown.table(headings, lines) if lines else ""
