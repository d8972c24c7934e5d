"""The point of the grid with which readers begin: of a problem the largest size, in the first dtype by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from paragone.analyse.verdicts import POINT
from paragone.report.text.rows import first_row, short_names

if TYPE_CHECKING:
    from paragone.analyse.results import Results


def cells_of_first_point(results: Results, problem: str, threads: int) -> pd.DataFrame:
    """Return the rows of `Results.ranking` that are verified, the fastest first, each with its `name`."""
    ranked = results.ranking
    own = ranked[(ranked["problem"] == problem) & (ranked["threads"] == threads) & (ranked["beside_fastest"] != "")]
    own = own[own["dtype"] == own["dtype"].min()]
    own = own[own["size"] == own["size"].max()]
    named: pd.DataFrame = own.assign(name=short_names(results.summary)[own.index])
    return named


def with_control(results: Results, cells: pd.DataFrame) -> pd.DataFrame:
    """Return these cells with the A/A control of their point behind the baseline."""
    summary, point = results.summary, first_row(cells)
    is_here = (summary[POINT] == [getattr(point, name) for name in POINT]).all(axis=1)
    controls = summary[is_here & summary["control"] & summary["ratio_to_baseline"].notna()]
    controls = controls.assign(name=short_names(summary)[controls.index])
    place = 1 + next((n for n, verdict in enumerate(cells["verdict"]) if verdict == "baseline"), len(cells))
    return pd.concat([cells.iloc[:place], controls, cells.iloc[place:]])
