"""The work of each cell: the units in one of its steps, and the steps in which it uses all data once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from paragone.store.reader import Run


def work_of_a_step(cells: pd.DataFrame, run: Run) -> pd.Series[float]:
    """The units of work of one step of each cell."""
    points = zip(cells["problem"], cells["size"], strict=True)
    work = [run.plan.problems[problem].work(int(size)) for problem, size in points]
    return pd.Series(work, index=cells.index, dtype=float)


def steps_per_pass(cells: pd.DataFrame, run: Run) -> pd.Series[float]:
    """The steps in which each cell uses all data once; NaN where that means nothing."""
    points = zip(cells["problem"], cells["size"], strict=True)
    steps = [run.plan.problems[problem].steps_per_pass(int(size)) for problem, size in points]
    return pd.Series(steps, index=cells.index, dtype=float)
