"""Ladders: implementations that improve on each other step by step, and what each step gains in a run.

Which there are, and what their sources say, is data: `ladders.toml`, whose head explains it.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from harness.analyse import cells_with_statuses, relative_speeds
from harness.interface import FLOATS
from harness.statuses import CELL, timed_samples
from harness.verdicts import unknown_verdict, verdict_words

if TYPE_CHECKING:
    from harness.store import Run

LADDERS = Path(__file__).with_name("ladders.toml")
MEASURED = "train"  # the quantity that a run measures


@dataclass(frozen=True)
class Step:
    """A rung: the implementation, the dtype in which its source ran it, and what it changes besides that."""

    implementation: str
    dtype: str
    what: str


@dataclass(frozen=True)
class Claim:
    """What a source says that `step` gains over `than`: a speed-up from `low` to `high`, in a quantity."""

    step: str
    than: str
    quantity: str
    low: float
    high: float
    problem: str = ""
    batch_sizes: tuple[int, ...] = ()

    def is_about(self, problem: str, batch_size: int) -> bool:
        """Return whether it speaks of this workload and batch size."""
        return self.problem in ("", problem) and (not self.batch_sizes or batch_size in self.batch_sizes)

    def answer(self, low: float, high: float) -> str:
        """Return what an interval of the measured speed-up says to it; nothing where there is none."""
        if math.isnan(low) or math.isnan(high) or self.quantity != MEASURED:
            return ""
        if low > self.high:
            return "more than it says"
        if high < self.low:
            return "less than it says"
        return "as it says" if self.low <= low and high <= self.high else "undecided"


@dataclass(frozen=True)
class Ladder:
    """Steps in their order, and what is claimed of them; `name` is for files."""

    name: str
    title: str
    about: str
    steps: tuple[Step, ...]
    claims: tuple[Claim, ...]

    def claim_about(self, row: Any) -> Claim | None:
        """Return what is said of a row of `climbs`, if both sides are in the dtypes in which the source ran them."""
        ran = {step.implementation: step.dtype for step in self.steps}
        if row.dtype != ran[row.implementation] or row.than_dtype != ran.get(row.than):
            return None
        said = (claim for claim in self.claims if (claim.step, claim.than) == (row.implementation, row.than))
        return next((claim for claim in said if claim.is_about(row.problem, row.batch_size)), None)


@cache
def ladders(path: Path = LADDERS) -> tuple[Ladder, ...]:
    """Return the ladders that a file declares."""
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["ladder"]
    return tuple(
        Ladder(
            entry["name"],
            entry["title"],
            entry["about"],
            tuple(Step(**step) for step in entry["step"]),
            tuple(_claim(**claim) for claim in entry.get("claim", [])),
        )
        for entry in entries
    )


def _claim(
    at_least: float = 0.0,
    less_time: tuple[float, float] | None = None,
    batch_sizes: tuple[int, ...] = (),
    **others: str,
) -> Claim:
    """Return the claim with its speed-ups: who saves the fraction x of the time is 1/(1 − x) times as fast."""
    low, high = (at_least, math.inf) if less_time is None else (1 / (1 - less_time[0]), 1 / (1 - less_time[1]))
    return Claim(low=low, high=high, batch_sizes=tuple(batch_sizes), **others)


def climbs(run: Run, frame: pd.DataFrame, ladder: Ladder) -> pd.DataFrame:
    """Return what each step of a ladder gains, one row per step, batch size and dtype climbed in; `frame` the summary.

    To climb in a dtype is to take each step in it, and where an implementation has no such variant in the run,
    in the dtype of its source. `ratio` is the speed relative to `than`, the step before; rows that are `in_all` compare
    the last step with the first. Only dtypes and batch sizes with at least two steps are there.
    """
    samples, cells = timed_samples(run), cells_with_statuses(run)
    parts = []
    for dtype, rungs in _ways_up(frame, ladder):
        for pairs, in_all in _comparisons(rungs):
            others = {step: than for step, than in pairs if than}
            part = _compared(frame, relative_speeds(samples, cells, others), pairs)
            parts.append(part.assign(climbed_in=dtype, in_all=in_all))
    if not parts:
        return pd.DataFrame()
    found = pd.concat(parts, ignore_index=True)
    at = ["problem", "threads", "batch_size", "climbed_in"]
    found = found[found.groupby(at)["variant"].transform("nunique") > 1].reset_index(drop=True)
    # Across dtypes, the noisier side decides what is called a difference.
    words = verdict_words(found["ratio_low"], found["ratio_high"], found["pair_margin"], unknown_verdict(run))
    found["verdict"] = np.where(found["ratio"].notna(), words, "")
    said = [ladder.claim_about(row) for row in found.itertuples()]
    found["claim"] = pd.Series(said, index=found.index, dtype=object)
    return found.sort_values(["climbed_in", "problem", "threads", "batch_size", "in_all"], kind="stable")


def _ways_up(frame: pd.DataFrame, ladder: Ladder) -> list[tuple[str, list[str]]]:
    """Return dtype and variants, first step first, of each different climb of at least two steps."""
    own = frame[~frame["control"]].drop_duplicates("variant")
    found: list[tuple[str, list[str]]] = []
    for dtype in FLOATS:
        rungs = [variant for step in ladder.steps if (variant := _rung(own, step, dtype))]
        if len(rungs) > 1 and rungs not in [others for _, others in found]:
            found.append((dtype, rungs))
    return found


def _rung(own: pd.DataFrame, step: Step, dtype: str) -> str:
    """Return the variant of a step in a dtype, else in that of its source, else nothing."""
    for wanted in (dtype, step.dtype):
        variants = own.loc[(own["implementation"] == step.implementation) & (own["dtype"] == wanted), "variant"]
        if len(variants):
            return str(variants.iloc[0])
    return ""


def _comparisons(rungs: list[str]) -> list[tuple[list[tuple[str, str]], bool]]:
    """Return each step with the one before, the first with none; and, with True, the last with the first."""
    neighbours = list(zip(rungs, ["", *rungs[:-1]], strict=True))
    return [(neighbours, False), *([([(rungs[-1], rungs[0])], True)] if len(rungs) > 2 else [])]


def _compared(frame: pd.DataFrame, speeds: pd.DataFrame, pairs: list[tuple[str, str]]) -> pd.DataFrame:
    """Return the rows of the summary of the first of each pair, in the order of the pairs, beside the second's."""
    columns = [*CELL, "implementation", "dtype", "status", "margin"]
    rates = ["images_per_second", "images_per_second_low", "images_per_second_high"]
    parts = []
    for step, than in pairs:
        mine = frame.loc[frame["variant"] == step, [*columns, *rates]]
        other = frame.loc[frame["variant"] == than, columns].add_prefix("than_")
        keys = ["problem", "batch_size", "threads"]
        parts.append(mine.merge(other, left_on=keys, right_on=[f"than_{key}" for key in keys], how="left"))
    joined = pd.concat(parts, ignore_index=True)
    joined = joined.rename(columns={"than_implementation": "than"}).merge(speeds, on=CELL, how="left")
    return joined.assign(pair_margin=joined[["margin", "than_margin"]].max(axis=1))


def climbed(run: Run, frame: pd.DataFrame) -> Iterator[tuple[Ladder, pd.DataFrame]]:
    """Yield each ladder of which a run has at least two steps at some batch size, with its climbs."""
    for ladder in ladders():
        found = climbs(run, frame, ladder)
        if not found.empty:
            yield ladder, found
