"""CSV that means the same in a spreadsheet: no text in it is a formula."""

from __future__ import annotations

import pandas as pd

from paragone.report.text import formatting

FORMULA = ("=", "+", "-", "@")  # how a spreadsheet's formula begins


def csv(frame: pd.DataFrame) -> str:
    """Return a table as CSV: six significant digits, nothing where there is no number.

    A text that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    safe = frame.apply(lambda column: column.map(_no_formula))
    return str(safe.to_csv(index=False, float_format="%.6g", lineterminator="\n"))


def _no_formula(value: object) -> object:
    if not isinstance(value, str):
        return value
    line = formatting.one_line(value)
    return f"'{line}" if line.startswith(FORMULA) else line
