"""The fastest variant at each point of the grid, and the variants that cannot be told apart from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from paragone.analyse.statuses import CELL
from paragone.analyse.summary import relative_speeds
from paragone.analyse.verdicts import POINT, unknown_verdict, verdict_words

if TYPE_CHECKING:
    from paragone.store.reader import Run

PLACE = ["problem", "size", "threads"]
TO_BASELINE = ["ratio_to_baseline", "ratio_low", "ratio_high"]
RATIO = ["ratio", "ratio_low", "ratio_high"]
COLUMNS = [*POINT, "variant", "fastest", *RATIO, "verdict"]


def fastest(run: Run, summary: pd.DataFrame, samples: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Every verified cell beside the `fastest` variant at its point: problem, dtype, size, threads.

    `samples` and `cells` are those of `Results`. `ratio` is the speed relative to the fastest, which itself has the
    ratio 1 and the verdict "fastest". A cell without the verdict "slower" cannot be told apart from it.
    """
    verified = summary[(summary["status"] == "passed") & ~summary["control"] & summary["work_per_second"].notna()]
    if verified.empty:
        return pd.DataFrame(columns=COLUMNS)
    by_place = dict(iter(samples.groupby(PLACE)))
    parts = [
        _beside_the_fastest(rivals, by_place[tuple(rivals[PLACE].iloc[0])], cells, unknown_verdict(run))
        for _, rivals in verified.groupby(POINT, sort=False)
    ]
    return pd.concat(parts, ignore_index=True)[COLUMNS]


def _beside_the_fastest(rivals: pd.DataFrame, samples: pd.DataFrame, cells: pd.DataFrame, unknown: str) -> pd.DataFrame:
    """The cells of one point beside the fastest of them.

    The first candidate has the highest ratio to the baseline. Ratios formed within rounds are sharper: where they show
    another variant to be faster than the candidate, that variant is the fastest.
    """
    by = "ratio_to_baseline" if rivals["ratio_to_baseline"].notna().all() else "work_per_second"
    first = str(rivals["variant"].iloc[int(rivals[by].to_numpy().argmax())])
    found = _beside(rivals, first, samples, cells, unknown)
    if (found["verdict"] == "faster").any():
        first = str(found["variant"].iloc[int(found["ratio"].fillna(0).to_numpy().argmax())])
        found = _beside(rivals, first, samples, cells, unknown)
    return found


def _beside(rivals: pd.DataFrame, first: str, samples: pd.DataFrame, cells: pd.DataFrame, unknown: str) -> pd.DataFrame:
    others = dict.fromkeys(rivals["variant"], first)
    speeds = relative_speeds(samples, cells, others)
    found = compared(rivals, others, speeds, unknown)
    is_first = found["variant"] == first
    found.loc[is_first, RATIO] = 1.0
    found.loc[is_first, "verdict"] = "fastest"
    return found.assign(fastest=first)


def compared(summary: pd.DataFrame, others: Mapping[str, str], speeds: pd.DataFrame, unknown: str) -> pd.DataFrame:
    """The rows of the summary whose variant is in `others`, with ratio, interval and verdict against the other.

    `speeds` holds the ratios formed within rounds (`relative_speeds`). Two variants that share no round are compared
    through the baseline: the quotient of their ratios to it, its interval from low/high to high/low. That is wider
    than necessary. The margin is the wider one of the two cells.
    """
    of_other = summary[[*PLACE, "variant", "dtype", "margin", *TO_BASELINE]]
    found = summary[summary["variant"].isin(others.keys())]
    found = found.assign(other=found["variant"].map(others).astype(found["variant"].dtype))
    found = found.merge(of_other, left_on=[*PLACE, "other"], right_on=[*PLACE, "variant"], suffixes=("", "_of_other"))
    own, others_own = found[TO_BASELINE], found[[f"{name}_of_other" for name in TO_BASELINE]]
    quotients = own.to_numpy() / others_own.iloc[:, [0, 2, 1]].to_numpy()
    found = found.drop(columns=TO_BASELINE).merge(speeds, on=CELL, how="left")
    # Only cells of one dtype have the same baseline.
    share_no_round = found["ratio"].isna() & (found["dtype"] == found["dtype_of_other"])
    found.loc[share_no_round, RATIO] = quotients[share_no_round]
    margin = found[["margin", "margin_of_other"]].max(axis=1)
    return found.assign(verdict=verdict_words(found["ratio_low"], found["ratio_high"], margin, unknown))
