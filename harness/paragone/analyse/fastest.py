"""Who is fastest at each batch size, and who cannot be told apart from it: pure functions of frames."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from paragone.analyse.statuses import CELL, timed_samples
from paragone.analyse.summary import cells_with_statuses, relative_speeds
from paragone.analyse.verdicts import POINT, unknown_verdict, verdict_words

if TYPE_CHECKING:
    from paragone.store.run_folder import Run

PLACE = ["problem", "batch_size", "threads"]
TO_BASELINE = ["ratio_to_baseline", "ratio_low", "ratio_high"]
RATIO = ["ratio", "ratio_low", "ratio_high"]
COLUMNS = [*POINT, "variant", "leader", *RATIO, "verdict"]


def leaders(run: Run, frame: pd.DataFrame) -> pd.DataFrame:
    """Return every verified cell beside the leader of its point of the grid; `frame` is the summary.

    A point is a problem, dtype, batch size and number of threads. `ratio` is the speed relative to the
    leader (see `compared`). Of the leader itself it is 1 and the verdict "leader"; whose verdict is not
    "slower" cannot be told apart from it.
    """
    verified = frame[(frame["status"] == "passed") & ~frame["control"] & frame["images_per_second"].notna()]
    if verified.empty:
        return pd.DataFrame(columns=COLUMNS)
    samples, cells = timed_samples(run), cells_with_statuses(run)
    by_place = dict(iter(samples.groupby(PLACE)))
    parts = [
        _beside_the_leader(run, rivals, by_place[tuple(rivals[PLACE].iloc[0])], cells)
        for _, rivals in verified.groupby(POINT, sort=False)
    ]
    return pd.concat(parts, ignore_index=True)[COLUMNS]


def _beside_the_leader(run: Run, rivals: pd.DataFrame, samples: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Return the cells of one point beside their leader; where somebody beats the first choice, that one leads."""
    by = "ratio_to_baseline" if rivals["ratio_to_baseline"].notna().all() else "images_per_second"
    leader = str(rivals["variant"].iloc[int(rivals[by].to_numpy().argmax())])
    found = _beside(run, rivals, leader, samples, cells)
    if (found["verdict"] == "faster").any():
        leader = str(found["variant"].iloc[int(found["ratio"].fillna(0).to_numpy().argmax())])
        found = _beside(run, rivals, leader, samples, cells)
    return found


def _beside(run: Run, rivals: pd.DataFrame, leader: str, samples: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    others = dict.fromkeys(rivals["variant"], leader)
    found = compared(rivals, others, relative_speeds(samples, cells, others), unknown_verdict(run))
    leads = found["variant"] == leader
    found.loc[leads, RATIO] = 1.0
    found.loc[leads, "verdict"] = "leader"
    return found.assign(leader=leader)


def compared(frame: pd.DataFrame, others: Mapping[str, str], speeds: pd.DataFrame, unknown: str) -> pd.DataFrame:
    """Return the rows of the summary of variants in `others` with ratio, interval and verdict against their others.

    `speeds` has the ratios formed within rounds (`relative_speeds`). Two that were never in one round have
    both been in rounds with the baseline: theirs is the quotient of their ratios to it, from low over high to
    high over low, which is wider than it need be. The margin is the wider one of the two.
    """
    of_other = frame[[*PLACE, "variant", "dtype", "margin", *TO_BASELINE]]
    found = frame[frame["variant"].isin(others.keys())]
    found = found.assign(other=found["variant"].map(others).astype(found["variant"].dtype))
    found = found.merge(of_other, left_on=[*PLACE, "other"], right_on=[*PLACE, "variant"], suffixes=("", "_of_other"))
    own, others_own = found[TO_BASELINE], found[[f"{name}_of_other" for name in TO_BASELINE]]
    quotients = own.to_numpy() / others_own.iloc[:, [0, 2, 1]].to_numpy()
    found = found.drop(columns=TO_BASELINE).merge(speeds, on=CELL, how="left")
    apart = found["ratio"].isna() & (found["dtype"] == found["dtype_of_other"])  # of one baseline
    found.loc[apart, RATIO] = quotients[apart]
    margin = found[["margin", "margin_of_other"]].max(axis=1)
    return found.assign(verdict=verdict_words(found["ratio_low"], found["ratio_high"], margin, unknown))
