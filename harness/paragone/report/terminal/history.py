"""A history in a terminal: between which runs what changed, with what differed around them."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table
from rich.text import Text

from paragone.comparison.history import Event, History
from paragone.report.terminal.styles import GREY, STYLES
from paragone.report.text.history import (
    HEADINGS,
    cell_names,
    change_rows,
    event_facts,
    event_title,
    lead,
    left_out_sentences,
)


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
    table = Table(box=None, pad_edge=False)
    for heading in HEADINGS:
        table.add_column(heading, overflow="fold")
    for row in change_rows(event, names):
        _, *entries = row
        table.add_row(
            *(Text(entry, style=STYLES.get(row.word, GREY) if entry == row.word else "") for entry in entries)
        )
    console.print(table)
