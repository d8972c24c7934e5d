"""A comparison as the comment of a pull request: whatever the run, it fits what GitHub takes.

The cells that failed and the slowest ones come first, those without a difference are folded away. Where there is no
room for all, as many as fit are shown, in that order, and the rest is counted. Text from outside is cut, and stands as
code where it is not ours: an @name in the subject of a commit would call somebody, and #12 link another issue.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from paragone.report.text import formatting, markdown

MOST_CHARACTERS = 65_536  # "Body is too long (maximum is 65536 characters)"
LONGEST_TEXT = 200  # characters of a text from outside: a name, a reason, the subject of a commit
FEW = 10  # cells without a difference that need no folding
CUT = "*The rest has no room in a comment.*"


@dataclass(frozen=True)
class Row:
    """A cell in the table. Its entries are escaped; `kind` is what it is counted as where it is not shown.

    Kinds: failed, slower, faster, not compared, not enough data, same.
    """

    kind: str
    entries: tuple[str, ...]
    slowness: float = 0.0  # within its kind the larger comes first

    @property
    def is_open(self) -> bool:
        return self.kind in OPEN


OPEN = ("failed", "slower", "faster")
KINDS = (*OPEN, "not compared", "not enough data", "no interval", "same")


def kind_of(verdict: str) -> str:
    """Return the verdict without its width; "not compared" where there is none."""
    return "same" if verdict.startswith("same") else verdict if verdict in KINDS else "not compared"


def with_rows(
    before: str, headings: Sequence[str], rows: Sequence[Row], after: str, most: int = MOST_CHARACTERS
) -> str:
    """Return the text before the table, as many rows as fit, a count of those left out, and the text after it."""
    ordered = sorted(rows, key=lambda row: (KINDS.index(row.kind), -row.slowness))

    def written(n: int, first: str) -> str:
        parts = [first, *_tables(headings, ordered[:n]), _left_out(ordered[n:]), after]
        return "\n\n".join(part for part in parts if part) + "\n"

    before = cut(before, most - len(written(0, "")) - len("\n\n"))
    if len(written(len(ordered), before)) <= most:
        return written(len(ordered), before)
    return written(bisect_left(range(len(ordered)), True, key=lambda n: len(written(n, before)) > most) - 1, before)


def cut(text: str, most: int) -> str:
    """Return the text, or as many of its lines as fit and a sentence that says so."""
    if len(text) <= most:
        return text
    lines = text.split("\n")
    return "\n".join([*lines[: as_many(lines, most - len(CUT) - 1)], "", CUT])


def as_many(lines: Sequence[str], most: int) -> int:
    """Return the number of leading lines that fit into that many characters, line ends included."""
    total = 0
    for number, line in enumerate(lines):
        total += len(line) + 1
        if total > most:
            return number
    return len(lines)


def table_that_fits(headings: Sequence[str], rows: Sequence[Sequence[str]], most: int) -> str:
    """Return a table of as many rows as fit into that many characters, and the number of the others."""
    n = as_many(markdown.table(headings, rows).split("\n")[2:], most)
    table = markdown.table(headings, rows[:n])
    return table if n == len(rows) else f"{table}\n\nand {len(rows) - n} more."


def where_columns(cells: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    """Return those of the columns problem, dtype and threads in which the cells differ."""
    return [column for column in columns if cells[column].nunique() > 1]


def where(cell: Any, columns: Sequence[str]) -> list[str]:
    """Return the entries of these columns; a cell is a mapping or a row of a frame."""
    return [code(cell[column]) if column == "problem" else str(cell[column]) for column in columns]


def in_common(cells: pd.DataFrame, columns: Sequence[str]) -> str:
    """Return a sentence on what all cells share: "All cells: `nielsen`, float32, 1 thread."; "" for no cells."""
    shared = {column: cells[column].iloc[0] for column in columns if cells[column].nunique() == 1}
    words = [_in_words(column, value) for column, value in shared.items()]
    return f"All cells: {', '.join(words)}." if words else ""


def _in_words(column: str, value: Any) -> str:
    if column == "threads":
        return formatting.plural(int(value), "thread")
    return code(value) if column == "problem" else str(value)


def code(text: object, most: int = LONGEST_TEXT) -> str:
    """Return text from outside as code, cut where it is longer."""
    return markdown.code(formatting.shortened(text, most))


def _tables(headings: Sequence[str], rows: Sequence[Row]) -> list[str]:
    """Return the table of what failed or differs, and folded away that of the other cells, unless few are all there is.

    A reader who sees no table at all would have to open one to learn what was compared.
    """
    shown, others = ([row.entries for row in rows if row.is_open is is_open] for is_open in (True, False))
    if not shown and len(others) <= FEW:
        shown, others = others, []
    title = f"<summary>{formatting.plural(len(others), 'other cell')}</summary>"
    return [
        markdown.table(headings, shown) if shown else "",
        f"<details>{title}\n\n{markdown.table(headings, others)}\n\n</details>" if others else "",
    ]


def _left_out(rows: Sequence[Row]) -> str:
    counts = Counter(row.kind for row in rows)
    counted = ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if kind in counts)
    return f"Not shown for want of room: {formatting.plural(len(rows), 'cell')}, {counted}." if rows else ""
