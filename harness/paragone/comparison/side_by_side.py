"""A live comparison: the speed of version B relative to version A, from a run that holds both.

Ratios are formed within rounds and margins come from the run's own A/A control, like everywhere in a run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from paragone.analyse.statuses import CELL, TOO_FAST
from paragone.analyse.verdicts import ONE_LAUNCH, unknown_verdict, verdict_words
from paragone.implementation.variant import VERSION, without_version

if TYPE_CHECKING:
    from paragone.analyse.results import Results
    from paragone.store.reader import Run

POINT = ["problem", "compared", "size", "threads"]
OF_A_SIDE = ["variant", "status", "reason", "work_per_second"]
COLUMNS = [
    *("problem", "compared", "implementation", "dtype", "size", "threads"),
    *(f"{column}_{side}" for side in "ab" for column in OF_A_SIDE),
    *("ratio", "ratio_low", "ratio_high", "margin", "verdict"),
]
NO_CELL = "absent"


def labels(run: Run) -> tuple[str, str] | None:
    """The labels of both sides; None where the run holds no live comparison."""
    live = run.plan.live
    return (live.a.label, live.b.label) if live else None


def side_by_side(results: Results) -> pd.DataFrame:
    """One row per cell of either side: the status of both, and the speed of B relative to A; above 1, B is faster.

    A cell that one side lacks has the status "absent" there. No rows where the run holds no live comparison.
    """
    named = labels(results.run)
    if named is None:
        return pd.DataFrame(columns=COLUMNS)
    sides = [_of_side(results.summary, label, which) for label, which in zip(named, "ab", strict=True)]
    both = sides[0].merge(sides[1], on=POINT, how="outer", sort=False)
    for column in ("implementation", "dtype", "margin"):
        both[column] = both[f"{column}_a"].fillna(both[f"{column}_b"])
    both[["status_a", "status_b"]] = both[["status_a", "status_b"]].fillna(NO_CELL)
    both[["reason_a", "reason_b"]] = both[["reason_a", "reason_b"]].fillna("")
    pairs = both.dropna(subset=["variant_a", "variant_b"]).drop_duplicates("variant_b")
    others = dict(zip(pairs["variant_b"], pairs["variant_a"], strict=True))
    speeds = results.relative_speeds(others)
    both = both.merge(speeds.rename(columns={"variant": "variant_b"}), how="left")
    words = verdict_words(both["ratio_low"], both["ratio_high"], both["margin"], unknown_verdict(results.run))
    both["verdict"] = np.where(both["ratio"].notna(), words, "")
    return both.sort_values(["problem", "threads", "compared", "size"], kind="stable", ignore_index=True)[COLUMNS]


def _of_side(frame: pd.DataFrame, label: str, which: str) -> pd.DataFrame:
    """The cells of one side; `compared` is the variant's name without its version, which both sides share."""
    own = frame[frame["implementation"].str.endswith(VERSION + label) & ~frame["control"].astype(bool)]
    renamed = own[[*CELL, "implementation", "dtype", "margin", *OF_A_SIDE[1:]]].assign(
        implementation=own["implementation"].map(without_version), compared=own["variant"].map(without_version)
    )
    return renamed.rename(columns={name: f"{name}_{which}" for name in renamed.columns if name not in POINT})


def newly_failed(cells: pd.DataFrame) -> pd.DataFrame:
    """The cells that passed in A, and in B failed or are too fast for the machine."""
    return cells[cells["status_a"].eq("passed") & cells["status_b"].isin(["failed", TOO_FAST])]


def counted(cells: pd.DataFrame) -> dict[str, int]:
    """Verdict → number of cells; "same" whatever its width, `not compared` without a ratio."""
    words = cells["verdict"].str.split(" within").str[0].replace("", "not compared").value_counts()
    verdicts = ("faster", "slower", "same", "not enough data", ONE_LAUNCH, "not compared")
    return {word: int(words[word]) for word in verdicts if word in words}


def why_not_compared(row: Any) -> str:
    """Why a row of `side_by_side` has no ratio."""
    reasons = [
        f"{which}: {status}{f', {reason}' if reason else ''}"
        for which, status, reason in (("A", row.status_a, row.reason_a), ("B", row.status_b, row.reason_b))
        if status != "passed"
    ]
    return "; ".join(reasons) or "no round has both"
