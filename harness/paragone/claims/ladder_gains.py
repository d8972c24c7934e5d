"""What each step of a ladder gains in a run, beside what its source says of it in `claims.toml`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from paragone.analyse.statuses import CELL, timed_samples
from paragone.analyse.summary import cells_with_statuses, relative_speeds
from paragone.analyse.verdicts import answer, unknown_verdict, verdict_words, widened
from paragone.claims.claim import TRAIN, Claim, shipped_claims
from paragone.implementation.contract import FLOATS
from paragone.implementation.ladders import Ladder, Step, ladders

if TYPE_CHECKING:
    from paragone.store.run_folder import Run

ANSWERS = {
    "inside": "as it says",
    "above": "more than it says",
    "below": "less than it says",
    "across": "undecided",
}


def claim_about(row: Any) -> Claim | None:
    """Return the first claim to be judged that is about the two cells of a row of `climbs`."""
    return next((claim for claim in shipped_claims() if not claim.context and _is_about(claim, row)), None)


def _is_about(claim: Claim, row: Any) -> bool:
    cells = (row.problem, row.threads, row.variant, row.than_variant, row.batch_size, row.batch_size)
    return claim.problem is not None and cells == (
        *(claim.problem.name, claim.threads, claim.variant[0]),
        *(claim.than[0], claim.batch_size, claim.than_batch_size),
    )


def answer_words(claim: Claim, row: Any) -> str:
    """Return what the interval of a row says to a claim about the whole step; nothing where there is none."""
    if claim.quantity != TRAIN:
        return ""
    interval = widened(row.ratio, row.ratio_low, row.ratio_high, row.pair_margin)
    return ANSWERS.get(answer((claim.low, claim.high), *interval), "")


def ladder_gains(run: Run, frame: pd.DataFrame, ladder: Ladder) -> pd.DataFrame:
    """Return what each step of a ladder gains, one row per step, batch size and dtype.

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
    said = [claim_about(row) for row in found.itertuples()]
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


def all_ladder_gains(run: Run, frame: pd.DataFrame) -> Iterator[tuple[Ladder, pd.DataFrame]]:
    """Yield each ladder of which a run has at least two steps at some batch size, with its climbs."""
    for ladder in ladders():
        found = ladder_gains(run, frame, ladder)
        if not found.empty:
            yield ladder, found
