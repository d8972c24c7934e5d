"""CSV that means the same in a spreadsheet: no text in it is a formula."""

from __future__ import annotations

import pandas as pd

from paragone.report.text import formatting

FORMULA_STARTS = ("=", "+", "-", "@")


def safe_csv(frame: pd.DataFrame, decimal: str = ".") -> str:
    """Return a table as CSV: numbers with six significant digits, NaN as an empty field.

    Where the decimal sign is a comma, semicolons separate the fields, as spreadsheets of such languages expect. A text
    that a spreadsheet would read as a formula gets an apostrophe in front.
    """
    safe = frame.apply(lambda column: column.map(_defused))
    separator = ";" if decimal == "," else ","
    return str(safe.to_csv(index=False, float_format="%.6g", lineterminator="\n", sep=separator, decimal=decimal))


def _defused(value: object) -> object:
    if not isinstance(value, str):
        return value
    line = formatting.one_line(value)
    return f"'{line}" if line.startswith(FORMULA_STARTS) else line
