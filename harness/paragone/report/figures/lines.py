"""What a chart of lines over size is made of, for Matplotlib and for report.html alike: the lines and the captions."""

from __future__ import annotations

from typing import Any, NamedTuple

import pandas as pd

from paragone.report.figures import palette
from paragone.report.text import formatting
from paragone.report.text.rows import each_row, first_row, lines_fastest_first, short_names

CAPTIONS = {
    "intervals": "Bands: 95 % intervals over launches.",
    "limit": "Grey area: beyond the limit of this machine.",
    "noise": "Grey band: A/A noise around the baseline.",
    "not_drawn": "Not drawn: {}.",
    "not_verified": "Not verified: {}.",
}


class Line(NamedTuple):
    """The line of one variant; `style` is what Matplotlib's `plot` takes."""

    variant: str
    name: str
    style: dict[str, Any]


def lines_of(cells: pd.DataFrame) -> list[Line]:
    """Return a line for each variant of these cells, in the order of the tables: the fastest first."""
    named = cells.assign(name=cells["variant"], label=short_names(cells))
    firsts = (first_row(own) for _, own in lines_fastest_first(named))
    return [Line(str(row.variant), str(row.label), palette.style(row)) for row in firsts]


def not_drawn(cells: pd.DataFrame, shown: pd.DataFrame) -> list[str]:
    """Return a sentence that names the variants without any number, so that none is missing silently.

    `cells` have a `label`, and of several machines the letter of their `run`.
    """
    keys = ["run", "variant"] if "run" in cells else ["variant"]
    drawn = set(shown[keys].itertuples(index=False, name=None))
    absent = [
        row for row in each_row(cells.drop_duplicates(keys)) if tuple(getattr(row, key) for key in keys) not in drawn
    ]
    words = [f"{row.label} {row.dtype}{f' in {row.run}' if 'run' in keys else ''} ({_why(row)})" for row in absent]
    return [CAPTIONS["not_drawn"].format(", ".join(words))] if words else []


def _why(row: Any) -> str:
    return "no number" if row.status == "passed" else formatting.STATUS_WORDS.get(row.status, str(row.status))
