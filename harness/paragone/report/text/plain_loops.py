"""The section on plain loops: what each language makes of the loops that everybody would write, beside C."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from paragone.analyse.plain_loops import REFERENCE
from paragone.analyse.statuses import STATUSES_WITH_TIMES
from paragone.analyse.verdicts import ONE_LAUNCH, WITHIN_AA
from paragone.report.text import formatting, markdown
from paragone.report.text.rows import each_row, first_row, grid_label, lines_fastest_first, short_names

if TYPE_CHECKING:
    from paragone.analyse.results import Results
    from paragone.task.problem import Words

HEADING = "What a plain loop costs in each language"
EXPLANATION = """\
These implementations declare that every product is a loop of their own. **×** is the speed relative to the fastest of
them in C at the same {one_size}, from samples of the same round. The **first call** of a fresh process is at the
smallest {one_size}, and stands beside the same work once it is warm: what is compiled while it runs is in it. The
**next** sample is the warm-up: above 1×, something was left to be compiled. **Lines** are those of its own maths
files, without blank ones."""
WITHOUT_C = "None of them in C was verified in this run, so there is nothing to compare them with."
HEADINGS = ["implementation", "language", "lines"]
FEWEST = 2  # implementations with a time, for a comparison


def section(results: Results) -> str:
    """Return the explanation and a table per grid, the fastest first; "" where fewer than two declare plain loops."""
    found = results.plain_loops
    timed = found[found["status"].isin(STATUSES_WITH_TIMES)]
    if timed["implementation"].nunique() < FEWEST:
        return ""
    plan = results.run.plan
    spoken = plan.words_of()
    parts = [EXPLANATION.format(one_size=spoken.one_size)]
    if not (timed["verdict"] == REFERENCE).any():
        parts.append(WITHOUT_C)
    named = timed.assign(name=short_names(timed))
    for _, cells in named.groupby(["problem", "threads", "dtype"], sort=False):
        if here := grid_label(results.summary, first_row(cells)):
            parts.append(f"### {here.removesuffix(': ')}")
        parts.append(_table(cells, plan.words_of(first_row(cells).problem)))
    return "\n\n".join(parts)


def _table(cells: pd.DataFrame, spoken: Words) -> str:
    sizes = sorted(cells["size"].unique())
    at_sizes = [f"{spoken.at_size} {formatting.size(size)}" for size in sizes]
    lines = [_line(name, line, sizes, spoken) for name, line in lines_fastest_first(cells)]
    return markdown.table([*HEADINGS, *at_sizes, "first call", "next"], lines)


def _line(name: str, line: pd.DataFrame, sizes: list[int], spoken: Words) -> list[str]:
    by_size = {row.size: row for row in each_row(line)}
    first = by_size[min(by_size)]
    return [
        markdown.code(name),
        markdown.escaped(first.language),
        str(first.maths_lines),
        *(_cell(by_size[size], spoken.rate) if size in by_size else "" for size in sizes),
        _times_warm(formatting.seconds(first.cold_seconds), first.cold_ratio),
        _times_warm("", first.warmup_ratio),
    ]


def _cell(row: Any, unit: str) -> str:
    """Return the speed, and below it the ratio to C with its interval and its verdict."""
    speed = f"**{formatting.rate_of(row.work_per_second, unit)}**"
    if row.status == "not checked":
        return f"{speed}<br>*not verified*"
    if row.verdict in ("", REFERENCE):
        return f"{speed}<br>1×" if row.verdict else speed
    compared = formatting.ratio_with_interval(row.ratio, row.ratio_low, row.ratio_high)
    if row.verdict == WITHIN_AA:
        return f"{speed}<br>≈ {compared}"
    return "<br>".join(filter(None, [speed, compared, "" if row.verdict == ONE_LAUNCH else row.verdict]))


def _times_warm(seconds: str, ratio: float) -> str:
    known = f"{formatting.significant(ratio, 2)}×" if math.isfinite(ratio) else formatting.MISSING
    return f"{seconds}<br>{known}" if seconds else known
