"""Whether launches scatter as Student's t supposes: a diagnostic over all cells of a run, as one cell has too few."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from paragone.analyse.statuses import CELL, timed_samples
from paragone.analyse.summary import UNIT, baselines_of, cells_with_statuses, launch_ratios

if TYPE_CHECKING:
    from paragone.store.run_folder import Run

FEWEST_LAUNCHES = 3  # with two, the residuals are ±1 whatever the distribution
FEWEST_CELLS = 10
ALPHA = 0.01


class Scatter(NamedTuple):
    """How the launches of so many cells lie: Kolmogorov and Smirnov's distance from normal, and its p."""

    n_cells: int
    distance: float
    p: float

    @property
    def is_normal(self) -> bool:
        """Return whether nothing speaks against normal launches."""
        return self.p >= ALPHA


def scatter_of_launches(run: Run) -> Scatter | None:
    """Return how the log-ratios of launches scatter about the means of their cells; None for too few cells.

    Of each cell one launch, another from cell to cell, so that no two residuals share a mean. With x̄ and s over all
    n launches of the cell, q = n/(n−1)² · ((x − x̄)/s)² ~ Beta(½, (n−2)/2) where launches are normal, so that the
    signed distribution function of q is uniform. Ratios are to the baseline of the cell's point of the grid, which
    they share: p is a little too small for that, never too large.
    """
    ratios = _log_ratios(run)
    grouped = ratios.groupby(CELL, sort=False)["log"]
    ratios["number"], ratios["n"] = grouped.cumcount(), grouped.transform("size")
    ratios["residual"] = (ratios["log"] - grouped.transform("mean")) / grouped.transform("std")
    ratios = ratios[(ratios["n"] >= FEWEST_LAUNCHES) & np.isfinite(ratios["residual"])]
    cell = ratios.groupby(CELL, sort=False).ngroup()
    chosen = ratios[ratios["number"] == cell % ratios["n"]]
    if len(chosen) < FEWEST_CELLS:
        return None
    n, residual = chosen["n"].to_numpy(float), chosen["residual"].to_numpy(float)
    q = np.clip(n / (n - 1) ** 2 * residual**2, 0.0, 1.0)
    uniform = 0.5 + 0.5 * np.sign(residual) * stats.beta.cdf(q, 0.5, (n - 2) / 2)
    test = stats.kstest(uniform, "uniform")
    return Scatter(len(chosen), float(test.statistic), float(test.pvalue))


def _log_ratios(run: Run) -> pd.DataFrame:
    """Return the log-ratios to the baseline of the launches that enter intervals, launch by launch."""
    cells = cells_with_statuses(run)
    others = {variant: than for variant, than in baselines_of(cells, run).items() if variant != than}
    ratios = launch_ratios(timed_samples(run), cells, others)
    return ratios[ratios["enters"]].sort_values([*CELL, *UNIT], kind="stable").reset_index(drop=True)
