"""The summary at the end of a run, on the terminal: one table per problem, thread count and dtype."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from paragone.analyse.statuses import STATUSES_WITH_TIMES
from paragone.analyse.warnings import time_shares, warnings
from paragone.report.figures.draw import noise_sentence
from paragone.report.text import formatting

if TYPE_CHECKING:
    from paragone.analyse.results import Results
    from paragone.store.reader import Run

STYLES = {"faster": "green", "slower": "red", "baseline": "bold"}
MARKS = {"same": "≈", "not ": "?"}  # by how a verdict begins
GREY = "bright_black"
ROOMY = 100  # columns from which a terminal has space to spare
HEADING = "batch size"
KEY = "Images per second, then times the baseline's. ≈ the same, ? not enough data."
UNVERIFIED, UNVERIFIED_KEY = "!", "! not verified, and so compared with nothing."


def print_summary(results: Results, console: Console) -> None:
    """Print throughput and ratio of every cell; what is within noise is grey and marked ≈."""
    run, frame = results.run, results.summary
    shown = formatting.presented(frame).assign(name=formatting.short_names(frame))
    if shown.empty:
        console.print("No cell was planned.")
    for _, cells in shown.groupby(["problem", "threads", "dtype"], sort=False):
        gap = 1 if console.width < ROOMY else 3
        for part in _that_fit(cells, console.width, gap):
            console.print(_table(cells, part, gap))
            console.print()
    for problem in frame["problem"].unique():
        console.print(Text(f"{problem}. {noise_sentence(results, str(problem))}", style=GREY))
    if len(shown):
        console.print(Text(KEY, style=GREY))
    if "not checked" in set(shown["status"]):
        console.print(Text(UNVERIFIED_KEY, style=GREY))
    console.print(Text(time_sentence(run), style=GREY))
    if said := warnings(results):
        console.print(Text(f"{formatting.plural(len(said), 'warning')}; see report.md.", style="yellow"))


def time_sentence(run: Run) -> str:
    """Return how much of the rounds lay inside timed samples, and what else took time; only what took any."""
    shares = time_shares(run)
    rounds, inside = formatting.seconds(shares["rounds_seconds"]), formatting.percent(shares["timed_share"])
    beside = [
        f"{words} {formatting.seconds(shares[part])}"
        for part, words in (
            ("start_seconds", "starting processes"),
            ("load_seconds", "loading"),
            ("verify_seconds", "verification"),
            ("warmup_seconds", "first calls and warm-ups"),
            ("memory_seconds", "peak memory"),
            ("before_plan_seconds", "all before the plan"),
        )
        if shares[part] > 0
    ]
    measured = (
        f"Rounds took {rounds}, {inside} of it inside timed samples." if shares["rounds_seconds"] else "No rounds."
    )
    return f"{measured} Besides: {', '.join(beside)}." if beside else measured


def _that_fit(cells: pd.DataFrame, width: int, gap: int) -> list[list[int]]:
    """Return the batch sizes in groups, each narrow enough for the terminal."""
    room = width - max(len(HEADING), *map(len, cells["name"]))
    groups: list[list[int]] = [[]]
    used = 0
    for size in sorted(cells["batch_size"].unique()):
        entries = formatting.rows(cells[cells["batch_size"] == size])
        wanted = gap + max([len(formatting.batch(size)), *(len(_entry(row).plain) for row in entries)])
        if groups[-1] and used + wanted > room:
            groups.append([])
            used = 0
        groups[-1].append(size)
        used += wanted
    return groups


def _table(cells: pd.DataFrame, sizes: list[int], gap: int) -> Table:
    first = next(formatting.rows(cells))
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
    table.add_column(HEADING, no_wrap=True)
    for size in sizes:
        table.add_column(formatting.batch(size), justify="right", no_wrap=True)
    for _, line in cells.groupby("name", sort=False):
        by_size = {row.batch_size: row for row in formatting.rows(line)}
        name = Text(str(line["name"].iloc[0]), style="bold" if "baseline" in set(line["verdict"]) else "")
        table.add_row(name, *(_entry(by_size[size]) if size in by_size else Text() for size in sizes))
    return table


def _entry(row: Any) -> Text:
    """Return "311k  1.35" in the colour of its verdict, or the word for why there is no time."""
    if row.status not in STATUSES_WITH_TIMES:
        return Text(formatting.WORDS[row.status], style="red" if row.status == "failed" else GREY)
    speed = formatting.rate(row.images_per_second).replace(" ", "")
    if row.status == "not checked":
        return Text(f"{speed} {UNVERIFIED:>5}", style=GREY)
    mark = MARKS.get(row.verdict[:4], "")
    ratio = "1" if row.verdict == "baseline" else mark + formatting.short_ratio(row.ratio_to_baseline)
    return Text(f"{speed} {ratio:>5}", style=STYLES.get(row.verdict, GREY if mark else ""))
