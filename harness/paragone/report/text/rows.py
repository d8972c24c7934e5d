"""The rows of a summary as every report uses them: which are shown, and what their variants are called."""

from __future__ import annotations

import math
from collections import namedtuple
from collections.abc import Iterator
from functools import cache
from typing import Any

import pandas as pd

from paragone.implementation.variant import CONTROL, axes_of
from paragone.report.text import formatting, markdown


def each_row(frame: pd.DataFrame) -> Iterator[Any]:
    """Yield the rows with their columns as attributes. No type checker can know these types, hence Any.

    The same as `itertuples` without the index, in a fraction of the time for frames of many columns and few rows.
    """
    values = zip(*(frame[name].tolist() for name in frame.columns), strict=True)
    return map(_row_type(tuple(frame.columns))._make, values)


@cache
def _row_type(columns: tuple[str, ...]) -> Any:
    return namedtuple("Row", columns, rename=True)


def first_row(frame: pd.DataFrame) -> Any:
    return next(each_row(frame.iloc[:1]))


def shown_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the result tables: the A/A control and unavailable variants have sections of their own."""
    return frame[~frame["control"] & (frame["status"] != "unavailable")]


def short_names(frame: pd.DataFrame) -> pd.Series[str]:
    """Return a name for each row: the implementation, with its axis values where it has several variants.

    The dtype is left out: every table and panel is of one dtype.
    """
    values = frame["variant"].map(axis_values)
    several = values.groupby(frame["implementation"]).transform("nunique") > 1
    names = frame["implementation"].where(~several, frame["implementation"] + " " + values)
    return names.where(~frame["control"], names + CONTROL)


def lines_fastest_first(cells: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return name and rows of each line of a table, of cells with a `name`, all of one grid.

    The fastest at the largest size comes first; a line without a time there stands below, by its next smaller size. No
    order is best for all sizes, and an average over sizes would be a score.
    """
    sizes = sorted(cells["size"].unique(), reverse=True)

    def slowness(line: tuple[str, pd.DataFrame]) -> list[float]:
        speeds = dict(zip(line[1]["size"], line[1]["work_per_second"], strict=True))
        return [-speeds[size] if speeds.get(size, math.nan) > 0 else math.inf for size in sizes]

    return sorted(((str(name), line) for name, line in cells.groupby("name", sort=False)), key=slowness)


def axis_values(variant: str) -> str:
    """Return the axis values of a variant without its dtype: "F" of `numpy_rows[dtype=float32,order=F]`."""
    return " ".join(value for axis, value in axes_of(variant).items() if axis != "dtype")


def names_by_variant(frame: pd.DataFrame) -> dict[str, str]:
    return dict(zip(frame["variant"], short_names(frame), strict=True))


def grid_label(frame: pd.DataFrame, row: Any) -> str:
    """Return "`nielsen`, float64, 2 threads: ", without what is the same in the whole run."""
    return grid_label_of(frame, row.problem, row.threads, row.dtype)


def grid_label_of(frame: pd.DataFrame, problem: str, threads: int, dtype: str = "") -> str:
    """Return `grid_label` for a place in the grid; "" where the run has no other place."""
    parts = [
        (frame["problem"].nunique() > 1, markdown.code(problem)),
        (frame["dtype"].nunique() > 1 and bool(dtype), dtype),
        (frame["threads"].nunique() > 1, formatting.plural(threads, "thread")),
    ]
    label = ", ".join(part for is_needed, part in parts if is_needed)
    return f"{label}: " if label else ""
