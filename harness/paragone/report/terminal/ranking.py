"""The answer on the terminal: the fastest in a sentence, then a bar for each speed, the A/A control among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from paragone.report.terminal.styles import GREY, STYLES
from paragone.report.text import formatting
from paragone.report.text.answer import is_busy
from paragone.report.text.first_point import cells_of_first_point, with_control
from paragone.report.text.markdown import unmarked
from paragone.report.text.ranking import fastest, ratio_to_baseline
from paragone.report.text.rows import each_row, grid_label_of

if TYPE_CHECKING:
    from paragone.analyse.results import Results

MOST_BARS = 16
LEAST_BAR = 16  # columns; where an interval would leave fewer, it gives way
EIGHTHS = " ▏▎▍▌▋▊▉"
GAP = 2


def print_ranking(results: Results, problem: str, threads: int, console: Console) -> None:
    """Print the ranking of a problem with which its page begins: the largest size, the first dtype by name.

    Bars begin at 0 and are as long as the speeds. They are of ASCII where the encoding of the terminal lacks blocks.
    """
    cells = cells_of_first_point(results, problem, threads)
    if len(cells) < 2:
        return
    if not is_busy(results):
        place = grid_label_of(results.summary, problem, threads)
        console.print(Text(unmarked(f"{place}{fastest(cells, results.run.plan.words_of(problem))}")))
    shown = _shown(with_control(results, cells))
    console.print(_bars(shown, console))
    if hidden := len(cells) - int((~shown["control"]).sum()):
        console.print(Text(f"{hidden} more: see the table.", style=GREY))
    console.print()


def _shown(cells: pd.DataFrame) -> pd.DataFrame:
    """The first of them, and the baseline with its control wherever they are."""
    if len(cells) <= MOST_BARS:
        return cells
    is_base = cells["control"] | (cells["verdict"] == "baseline")
    others = cells.index[~is_base][: MOST_BARS - int(is_base.sum())]
    return cells[is_base | cells.index.isin(others)]


def _bars(cells: pd.DataFrame, console: Console) -> Table:
    rows = list(each_row(cells))
    texts = [(row.name, ratio_to_baseline(row), _interval(row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    width = console.width - sum(widths) - GAP * 3
    has_intervals = bool(widths[2]) and width >= LEAST_BAR
    if not has_intervals:
        width = console.width - sum(widths[:2]) - GAP * 2
    longest = max(row.work_per_second for row in rows)
    table = Table.grid(padding=(0, GAP, 0, 0))
    for number in range(3 + has_intervals):
        table.add_column(justify="right" if number == 1 else "left", no_wrap=True)
    for row, (name, ratio, interval) in zip(rows, texts, strict=True):
        style = STYLES.get(row.verdict, GREY)
        drawn = bar(row.work_per_second / longest, max(1, width), console.options.ascii_only)
        is_base = row.verdict == "baseline"
        table.add_row(
            Text(name, style="bold" if is_base else ""),
            Text(ratio, style="" if is_base else style),
            *[Text(interval, style=GREY)] * has_intervals,
            Text(drawn, style="" if is_base else style),
        )
    return table


def _interval(row: Any) -> str:
    return "" if row.verdict == "baseline" else formatting.ratio_interval(row.ratio_low, row.ratio_high)


def bar(share: float, width: int, is_ascii: bool) -> str:
    """Return a bar that is this share of the width, and no shorter than what can be seen."""
    if is_ascii:
        return "#" * max(1, round(share * width))
    whole, eighths = divmod(max(1, round(8 * share * width)), 8)
    return "█" * whole + EIGHTHS[eighths].strip()
