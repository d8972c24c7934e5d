"""The section on other languages: what a call costs, what was built, and what lies outside a program's own clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from paragone.report.text import formatting, tables
from paragone.store.plan_records import CallCostRow

if TYPE_CHECKING:
    from paragone.store.reader import Run

BRIDGES = {"c": "shared library (C ABI)", "julia": "Julia in the same process", "process": "program of its own"}
WHAT_A_CALL_IS = (
    "A sample makes one call, however many steps it takes. These are the costs of a call on an implementation that "
    "trains nothing; they are part of every time and subtracted from none."
)


def section(run: Run) -> str:
    """Return what there is to say of the languages that are reached through a bridge; empty where there is none."""
    calls, built, clocks = _calls(run.plan.calls), _built(run), _clocks(run)
    parts = [f"{WHAT_A_CALL_IS}\n\n{calls}" if calls else "", clocks, built]
    return "\n\n".join(part for part in parts if part)


def _calls(rows: Sequence[CallCostRow]) -> str:
    """Return a table with a line for each bridge and a column for each size of a call."""
    if not rows:
        return ""
    sizes = sorted({row.n_images for row in rows})
    found = {(row.bridge, row.n_images): row for row in rows}
    lines = [
        [BRIDGES.get(bridge, formatting.escaped(bridge)), *(_cost(found.get((bridge, size))) for size in sizes)]
        for bridge in dict.fromkeys(row.bridge for row in rows)
    ]
    header = ["a call with", *(f"{formatting.batch(size)} {'image' if size == 1 else 'images'}" for size in sizes)]
    return tables.table(header, lines)


def _cost(row: CallCostRow | None) -> str:
    if row is None:
        return ""
    seconds = row.call_seconds
    return formatting.escaped(row.reason) if seconds is None else formatting.seconds(seconds)


def _clocks(run: Run) -> str:
    """Return a sentence for each variant whose program has a clock: how much of a sample lies outside of it."""
    timed = run.samples[(run.samples["kind"] == "timed") & run.samples["runner_ns"].notna()]
    if timed.empty:
        return ""
    outside = 1 - timed["runner_ns"].astype(float) / timed["elapsed_ns"].astype(float)
    lines = [
        [
            formatting.code(str(variant)),
            formatting.percent(float(shares.median())),
            formatting.percent(float(shares.max())),
        ]
        for variant, shares in outside.groupby(timed["variant"])
    ]
    said = "The share of a sample that lies outside the program's own clock: the pipe, and waking up."
    return f"{said}\n\n" + tables.table(["", "median", "largest"], lines)


def _built(run: Run) -> str:
    """Return a table of what the variants were built with or started as, variants with the same receipt in one line."""
    receipts: dict[str, list[str]] = {}
    for row in formatting.rows(run.launches):
        if isinstance(row.build_info, Mapping) and row.build_info:
            words = "; ".join(f"{name}: {value}" for name, value in row.build_info.items())
            receipts.setdefault(words, [])
            if row.variant not in receipts[words]:
                receipts[words].append(row.variant)
    lines = [
        [", ".join(map(formatting.code, sorted(variants))), formatting.escaped(words)]
        for words, variants in sorted(receipts.items(), key=lambda entry: sorted(entry[1]))
    ]
    return tables.table(["", "built or started as"], lines) if lines else ""
