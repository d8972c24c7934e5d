"""The section on other languages: the cost of a call, what was built, the share outside a program's own clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from paragone.report.text import formatting, markdown
from paragone.report.text.rows import each_row

if TYPE_CHECKING:
    from paragone.store.plan_records import CallCostRow
    from paragone.store.reader import Run
    from paragone.task.problem import Words

ADAPTERS = {"c": "shared library (C ABI)", "julia": "Julia in the same process", "process": "program of its own"}
INTRODUCTION = (
    "A sample makes one call, however many steps it takes. These are the costs of a call on an implementation that "
    "{does} nothing; they are part of every time and subtracted from none."
)


def section(run: Run) -> str:
    spoken = run.plan.words_of()
    calls, built, clocks = _calls(run.plan.calls, spoken), _built(run), _clocks(run)
    parts = [f"{INTRODUCTION.format(does=spoken.does)}\n\n{calls}" if calls else "", clocks, built]
    return "\n\n".join(part for part in parts if part)


def _calls(rows: Sequence[CallCostRow], spoken: Words) -> str:
    """Return a table with a row for each adapter and a column for each size of a call."""
    if not rows:
        return ""
    sizes = sorted({row.size for row in rows})
    by_place = {(row.bridge, row.size): row for row in rows}
    lines = [
        [ADAPTERS.get(bridge, markdown.escaped(bridge)), *(_cost(by_place.get((bridge, size))) for size in sizes)]
        for bridge in dict.fromkeys(row.bridge for row in rows)
    ]
    header = ["a call with", *(_in_words(size, spoken) for size in sizes)]
    return markdown.table(header, lines)


def _in_words(size: int, spoken: Words) -> str:
    """Return "1 distance", "60 000 distances": a step of that size."""
    return f"{formatting.size(size)} {spoken.unit.removesuffix('s') if size == 1 else spoken.unit}"


def _cost(row: CallCostRow | None) -> str:
    if row is None:
        return ""
    seconds = row.call_seconds
    return markdown.escaped(row.reason) if seconds is None else formatting.seconds(seconds)


def _clocks(run: Run) -> str:
    """Return a table of the variants whose program has a clock: the share of a sample outside of it."""
    timed = run.samples[(run.samples["kind"] == "timed") & run.samples["runner_ns"].notna()]
    if timed.empty:
        return ""
    outside = 1 - timed["runner_ns"].astype(float) / timed["elapsed_ns"].astype(float)
    lines = [
        [
            markdown.code(str(variant)),
            formatting.percent(float(shares.median())),
            formatting.percent(float(shares.max())),
        ]
        for variant, shares in outside.groupby(timed["variant"])
    ]
    explanation = "The share of a sample outside the program's own clock: the pipe, and waking up."
    return f"{explanation}\n\n" + markdown.table(["", "median", "largest"], lines)


def _built(run: Run) -> str:
    """Return a table of the variants' build information; variants with the same share a line."""
    variants_by_build: dict[str, list[str]] = {}
    for row in each_row(run.launches):
        if isinstance(row.build_info, Mapping) and row.build_info:
            build = "; ".join(f"{name}: {value}" for name, value in row.build_info.items())
            variants_by_build.setdefault(build, [])
            if row.variant not in variants_by_build[build]:
                variants_by_build[build].append(row.variant)
    lines = [
        [", ".join(map(markdown.code, sorted(variants))), markdown.escaped(build)]
        for build, variants in sorted(variants_by_build.items(), key=lambda entry: sorted(entry[1]))
    ]
    return markdown.table(["", "built or started as"], lines) if lines else ""
