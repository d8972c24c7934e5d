"""The summary at the end of a run: a table for each problem, thread count and dtype, the fastest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from paragone.analyse.statuses import STATUSES_WITH_TIMES, TOO_FAST
from paragone.report.terminal.ranking import print_ranking
from paragone.report.terminal.styles import GREY
from paragone.report.terminal.styles import STYLES as VERDICT_STYLES
from paragone.report.text import formatting
from paragone.report.text.exactness import error_sentences
from paragone.report.text.noise import noise_sentence, too_busy
from paragone.report.text.repro import sure_commands
from paragone.report.text.rows import each_row, first_row, lines_fastest_first, short_names, shown_rows
from paragone.report.text.time_spent import time_sentence

if TYPE_CHECKING:
    from paragone.analyse.results import Results
    from paragone.task.problem import Words

STYLES = {**VERDICT_STYLES, "baseline": "bold"}
# By the first four letters of a verdict: the sign before the ratio, which is then grey, and what it means.
MARKS = {
    "same": ("≈", "≈ the same"),
    "not ": ("?", "? not enough data"),
    "with": ("≈", "≈ and grey: within A/A, not told apart from the baseline"),
}
WIDE = 100  # columns of a terminal with room for wider gaps
KEY = "{per_second}, then times the baseline's. {marks}"
ERROR_WIDTH = 8  # of " 2.9e-05"
ERROR_KEY = " Last, the error against the reference."
UNVERIFIED, UNVERIFIED_KEY = "!", "! not verified, and so compared with nothing."


def print_summary(results: Results, console: Console) -> None:
    """Print the throughput and the ratio of every cell; a difference within the noise is grey and marked ≈."""
    run, frame = results.run, results.summary
    shown = shown_rows(frame).assign(name=short_names(frame))
    if shown.empty:
        console.print("No cell was planned.")
    errors_shown = False
    for _, cells in shown.groupby(["problem", "threads", "dtype"], sort=False):
        spoken = run.plan.words_of(first_row(cells).problem)
        errors_shown |= _print_tables(cells, spoken, console)
    for problem, threads in shown[["problem", "threads"]].drop_duplicates().itertuples(index=False):
        print_ranking(results, str(problem), int(threads), console)
    noise_style = "" if run.plan.launches == 1 else GREY
    for problem in frame["problem"].unique():
        console.print(Text(f"{problem}. {noise_sentence(results, str(problem))}", style=noise_style))
    for sentence in too_busy(results):
        console.print(Text(sentence, style="bold yellow"))
    if len(shown):
        console.print(Text(f"{_key(shown, run.plan.words_of())}{ERROR_KEY * errors_shown}", style=GREY))
    for sentence in error_sentences(results):
        console.print(Text(sentence, style=GREY))
    if "not checked" in set(shown["status"]):
        console.print(Text(UNVERIFIED_KEY, style=GREY))
    console.print(Text(time_sentence(run), style=GREY))
    if texts := results.warnings:
        console.print(Text(f"{formatting.plural(len(texts), 'warning')}; see report.md.", style="yellow"))
    for command, of in sure_commands(run.plan):
        console.print(Text(f"For sure numbers{of and f', {of}'}: {command}"), soft_wrap=True)


def _key(shown: pd.DataFrame, spoken: Words) -> str:
    """Return how to read an entry, with the marks that occur."""
    begun = set(shown["verdict"].str[:4])
    marks = ", ".join(words for beginning, (_, words) in MARKS.items() if beginning in begun)
    key = KEY.format(per_second=formatting.capitalised(spoken.per_second), marks=marks and f"{marks}. ")
    return f"{key}The first row is the fastest at the largest {spoken.one_size}."


def _print_tables(cells: pd.DataFrame, spoken: Words, console: Console) -> bool:
    """Print the cells of one grid; true where their errors had room, which takes as few tables as without them."""
    gap = 1 if console.width < WIDE else 3
    groups, with_errors = (_fitting_groups(cells, console.width, gap, spoken.size, errors) for errors in (False, True))
    has_errors = bool(spoken.beside_speed) and len(with_errors) == len(groups)
    for sizes in with_errors if has_errors else groups:
        console.print(_table(cells, sizes, gap, spoken.size, has_errors))
        console.print()
    return has_errors


def _fitting_groups(cells: pd.DataFrame, width: int, gap: int, heading: str, has_errors: bool) -> list[list[int]]:
    """Return the sizes in groups whose columns fit into the width of the terminal."""
    room = width - max(len(heading), *map(len, cells["name"]))
    groups: list[list[int]] = [[]]
    used = 0
    for size in sorted(cells["size"].unique()):
        entries = each_row(cells[cells["size"] == size])
        wanted = gap + max([len(formatting.size(size)), *(len(_entry(row, has_errors).plain) for row in entries)])
        if groups[-1] and used + wanted > room:
            groups.append([])
            used = 0
        groups[-1].append(size)
        used += wanted
    return groups


def _table(cells: pd.DataFrame, sizes: list[int], gap: int, heading: str, has_errors: bool) -> Table:
    first = first_row(cells)
    title = f"{first.problem} · {first.dtype} · {formatting.plural(first.threads, 'thread')}"
    table = Table(
        title=Text(title),
        min_width=len(title),
        title_justify="left",
        title_style="bold",
        box=None,
        padding=(0, gap, 0, 0),
        pad_edge=False,
    )
    table.add_column(heading, no_wrap=True)
    for size in sizes:
        table.add_column(formatting.size(size), justify="right", no_wrap=True)
    for name, line in lines_fastest_first(cells):
        by_size = {row.size: row for row in each_row(line)}
        entries = (_entry(by_size[size], has_errors) if size in by_size else Text() for size in sizes)
        table.add_row(Text(name, style="bold" if "baseline" in set(line["verdict"]) else ""), *entries)
    return table


def _entry(row: Any, has_errors: bool) -> Text:
    """Return "311k  1.35" in the colour of the verdict, or the status where there is no time.

    Where it `has_errors`, they follow: "311k  1.35 2.9e-05".
    """
    if row.status not in STATUSES_WITH_TIMES:
        return Text(formatting.STATUS_WORDS[row.status], style="red" if row.status in ("failed", TOO_FAST) else GREY)
    speed = formatting.rate(row.work_per_second).replace(" ", "")
    if row.status == "not checked":
        return Text(f"{speed} {UNVERIFIED:>5}{'':>{ERROR_WIDTH * has_errors}}", style=GREY)
    mark, _ = MARKS.get(row.verdict[:4], ("", ""))
    ratio = "1" if row.verdict == "baseline" else mark + formatting.short_ratio(row.ratio_to_baseline)
    error = f"{formatting.error(row.error):>{ERROR_WIDTH}}" if has_errors else ""
    return Text(f"{speed} {ratio:>5}{error}", style=STYLES.get(row.verdict, GREY if mark else ""))
