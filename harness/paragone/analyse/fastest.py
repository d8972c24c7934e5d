"""The fastest variant at each point of the grid, and the variants that cannot be told apart from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from paragone.analyse.ratios import Rounds, launch_ratios, speeds_over_launches
from paragone.analyse.statuses import CELL
from paragone.analyse.verdicts import POINT, unknown_verdict, verdict_words

if TYPE_CHECKING:
    from paragone.store.reader import Run

PLACE = ["problem", "size", "threads"]
TO_BASELINE = ["ratio_to_baseline", "ratio_low", "ratio_high"]
RATIO = ["ratio", "ratio_low", "ratio_high"]
COLUMNS = [*POINT, "variant", "fastest", *RATIO, "verdict"]


def fastest(run: Run, summary: pd.DataFrame, rounds: Rounds) -> pd.DataFrame:
    """Every verified cell beside the `fastest` variant at its point: problem, dtype, size, threads.

    `rounds` are those of `Results`. `ratio` is the speed relative to the fastest, which itself has the ratio 1 and the
    verdict "fastest". A cell without the verdict "slower" cannot be told apart from it.

    The first candidate has the highest ratio to the baseline. Ratios formed within rounds are sharper: where they show
    another variant to be faster than the candidate, that variant is the fastest.
    """
    verified = summary[(summary["status"] == "passed") & ~summary["control"] & summary["work_per_second"].notna()]
    if verified.empty:
        return pd.DataFrame(columns=COLUMNS)
    points = [rivals for _, rivals in verified.groupby(POINT, sort=False)]
    candidates = [_candidate(rivals) for rivals in points]
    found = beside(pd.concat(points), candidates, points, rounds, unknown_verdict(run))
    beaten = [cells for _, cells in found.groupby(POINT, sort=False)]
    winners = [_winner(cells, candidate) for cells, candidate in zip(beaten, candidates, strict=True)]
    if winners != candidates:
        found = beside(pd.concat(points), winners, points, rounds, unknown_verdict(run))
    return found[COLUMNS]


def _candidate(rivals: pd.DataFrame) -> str:
    by = "ratio_to_baseline" if rivals["ratio_to_baseline"].notna().all() else "work_per_second"
    return str(rivals["variant"].iloc[int(rivals[by].to_numpy().argmax())])


def _winner(found: pd.DataFrame, candidate: str) -> str:
    """The candidate, or where it was beaten, the variant with the highest ratio to it."""
    if not (found["verdict"] == "faster").any():
        return candidate
    return str(found["variant"].iloc[int(found["ratio"].fillna(0).to_numpy().argmax())])


def beside(
    rivals: pd.DataFrame, firsts: Sequence[str], points: Sequence[pd.DataFrame], rounds: Rounds, unknown: str
) -> pd.DataFrame:
    """The rivals beside the first of their point; `points` are the rivals point by point, and in that order."""
    others = np.repeat(np.array(firsts, dtype=object), list(map(len, points)))
    rivals = rivals.assign(other=pd.Series(others, index=rivals.index, dtype=rivals["variant"].dtype))
    other_of = dict(zip(rivals[CELL].itertuples(index=False, name=None), rivals["other"], strict=True))
    found = compared(rivals, rivals, speeds_over_launches(launch_ratios(rounds, other_of)), unknown)
    is_first = found["variant"] == found["other"]
    found.loc[is_first, RATIO] = 1.0
    found.loc[is_first, "verdict"] = "fastest"
    return found.assign(fastest=found["other"])


def with_others(summary: pd.DataFrame, others: Mapping[str, str]) -> pd.DataFrame:
    """The rows of the summary whose variant is in `others`, with the `other` variant."""
    found = summary[summary["variant"].isin(others.keys())]
    return found.assign(other=found["variant"].map(others).astype(found["variant"].dtype))


def compared(cells: pd.DataFrame, among: pd.DataFrame, speeds: pd.DataFrame, unknown: str) -> pd.DataFrame:
    """The cells with ratio, interval and verdict against the `other` variant that each names; `among` has its cells.

    `speeds` holds the ratios formed within rounds (`launch_ratios`). Two variants that share no round are compared
    through the baseline: the quotient of their ratios to it, its interval from low/high to high/low. That is wider
    than necessary. The margin is the wider one of the two cells.
    """
    of_other = among[[*PLACE, "variant", "dtype", "margin", *TO_BASELINE]]
    found = cells.merge(of_other, left_on=[*PLACE, "other"], right_on=[*PLACE, "variant"], suffixes=("", "_of_other"))
    own, others_own = found[TO_BASELINE], found[[f"{name}_of_other" for name in TO_BASELINE]]
    quotients = own.to_numpy() / others_own.iloc[:, [0, 2, 1]].to_numpy()
    found = found.drop(columns=TO_BASELINE).merge(speeds, on=CELL, how="left")
    # Only cells of one dtype have the same baseline.
    share_no_round = found["ratio"].isna() & (found["dtype"] == found["dtype_of_other"])
    found.loc[share_no_round, RATIO] = quotients[share_no_round]
    margin = found[["margin", "margin_of_other"]].max(axis=1)
    return found.assign(verdict=verdict_words(found["ratio_low"], found["ratio_high"], margin, unknown))
