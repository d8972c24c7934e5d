"""A history in a terminal: between which runs what changed, with what differed around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from paragone.comparison.history import Event, History
from paragone.report.terminal.styles import GREY, STYLES
from paragone.report.text.history import (
    HEADINGS,
    ChangeRow,
    cell_names,
    change_rows,
    event_facts,
    event_title,
    lead,
    left_out_sentences,
)

WIDEST = 10_000  # columns: no table is


def print_history(history: History, console: Console) -> None:
    console.print(Text(lead(history), style="bold"))
    for sentence in left_out_sentences(history):
        console.print(Text(sentence, style=GREY))
    names = cell_names(history)
    for event in history.events:
        console.print()
        _print_event(event, names, console)
    if not history.events:
        console.print(Text("No cell changed."))


def _print_event(event: Event, names: Mapping[str, str], console: Console) -> None:
    console.print(Text(event_title(event), style="bold"))
    facts = event_facts(event)
    for name, before, after in facts:
        console.print(Text(f"  {name}: {before} → {after}"))
    if not facts:
        console.print(Text("  Nothing that is recorded differs around them.", style=GREY))
    _print_changes(change_rows(event, names), console)


def _print_changes(rows: Sequence[ChangeRow], console: Console) -> None:
    """Print a table, or two lines for each change where a table would have to break its entries."""
    table = Table(box=None, pad_edge=False)
    for heading in HEADINGS:
        table.add_column(heading, no_wrap=True)
    for row in rows:
        table.add_row(*(Text(entry, style=_style(row, entry)) for entry in row[1:]))
    if console.measure(table, options=console.options.update(width=WIDEST)).maximum <= console.width:
        console.print(table)
        return
    for row in rows:
        console.print(Text.assemble(f"{row.name}  {row.step} ", (row.word, _style(row, row.word))))
        facts = zip(HEADINGS[1:], row[2:], strict=True)
        below = " · ".join(f"{heading} {entry}" for heading, entry in facts if entry and entry not in row[3:5])
        console.print(Padding(Text(below, style=GREY), (0, 0, 0, 4)))


def _style(row: ChangeRow, entry: str) -> str:
    return STYLES.get(row.word, GREY) if entry == row.word else ""
