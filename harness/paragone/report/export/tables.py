"""The summary of a run as a table: CSV for programs and spreadsheets, Parquet for data frames.

A row for each planned cell, those that failed and the A/A control too, with the columns of summary.csv. `run` stands
before them: so the tables of several runs can be put below each other.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from paragone.errors import Misuse
from paragone.report.text.formatting import one_line
from paragone.report.text.safe_csv import safe_csv

if TYPE_CHECKING:
    import pandas as pd

    from paragone.analyse.results import Results

INSTALL = "pip install 'paragone[parquet]'"


def csv_table(results: Results, decimal: str) -> bytes:
    """Return the table in UTF-8; with a decimal comma, semicolons separate its fields."""
    return safe_csv(_table(results), decimal).encode()


def parquet_table(results: Results) -> bytes:
    """Return the table, its numbers unrounded and missing ones null. Raises Misuse where pyarrow is not installed."""
    try:
        import pyarrow  # noqa: F401  # pandas would name it and fastparquet, and no command
    except ImportError:
        raise Misuse(f"--format parquet needs pyarrow, which is not installed. Install: {INSTALL}") from None
    # A table is printed sooner or later, and an escape code in a reason would move the cursor.
    table = _table(results).map(lambda value: one_line(value) if isinstance(value, str) else value)
    written = io.BytesIO()
    table.to_parquet(written, engine="pyarrow", index=False)
    return written.getvalue()


def _table(results: Results) -> pd.DataFrame:
    table = results.summary.copy()
    table.insert(0, "run", results.run.plan.run)
    return table
