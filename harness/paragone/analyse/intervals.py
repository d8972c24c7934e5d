"""Intervals over launches: Student's t on one number from each."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from paragone.analyse.statuses import CELL

CONFIDENCE = 0.95
# As SciPy has them, for 0 to 24 degrees of freedom: one less than most runs have launches.
# fmt: off
T_QUANTILES = (
    math.nan, 12.706204736174694, 4.302652729749462, 3.1824463052837078, 2.7764451051977934, 2.5705818356363146,
    2.4469118511449786, 2.364624251592784, 2.306004135204166, 2.262157162798205, 2.228138851986274, 2.200985160091639,
    2.1788128296672284, 2.1603686564627913, 2.144786687917804, 2.131449545559776, 2.1199052992212546,
    2.1098155778333156, 2.1009220402410382, 2.0930240544083087, 2.085963447265864, 2.0796138447276795,
    2.0738730679040254, 2.0686576104190486, 2.0638985616280245,
)
# fmt: on
LEAST_ROUNDS = 3  # with fewer, the median of a launch is too uncertain to enter an interval


def intervals(launches: pd.DataFrame) -> pd.DataFrame:
    """Per cell Student's t interval of the mean of `log` over the launches that enter: n_launches, mean, low, high.

    mean ± t(0.975, n − 1)·s/√n, in logs. A single launch has no interval (NaN). Where launches have a `host`, each
    host gives one value, the mean of its launches, and n is the number of hosts: launches of a host are no repetition
    of what hosts differ by.
    """
    entering = launches[launches["enters"]]
    result = entering.groupby(CELL)["log"].agg(n_launches="size").reset_index()
    if "host" in entering:
        entering = entering.groupby([*CELL, "host"])["log"].mean().reset_index()
    values = entering.groupby(CELL)["log"].agg(n_values="size", mean="mean", deviation="std").reset_index()
    result = result.merge(values, on=CELL)
    n = result.pop("n_values").astype(float)
    reach = t_quantiles(n - 1) * result["deviation"] / np.sqrt(n)
    result["low"], result["high"] = result["mean"] - reach, result["mean"] + reach
    all_cells = launches[CELL].drop_duplicates()
    return all_cells.merge(result, on=CELL, how="left").fillna({"n_launches": 0})


def t_quantiles(freedom: Any) -> NDArray[np.float64]:
    """The 97.5 % quantiles of Student's t for these degrees of freedom, whole numbers; NaN for 0."""
    degrees = np.asarray(freedom, dtype=float)
    found: NDArray[np.float64]
    if (degrees < len(T_QUANTILES)).all():
        found = np.array(T_QUANTILES)[degrees.astype(int)]
        return found
    from scipy.special import stdtrit  # takes longer to import than a report of a small run to make

    found = stdtrit(degrees, (1 + CONFIDENCE) / 2)
    return found
