"""The gallery: what was compared, one table of all languages and kernels, how to read it, where each run lies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from paragone.analyse.verdicts import ONE_LAUNCH
from paragone.comparison.comparable import name_of
from paragone.comparison.gallery import Column, gap, languages_of, seconds_of_calls
from paragone.report.text import formatting, markdown
from paragone.report.text.machines import machine_name
from paragone.report.text.markdown import Sections
from paragone.report.text.rows import each_row, first_row, short_names

if TYPE_CHECKING:
    import pandas as pd

TABLE = "## Every language, every kernel"
CALL_COST = "a call costs"
HOW_TO_READ = """\
- **×** is the speed of a language's fastest way, relative to the baseline of the *same* kernel, from samples of the
  same round; in brackets its 95 % interval, then the verdict, the implementation, its lines of maths, and how far its
  other ways go. A ratio is of one kernel. None is averaged: what a language is good at is the shape of its row.
- **A call costs**: what each of many calls takes with a function that does nothing, in a loop on the other side of the
  boundary; the least and the most of all kernels. It is part of every time, and subtracted from none.
- An empty place: there is none, or the run was not asked for it. *not measured*: a step takes too long, or the run
  says why."""


def gallery_sections(columns: Sequence[Column]) -> Sections:
    """The sections of gallery.md, in their order; those of the page but for the table, which it draws itself."""
    return [
        (f"# paragone: {formatting.plural(len(columns), 'kernel')} beside each other", lead(columns)),
        ("## What is compared", _kernels(columns)),
        (TABLE, _table(columns)),
        ("## How to read this", HOW_TO_READ),
        ("## To repeat it", markdown.code_block(_commands(columns))),
    ]


def lead(columns: Sequence[Column]) -> str:
    """Return "AMD EPYC, 2 CPUs · 1 thread · float64 · 5 launches each · 2026-01-02"."""
    run = columns[0].results.run
    launches = {column.results.run.plan.launches for column in columns}
    days = sorted({column.results.run.plan.created[:10] for column in columns})
    parts = [
        machine_name(run),
        " and ".join(formatting.plural(count, "thread") for count in sorted({c.threads for c in columns})),
        " and ".join(sorted({column.dtype for column in columns})),
        f"{' or '.join(formatting.plural(count, 'launch') for count in sorted(launches))} each"
        + ", no intervals and no verdicts" * (launches == {1}),
        " to ".join(dict.fromkeys((days[0], days[-1]))),
    ]
    return " · ".join(map(markdown.escaped, parts))


def _kernels(columns: Sequence[Column]) -> str:
    lines = []
    for column in columns:
        words, run = column.problem.words, column.results.run
        link = f"[{markdown.code(column.problem.name)}](../{name_of(run)}/report.html)"
        lines.append(
            [
                link,
                markdown.escaped(column.problem.description),
                f"{words.at_size} {formatting.size(column.size)}",
                markdown.code(run.plan.baseline),
                _fastest(column),
                formatting.percent(float(column.cells["margin"].max())),
            ]
        )
    return markdown.table(["kernel", "what is computed", "at", "baseline", "fastest", "noise"], lines)


def _commands(columns: Sequence[Column]) -> list[tuple[str, str]]:
    runs = {column.results.run.plan.run: column.results.run for column in columns}
    return [(run.plan.command, ", ".join(map(formatting.one_line, run.plan.problems))) for run in runs.values()]


def _fastest(column: Column) -> str:
    """Return "`c_blas`", with those that cannot be told apart from it."""
    found = column.fastest
    names = dict(zip(column.cells["variant"], short_names(column.cells), strict=True))
    first = [names[row.variant] for row in each_row(found) if row.verdict == "fastest"]
    others = [names[row.variant] for row in each_row(found) if row.verdict != "fastest"]
    told = [markdown.code(name) for name in [*first, *others]]
    return f"{told[0]}; not told apart: {', '.join(told[1:])}" if len(told) > 1 else "".join(told)


def _table(columns: Sequence[Column]) -> str:
    lines = [
        [
            markdown.escaped(language),
            call_cost(columns, language),
            *("<br>".join(entry(column.of_language(language), column)) for column in columns),
        ]
        for language in languages_of(columns)
    ]
    return markdown.table(["", CALL_COST, *(markdown.code(column.problem.name) for column in columns)], lines)


def call_cost(columns: Sequence[Column], language: str) -> str:
    """Return "2.1 ns to 4 ns", "2.1 ns", or "" where none was measured."""
    least, most = seconds_of_calls(columns, language)
    if math.isnan(least):
        return ""
    return " to ".join(dict.fromkeys((formatting.seconds(least), formatting.seconds(most))))


def entry(cells: pd.DataFrame, column: Column) -> list[str]:
    """Return the lines of Markdown about one language and kernel: ratio, verdict, implementation, the other ways."""
    timed = cells[cells["ratio_to_baseline"].notna()]
    if timed.empty:
        return [f"*{reason}*"] if (reason := gap(cells)) else []
    best = best_of(cells)
    names = dict(zip(column.cells["variant"], short_names(column.cells), strict=True))
    ratio = formatting.ratio(best.ratio_to_baseline)
    interval = formatting.ratio_interval(best.ratio_low, best.ratio_high)
    return [
        f"**{ratio}** {interval}".strip(),
        *([best.verdict] if best.verdict and best.verdict != ONE_LAUNCH else []),
        f"{markdown.code(names[best.variant])}, {formatting.plural(best.maths_lines, 'line')}",
        *_other_ways(timed),
    ]


def best_of(cells: pd.DataFrame) -> Any:
    """The fastest cell with a ratio; None where there is none."""
    timed = cells[cells["ratio_to_baseline"].notna()]
    return None if timed.empty else first_row(timed.nlargest(1, "ratio_to_baseline"))


def _other_ways(timed: pd.DataFrame) -> list[str]:
    """Return "3 others, 0.2× to 0.9×"."""
    others = sorted(timed["ratio_to_baseline"])[:-1]
    if not others:
        return []
    ends = dict.fromkeys(formatting.ratio(value) for value in (others[0], others[-1]))
    return [f"{formatting.plural(len(others), 'other')}, {' to '.join(ends)}"]
