"""Runs of several machines side by side: one report, a column group and a panel for each, never averaged across."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from paragone.analyse.attained import machine_limits
from paragone.analyse.results import Results
from paragone.analyse.statuses import STATUSES_WITH_TIMES, was_finished
from paragone.compare.comparable import environment_differences, name_of, other_work
from paragone.errors import Incomparable, ResultsUnusable
from paragone.files.atomic import write_files
from paragone.report.figures import machine_panels
from paragone.report.figures.draw import file_name
from paragone.report.figures.figure import Drawn, drawing
from paragone.report.text import formatting, tables
from paragone.report.text.comparison import letters
from paragone.report.text.sections import joined as joined_text
from paragone.report.text.sections import pictures
from paragone.report.text.spreadsheet import csv

if TYPE_CHECKING:
    from paragone.store.reader import Run

GRID = ["problem", "threads", "dtype"]

HOW_TO_READ = """\
- Every number is of one machine. **×** is the speed relative to the baseline of the *same* run, dtype, batch size and
  number of threads, from samples of the same round; the word beneath is its verdict there. No number is formed across
  machines: for how much faster one run is than another, `paragone compare`.
- **Images per second**: the median over launches, in brackets its 95 % interval; then the share of that machine's own
  limit. A dash: the cell is not in the plan of that run."""


def write_joined(runs: Sequence[Run], results: Path, anyway: bool = False) -> Path:
    """Write summary.csv, figures/ and report.md of several runs into a folder of its own in `results`.

    Return the path of report.md. The same runs get the same folder and the same bytes. Raises Incomparable where they
    are not of the same work, unless `anyway`, and ResultsUnusable where the folder cannot be written.
    """
    overridden = refused(runs)
    if overridden and not anyway:
        raise Incomparable(f"these runs cannot be joined: {'; '.join(overridden)}. To join them all the same: --anyway")
    frame = joined(runs)
    drawn = figures(frame, runs)
    files = {f"figures/{figure.name}.{form}": getattr(figure, form) for figure in drawn for form in ("png", "svg")}
    files["summary.csv"] = csv(frame).encode()
    files["report.md"] = report(runs, frame, drawn, overridden).encode()
    folder = results / folder_name(runs)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_files(folder, files)
    except OSError as error:
        raise ResultsUnusable(f"{folder}: the report cannot be written: {error.strerror}") from None
    return folder / "report.md"


def folder_name(runs: Sequence[Run]) -> str:
    """Return a name that says which run is the first, is another one for other runs, and leads out of no folder."""
    facts = [f"{name_of(run)} {run.environment.get('machine', {}).get('id')} {run.plan.created}" for run in runs]
    return f"{file_name(name_of(runs[0]))}-joined-{hashlib.sha256(chr(10).join(facts).encode()).hexdigest()[:6]}"


def refused(runs: Sequence[Run]) -> list[str]:
    """Return why any run is not of the same work as the first."""
    return [
        f"{letter} and A: {reason}"
        for letter, run in zip(letters(len(runs))[1:], runs[1:], strict=True)
        for reason in other_work(runs[0], run)
    ]


def joined(runs: Sequence[Run]) -> pd.DataFrame:
    """Return the rows of all summaries, with `run`, the letter, and `run_name`, in front."""
    parts = []
    for letter, run in zip(letters(len(runs)), runs, strict=True):
        frame = Results(run).summary.copy()
        frame.insert(0, "run", letter)
        frame.insert(1, "run_name", name_of(run))
        parts.append(frame)
    return pd.concat(parts, ignore_index=True)


def machine_name(run: Run) -> str:
    """Return what machine a run is of, as short as can be: "AMD EPYC, 2 CPUs"."""
    machine = run.environment.get("machine", {})
    count = machine.get("logical_cpus")
    cpus = f", {formatting.plural(count, 'CPU')}" if count else ""
    return f"{machine.get('cpu') or 'unknown CPU'}{cpus}"


def figures(frame: pd.DataFrame, runs: Sequence[Run]) -> list[Drawn]:
    """Return a figure for each problem and number of threads that was measured anywhere."""
    machines = dict(zip(letters(len(runs)), map(machine_name, runs), strict=True))
    drawn = []
    with drawing():
        for _, cells in frame.groupby(["problem", "threads"], sort=False):
            first = next(formatting.rows(cells))
            name = f"machines-{file_name(first.problem)}-{first.threads}"
            figure = machine_panels.draw(cells, name, machines)
            drawn += [] if figure is None else [figure]
    return drawn


def report(runs: Sequence[Run], frame: pd.DataFrame, drawn: Sequence[Drawn], overridden: Sequence[str]) -> str:
    """Return the report of several runs in Markdown."""
    named = letters(len(runs))
    rows = environment_differences(list(runs))
    differences = [[formatting.escaped(name), *map(formatting.escaped, values)] for name, values in rows]
    anyway = f"**Joined all the same (--anyway)**: {formatting.escaped('; '.join(overridden))}." if overridden else ""
    commands = [(run.plan.command, formatting.one_line(name_of(run))) for run in runs]
    sections = [
        (f"# paragone: {formatting.plural(len(runs), 'run')} side by side", _introduction(runs)),
        ("", anyway),
        ("## What differs around them", tables.table(["", *named], differences) if rows else "Nothing recorded."),
        ("## Results", _result_tables(frame, named)),
        ("## How to read this", HOW_TO_READ),
        ("## Figures", pictures(drawn) or "Nothing was measured."),
        ("## The machines' limits", _limits(runs)),
        ("## To repeat it", formatting.code_block(commands)),
    ]
    return joined_text([(heading, text) for heading, text in sections if text])


def _introduction(runs: Sequence[Run]) -> str:
    lines = []
    for letter, run in zip(letters(len(runs)), runs, strict=True):
        ending = "" if was_finished(run) else ", interrupted"
        quick = ", quick: one launch, no intervals" if run.plan.quick else ""
        lines.append(
            f"- **{letter}**: {formatting.escaped(machine_name(run))}, run {formatting.code(name_of(run))}{ending}{quick}"
        )
    return "\n".join(lines)


def _result_tables(frame: pd.DataFrame, named: Sequence[str]) -> str:
    """Return a table per problem, threads and dtype: a line per implementation and batch size, two columns per run."""
    shown = formatting.presented(frame)
    shown = shown.assign(
        name=[f"{row.implementation} {formatting.axis_values(row.variant)}" for row in formatting.rows(shown)]
    )
    headings = [column for letter in named for column in (f"{letter}, images/s", f"{letter}, ×")]
    parts = []
    for _, cells in shown.groupby(GRID, sort=False):
        first = next(formatting.rows(cells))
        lines = []
        for _, line in cells.sort_values(["name", "batch_size"], kind="stable").groupby(["name", "batch_size"]):
            by_run = {row.run: row for row in formatting.rows(line)}
            entries = [text for letter in named for text in _entries(by_run.get(letter))]
            row = next(formatting.rows(line))
            lines.append([formatting.code(row.name), formatting.batch(row.batch_size), *entries])
        heading = f"### {formatting.code(first.problem)}, {first.dtype}, {formatting.plural(first.threads, 'thread')}"
        parts.append(f"{heading}\n\n{tables.table(['implementation', 'batch size', *headings], lines)}")
    return "\n\n".join(parts) or "No cell was planned."


def _entries(row: Any) -> tuple[str, str]:
    """Return images per second with interval and share of the limit, and the ratio to the run's own baseline."""
    if row is None:
        return formatting.MISSING, formatting.MISSING
    if row.status not in STATUSES_WITH_TIMES:
        return f"*{row.status}*", ""
    interval = formatting.rate_interval(row.images_per_second_low, row.images_per_second_high, row.images_per_second)
    speed = f"**{formatting.rate(row.images_per_second)}** {interval}".strip()
    if not math.isnan(row.share_of_limit):
        speed += f"<br>{formatting.percent(row.share_of_limit)} of the limit"
    if row.verdict == "baseline" or row.status == "not checked":
        return speed, "baseline" if row.verdict == "baseline" else "*not verified*"
    ratio = formatting.ratio_with_interval(row.ratio_to_baseline, row.ratio_low, row.ratio_high)
    return speed, f"{ratio}<br>{row.verdict}"


def _limits(runs: Sequence[Run]) -> str:
    """Return how fast each machine multiplies matrices and reads memory."""
    lines = [
        [
            letter,
            formatting.code(row.problem),
            row.dtype,
            str(row.threads),
            f"{formatting.significant(row.gemm / 1e9)} GFLOP/s",
            f"{formatting.significant(row.read / 1e9)} GB/s",
        ]
        for letter, run in zip(letters(len(runs)), runs, strict=True)
        for row in formatting.rows(machine_limits(run))
    ]
    headings = ["run", "problem", "dtype", "threads", "matrix product", "reading memory"]
    return tables.table(headings, lines) if lines else ""
