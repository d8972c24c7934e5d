"""The errors of cases that are shown and not judged."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from paragone.analyse.statuses import CELL

if TYPE_CHECKING:
    from paragone.store.reader import Run


def shown_errors(run: Run) -> pd.DataFrame:
    """A row for each cell and case: the largest `error` that was found, infinite where a result was not finite."""
    outcomes = run.outcomes[run.outcomes[["shown_errors", "size", "threads"]].notna().all(axis=1)]
    rows: list[tuple[Any, ...]] = []
    for outcome in outcomes.to_dict("records"):
        cell = outcome["problem"], outcome["variant"], int(outcome["size"]), int(outcome["threads"])
        rows += [(*cell, case, _or_infinite(error)) for case, error in outcome["shown_errors"].items()]
    frame = pd.DataFrame(rows, columns=[*CELL, "case", "error"])
    frame = frame.astype({"size": "int64", "threads": "int64", "error": "float64"})
    return frame.groupby([*CELL, "case"], sort=False).agg(error=("error", "max")).reset_index()


def _or_infinite(error: float | None) -> float:
    return math.inf if error is None else error
