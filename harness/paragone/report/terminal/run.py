"""The summary at the end of a run: a table for each problem, thread count and dtype."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from paragone.analyse.statuses import STATUSES_WITH_TIMES, TOO_FAST
from paragone.analyse.warnings import warnings
from paragone.report.text import formatting
from paragone.report.text.noise import noise_sentence
from paragone.report.text.rows import each_row, first_row, short_names, shown_rows
from paragone.report.text.time_spent import time_sentence

if TYPE_CHECKING:
    from paragone.analyse.results import Results

STYLES = {"faster": "green", "slower": "red", "baseline": "bold"}
MARKS = {"same": "≈", "not ": "?"}  # by the first four letters of a verdict
GREY = "bright_black"
WIDE = 100  # columns of a terminal with room for wider gaps
KEY = "{per_second}, then times the baseline's. ≈ the same, ? not enough data."
UNVERIFIED, UNVERIFIED_KEY = "!", "! not verified, and so compared with nothing."


def print_summary(results: Results, console: Console) -> None:
    """Print the throughput and the ratio of every cell; a difference within the noise is grey and marked ≈."""
    run, frame = results.run, results.summary
    shown = shown_rows(frame).assign(name=short_names(frame))
    if shown.empty:
        console.print("No cell was planned.")
    for _, cells in shown.groupby(["problem", "threads", "dtype"], sort=False):
        size = run.plan.words_of(first_row(cells).problem).size
        gap = 1 if console.width < WIDE else 3
        for part in _fitting_groups(cells, console.width, gap, size):
            console.print(_table(cells, part, gap, size))
            console.print()
    for problem in frame["problem"].unique():
        console.print(Text(f"{problem}. {noise_sentence(results, str(problem))}", style=GREY))
    if len(shown):
        key = KEY.format(per_second=formatting.capitalised(run.plan.words_of().per_second))
        console.print(Text(key, style=GREY))
    if "not checked" in set(shown["status"]):
        console.print(Text(UNVERIFIED_KEY, style=GREY))
    console.print(Text(time_sentence(run), style=GREY))
    if texts := warnings(results):
        console.print(Text(f"{formatting.plural(len(texts), 'warning')}; see report.md.", style="yellow"))


def _fitting_groups(cells: pd.DataFrame, width: int, gap: int, heading: str) -> list[list[int]]:
    """Return the sizes in groups whose columns fit into the width of the terminal."""
    room = width - max(len(heading), *map(len, cells["name"]))
    groups: list[list[int]] = [[]]
    used = 0
    for size in sorted(cells["size"].unique()):
        entries = each_row(cells[cells["size"] == size])
        wanted = gap + max([len(formatting.size(size)), *(len(_entry(row).plain) for row in entries)])
        if groups[-1] and used + wanted > room:
            groups.append([])
            used = 0
        groups[-1].append(size)
        used += wanted
    return groups


def _table(cells: pd.DataFrame, sizes: list[int], gap: int, heading: str) -> Table:
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
    for _, line in cells.groupby("name", sort=False):
        by_size = {row.size: row for row in each_row(line)}
        name = Text(str(line["name"].iloc[0]), style="bold" if "baseline" in set(line["verdict"]) else "")
        table.add_row(name, *(_entry(by_size[size]) if size in by_size else Text() for size in sizes))
    return table


def _entry(row: Any) -> Text:
    """Return "311k  1.35" in the colour of the verdict, or the status where there is no time."""
    if row.status not in STATUSES_WITH_TIMES:
        return Text(formatting.STATUS_WORDS[row.status], style="red" if row.status in ("failed", TOO_FAST) else GREY)
    speed = formatting.rate(row.work_per_second).replace(" ", "")
    if row.status == "not checked":
        return Text(f"{speed} {UNVERIFIED:>5}", style=GREY)
    mark = MARKS.get(row.verdict[:4], "")
    ratio = "1" if row.verdict == "baseline" else mark + formatting.short_ratio(row.ratio_to_baseline)
    return Text(f"{speed} {ratio:>5}", style=STYLES.get(row.verdict, GREY if mark else ""))
