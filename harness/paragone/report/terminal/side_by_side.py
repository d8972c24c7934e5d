"""A live comparison: B against A, a table for each problem."""

from __future__ import annotations

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from paragone.comparison.side_by_side import why_not_compared
from paragone.report.terminal.styles import GREY, STYLES
from paragone.report.text import formatting
from paragone.report.text.rows import each_row, first_row
from paragone.report.text.side_by_side import answer
from paragone.store.plan_records import Plan


def print_side_by_side(cells: pd.DataFrame, allowed: float, plan: Plan, console: Console) -> None:
    """Print a row for each cell, and the answer in sentences."""
    for _, rows in cells.groupby(["problem", "threads"], sort=False):
        first = first_row(rows)
        title = f"{first.problem} · {formatting.plural(first.threads, 'thread')} · speed of B relative to A"
        table = Table(title=Text(title), title_justify="left", title_style="bold", box=None, pad_edge=False)
        column = plan.words_of(first.problem).column
        for heading in ("implementation", column, "B / A", ""):
            table.add_column(heading, justify="right" if heading == column else "left", overflow="fold")
        for row in each_row(rows):
            ratio = formatting.ratio_with_interval(row.ratio, row.ratio_low, row.ratio_high)
            outcome = row.verdict or why_not_compared(row)
            style = STYLES.get(row.verdict, GREY if row.verdict else "red")
            table.add_row(Text(row.compared), formatting.size(row.size), Text(ratio), Text(outcome, style=style))
        console.print(table)
        console.print()
    console.print(Text(answer(cells, allowed, plan)), soft_wrap=True)
