"""The report of several machines side by side: two columns for each run; no number is formed across runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from paragone.analyse.attained import machine_limits
from paragone.analyse.results import Results
from paragone.analyse.statuses import STATUSES_WITH_TIMES, was_finished
from paragone.comparison.comparable import environment_differences, name_of, other_work
from paragone.report.text import formatting, markdown
from paragone.report.text.result_tables import speed_with_limit
from paragone.report.text.rows import axis_values, each_row, first_row, shown_rows
from paragone.task.problem import shared_words

if TYPE_CHECKING:
    from paragone.report.figures.drawing import Drawing
    from paragone.store.reader import Run
    from paragone.task.problem import Problem, Words

FIGURES = "## Figures"
GRID = ["problem", "threads", "dtype"]

HOW_TO_READ = """\
- Every number is of one machine. **×** is the speed relative to the baseline of the *same* run, dtype, {size} and
  number of threads, from samples of the same round; the word below is its verdict there. No number is formed across
  machines; `paragone compare` tells how much faster one run is than another.
- **{per_second}**: the median over launches, in brackets its 95 % interval; then the share of that machine's own
  limit. A dash: the cell is not in the plan of that run."""


def different_work(runs: Sequence[Run]) -> list[str]:
    """Return the reasons why runs are not of the same work as the first."""
    return [
        f"{letter} and A: {reason}"
        for letter, run in zip(formatting.letters(len(runs))[1:], runs[1:], strict=True)
        for reason in other_work(runs[0], run)
    ]


def joined_summaries(runs: Sequence[Run]) -> pd.DataFrame:
    """Return the rows of all summaries, with the columns `run`, a letter, and `run_name` in front."""
    parts = []
    for letter, run in zip(formatting.letters(len(runs)), runs, strict=True):
        frame = Results(run).summary.copy()
        frame.insert(0, "run", letter)
        frame.insert(1, "run_name", name_of(run))
        parts.append(frame)
    return pd.concat(parts, ignore_index=True)


def machine_name(run: Run) -> str:
    """Return "AMD EPYC, 2 CPUs"."""
    machine = run.environment.machine
    count = machine.logical_cpus
    cpus = f", {formatting.plural(count, 'CPU')}" if count else ""
    return f"{machine.cpu or 'unknown CPU'}{cpus}"


def machines_report(
    runs: Sequence[Run], frame: pd.DataFrame, drawn: Sequence[Drawing], overridden: Sequence[str]
) -> str:
    return markdown.join_sections(machines_sections(runs, frame, drawn, overridden))


def machines_sections(
    runs: Sequence[Run], frame: pd.DataFrame, drawn: Sequence[Drawing], overridden: Sequence[str]
) -> markdown.Sections:
    named = formatting.letters(len(runs))
    rows = environment_differences(list(runs))
    differences = [[markdown.escaped(name), *map(markdown.escaped, values)] for name, values in rows]
    anyway = f"**Joined all the same (--anyway)**: {markdown.escaped('; '.join(overridden))}." if overridden else ""
    commands = [(run.plan.command, formatting.one_line(name_of(run))) for run in runs]
    sections = [
        (f"# paragone: {formatting.plural(len(runs), 'run')} side by side", _introduction(runs)),
        ("", anyway),
        ("## What differs around them", markdown.table(["", *named], differences) if rows else "Nothing recorded."),
        ("## Results", _result_tables(frame, named, runs)),
        ("## How to read this", _how_to_read(shared_words(problems_of(runs).values()))),
        (FIGURES, markdown.figure_links(drawn) or "Nothing was measured."),
        ("## The machines' limits", _limits(runs)),
        ("## To repeat it", markdown.code_block(commands)),
    ]
    return [(heading, text) for heading, text in sections if text]


def _introduction(runs: Sequence[Run]) -> str:
    lines = []
    for letter, run in zip(formatting.letters(len(runs)), runs, strict=True):
        ending = "" if was_finished(run) else ", interrupted"
        quick = ", quick: one launch, no intervals" if run.plan.quick else ""
        lines.append(
            f"- **{letter}**: {markdown.escaped(machine_name(run))}, run {markdown.code(name_of(run))}{ending}{quick}"
        )
    return "\n".join(lines)


def _how_to_read(spoken: Words) -> str:
    return HOW_TO_READ.format(size=spoken.size, per_second=formatting.capitalised(spoken.per_second))


def problems_of(runs: Sequence[Run]) -> dict[str, Problem]:
    """The problems of all runs, by name."""
    return {name: problem for run in runs for name, problem in run.plan.problems.items()}


def _result_tables(frame: pd.DataFrame, named: Sequence[str], runs: Sequence[Run]) -> str:
    """Return a table for each problem, thread count and dtype, with two columns for each run."""
    shown = shown_rows(frame)
    shown = shown.assign(name=[f"{row.implementation} {axis_values(row.variant)}" for row in each_row(shown)])
    parts, problems = [], problems_of(runs)
    for _, cells in shown.groupby(GRID, sort=False):
        first = first_row(cells)
        spoken = problems[first.problem].words
        headings = [column for letter in named for column in (f"{letter}, {spoken.rate}", f"{letter}, ×")]
        lines = []
        for _, line in cells.sort_values(["name", "size"], kind="stable").groupby(["name", "size"]):
            by_run = {row.run: row for row in each_row(line)}
            entries = [text for letter in named for text in _entries(by_run.get(letter), spoken.rate)]
            row = first_row(line)
            lines.append([markdown.code(row.name), formatting.size(row.size), *entries])
        heading = f"### {markdown.code(first.problem)}, {first.dtype}, {formatting.plural(first.threads, 'thread')}"
        parts.append(f"{heading}\n\n{markdown.table(['implementation', spoken.size, *headings], lines)}")
    return "\n\n".join(parts) or "No cell was planned."


def _entries(row: Any, unit: str) -> tuple[str, str]:
    """Return the two entries of a run: work per second, and the ratio to its own baseline."""
    if row is None:
        return formatting.MISSING, formatting.MISSING
    if row.status not in STATUSES_WITH_TIMES:
        return f"*{row.status}*", ""
    speed = speed_with_limit(row, unit)
    if row.verdict == "baseline" or row.status == "not checked":
        return speed, "baseline" if row.verdict == "baseline" else "*not verified*"
    ratio = formatting.ratio_with_interval(row.ratio_to_baseline, row.ratio_low, row.ratio_high)
    return speed, f"{ratio}<br>{row.verdict}"


def _limits(runs: Sequence[Run]) -> str:
    lines = [
        [
            letter,
            markdown.code(row.problem),
            row.dtype,
            str(row.threads),
            f"{formatting.significant(row.gemm / 1e9)} GFLOP/s",
            f"{formatting.significant(row.read / 1e9)} GB/s",
        ]
        for letter, run in zip(formatting.letters(len(runs)), runs, strict=True)
        for row in each_row(machine_limits(run))
    ]
    headings = ["run", "problem", "dtype", "threads", "matrix product", "reading memory"]
    return markdown.table(headings, lines) if lines else ""
