"""The section on a ladder: what each step gains, beside what its source says."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from paragone.analyse.statuses import STATUSES_WITH_TIMES
from paragone.claims.claim import TRAIN, Claim
from paragone.claims.ladder_gains import all_ladder_gains, answer_words
from paragone.implementation.ladders import Ladder
from paragone.report.text import formatting, tables

if TYPE_CHECKING:
    from paragone.store.run_folder import Run

CLIMB = ["climbed_in", "problem", "threads"]
HOW = (
    "The gain is the speed relative to the step before, formed within rounds like every ratio, across dtypes where "
    "they differ; a verdict takes the wider of the two margins. What a source says of one phase is not what a run "
    "measures: it is shown and compared with nothing, and `paragone profile` times the phases."
)
HEADINGS = ["batch size", "step", "what it changes", "images/s", "gain over the step before", "", "the source says"]


def sections(run: Run, frame: pd.DataFrame) -> list[tuple[str, str]]:
    """Return heading and text for each ladder of which the run has at least two steps."""
    return [(f"## {ladder.title}", _text(ladder, rows)) for ladder, rows in all_ladder_gains(run, frame)]


def _text(ladder: Ladder, ladder_gains: pd.DataFrame) -> str:
    parts = [f"{ladder.about} {HOW}"]
    for _, rows in ladder_gains.groupby(CLIMB, sort=False):
        first = next(formatting.rows(rows))
        parts.append(
            f"### {formatting.code(first.problem)}, {first.climbed_in}, {formatting.plural(first.threads, 'thread')}"
        )
        parts.append(tables.table(HEADINGS, [_line(ladder, row) for row in formatting.rows(rows)]))
    return "\n\n".join(parts)


def _line(ladder: Ladder, row: Any) -> list[str]:
    name, speed = formatting.code(row.implementation), _speed(row)
    if row.in_all:
        name, speed = f"{name} over {formatting.code(row.than)}", ""
    said = "" if row.claim is None else claim_words(row.claim, row)
    return [
        formatting.batch(row.batch_size),
        name,
        formatting.escaped(changes(ladder, row)),
        speed,
        gain(row),
        row.verdict,
        said,
    ]


def _speed(row: Any) -> str:
    if row.status not in STATUSES_WITH_TIMES:
        return f"*{row.status}*"
    interval = formatting.rate_interval(row.images_per_second_low, row.images_per_second_high, row.images_per_second)
    return f"{formatting.rate(row.images_per_second)} {interval}".strip()


def gain(row: Any) -> str:
    """Return the gain with its interval; where there is a step before and no gain, why."""
    if not math.isnan(row.ratio):
        return f"**{formatting.ratio(row.ratio)}** {formatting.ratio_interval(row.ratio_low, row.ratio_high)}".strip()
    if not isinstance(row.than, str) or row.status != "passed":
        return ""
    if row.than_status != "passed":
        return f"{formatting.code(row.than)}: *{row.than_status}*"
    return "no round has both"


def arrow(ladder: Ladder, row: Any) -> str:
    """Return "1 → 2": from which step to which, counted from 0; nothing for the first."""
    places = [step.implementation for step in ladder.steps]
    return f"{places.index(row.than)} → {places.index(row.implementation)}" if isinstance(row.than, str) else ""


def changes(ladder: Ladder, row: Any) -> str:
    """Return what a step changes against the one before, its dtype included."""
    if row.in_all:
        return "all steps"
    what = next(step.what for step in ladder.steps if step.implementation == row.implementation)
    before = row.than_dtype if isinstance(row.than, str) else row.climbed_in
    return what if row.dtype == before else f"{row.dtype}, {what}"


def claim_words(claim: Claim, row: Any) -> str:
    """Return what a source says, and what the interval of a row says to it."""
    amount = f"more than {claim.low:g}×" if math.isinf(claim.high) else claim.expected
    if claim.quantity != TRAIN:
        return f"{amount} in the {claim.quantity} phase alone: not comparable"
    said = answer_words(claim, row)
    return f"{amount}; here: {said}" if said else amount
