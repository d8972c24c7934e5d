"""Cells that are faster than the machine can be: part of their work is missing, or was not timed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from paragone.analyse.attained import FASTER_THAN_BLAS, nonzero_share, with_limits
from paragone.analyse.statuses import CELL, STATUSES_WITH_TIMES, TOO_FAST
from paragone.analyse.work import work_of_a_step

if TYPE_CHECKING:
    from paragone.store.reader import Run
    from paragone.task.problem import Words

LAUNCH = ["wave", "launch", "attempt"]
REASON = (
    "{rate} {per_second} are {share:.3g} times the machine's limit; at most {most:.3g} times it can be reached, "
    "{beyond_limit} and whose products are {faster:g} times as fast as those "
    "of NumPy's BLAS. Part of the work is missing, or is done outside the clock: see {step_is_whole}, ends "
    " only when all of them are done, and keeps nothing from one call to the next"
)
ZEROS = "{:.0f} %"
ASSUMED_ZEROS = "{:.0f} % are assumed, because this run does not say"


def with_too_fast(cells: pd.DataFrame, samples: pd.DataFrame, run: Run) -> pd.DataFrame:
    """The cells, where some that had times have the status "too fast", its reason, and were found in the rounds.

    A cell is too fast where the median of its samples exceeds `most_work_per_second`. Where no limit is known, none
    is. `cells` have their statuses; `samples` are the timed ones.
    """
    limits = with_limits(cells[[*CELL, "dtype"]], run)
    medians = samples.groupby([*CELL, *LAUNCH])["step_seconds"].median().groupby(CELL).median().rename("seconds")
    seconds = limits[CELL].merge(medians.reset_index(), on=CELL, how="left")["seconds"].set_axis(cells.index)
    limits["rate"] = work_of_a_step(cells, run) / seconds
    found = cells["status"].isin(STATUSES_WITH_TIMES) & (limits["rate"] > limits["most_work_per_second"])
    zeros = (ASSUMED_ZEROS if run.plan.data.nonzero_share is None else ZEROS).format(100 * (1 - nonzero_share(run)))
    columns = ["problem", "rate", "limit_work_per_second", "most_work_per_second"]
    reasons = [
        _reason(run.plan.words_of(problem), zeros, rate, limit, most)
        for problem, rate, limit, most in limits.loc[found, columns].itertuples(index=False)
    ]
    result = cells.copy()
    result.loc[found, "status"] = TOO_FAST
    result.loc[found, "reason"] = pd.Series(reasons, index=cells.index[found], dtype=object)
    result.loc[found, "found_in"] = "rounds"
    return result


def _reason(spoken: Words, zeros: str, rate: float, limit: float, most: float) -> str:
    """The sentence of a cell of that rate, whose roofline is `limit` and which can reach `most`."""
    return REASON.format(
        rate=_rate(rate),
        per_second=spoken.per_second,
        share=rate / limit,
        most=most / limit,
        beyond_limit=spoken.beyond_limit.format(zeros=zeros),
        faster=FASTER_THAN_BLAS,
        step_is_whole=spoken.step_is_whole,
    )


def _rate(value: float) -> str:
    """A rate in millions; below one million as a whole number."""
    return f"{value / 1e6:.3g} million" if value >= 1e6 else f"{value:.0f}"
