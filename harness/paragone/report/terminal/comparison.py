"""A comparison of runs: how their environments differ, a table of every cell, and the result in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from paragone.comparison.across_time import Comparison
from paragone.report.terminal.styles import GREY, STYLES
from paragone.report.text import formatting
from paragone.report.text.comparison import differing_rows, runs_of, sentences
from paragone.report.text.comparison_rows import CHANGED_TAG, entry, joined_cells, label
from paragone.report.text.markdown import unmarked


def print_comparison(comparisons: Sequence[Comparison], fail_slower: float, console: Console) -> None:
    named = runs_of(comparisons)
    for letter, name in named.items():
        console.print(Text(f"{letter}  {name}", style="bold"))
    console.print()
    console.print(_differences(comparisons, list(named)))
    console.print()
    _print_cells(comparisons, console)
    for letter, comparison in zip(formatting.letters(len(comparisons) + 1)[1:], comparisons, strict=True):
        for sentence in sentences(comparison, letter, fail_slower):
            console.print(Text(unmarked(sentence)))
        console.print()


def _differences(comparisons: Sequence[Comparison], named: Sequence[str]) -> Table | Text:
    rows = differing_rows(comparisons)
    if not rows:
        return Text("Nothing that is recorded differs around them.")
    table = Table(title="What differs around them", title_justify="left", title_style="bold", box=None, pad_edge=False)
    for heading in ("", *named):
        table.add_column(heading, overflow="fold")
    for name, values in rows:
        table.add_row(Text(name, style=GREY), *map(Text, values))
    return table


def _print_cells(comparisons: Sequence[Comparison], console: Console) -> None:
    """Print a table for each problem, dtype and thread count, with a column for each run."""
    grouped: dict[str, list[tuple[Any, list[Any]]]] = {}
    for first, rows in joined_cells(comparisons):
        title = f"{first['problem']} · {first['dtype']} · {formatting.plural(int(first['threads']), 'thread')}"
        grouped.setdefault(title, []).append((first, rows))
    for title, cells in grouped.items():
        column = comparisons[0].a.plan.words_of(cells[0][0]["problem"]).column
        table = Table(title=Text(title), title_justify="left", title_style="bold", box=None, pad_edge=False)
        for heading in ("implementation", column, "A"):
            table.add_column(heading, justify="left" if heading == "implementation" else "right", no_wrap=True)
        # With several runs a verdict stands below its ratio: beside it, a narrow terminal cut same and slower to "s…".
        for letter in formatting.letters(len(comparisons) + 1)[1:]:
            table.add_column(letter, overflow="fold")
        for first, rows in cells:
            table.add_row(*_row(first, rows, "  " if len(comparisons) == 1 else "\n"))
        console.print(table)
        console.print()
        if any(label(first, rows).endswith(CHANGED_TAG) for first, rows in cells):
            console.print(Text(f"{CHANGED_TAG} its code is not the same in all runs", style=GREY))


def _row(first: Any, rows: Sequence[Any], between: str) -> list[Text]:
    texts = [
        Text(label(first, rows)),
        Text(formatting.size(first["size"])),
        Text(formatting.rate(first["work_per_second_a"]).replace(" ", "")),
    ]
    for row in rows:
        ratio, verdict = entry(row)
        style = STYLES.get(verdict, GREY)
        texts.append(Text(f"{ratio}{between}{verdict}".rstrip(), style=style))
    return texts
