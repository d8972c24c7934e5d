"""Verdicts on claims about errors: how exact the results of one cell are, relative to those of another.

The ratio is that of the two errors that stand beside the speeds, or of those in a case that is shown. An error has no
interval: verification finds it on given inputs, and what other inputs would change is far below the claims that are
made of it.
"""

from __future__ import annotations

import math
from typing import Any

from paragone.analyse.results import Results
from paragone.analyse.shown_errors import shown_errors
from paragone.analyse.statuses import CELL
from paragone.claims.claim import Claim


def ratio_of_errors(results: Results, claim: Claim, mine: Any, other: Any) -> float:
    """The error of one cell over that of another; NaN where one is not known, or both are 0."""
    errors = [_error(results, claim, row) for row in (mine, other)]
    if errors[1] == 0:
        return math.inf if errors[0] > 0 else math.nan
    return errors[0] / errors[1]


def _error(results: Results, claim: Claim, row: Any) -> float:
    if not claim.case:
        return float(row.error)
    found = shown_errors(results.run)
    of_cell = (found[CELL] == [getattr(row, key) for key in CELL]).all(axis=1) & (found["case"] == claim.case)
    return float(found.loc[of_cell, "error"].max())
