"""Warnings about a run, where its time went, and the smallest difference that it resolves."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from paragone.analyse.statuses import CELL, TOO_FAST, is_in, planned_cells, rejections, was_finished
from paragone.analyse.summary import baseline_variants
from paragone.analyse.verdicts import POINT, SMALLEST_MARGIN
from paragone.plan import power

if TYPE_CHECKING:
    from paragone.store.reader import Run

LARGE_SPREAD = 0.10
LARGE_MARGIN = 0.05
SHORT_SAMPLE_SECONDS = 1e-3
WAITING_SHARE = 0.01  # CPU time of a stopped process as a share of its samples' time; it should be 0
ROUNDING = 1e-9  # the ends of an interval are rounded: they are exponentials of logarithms
MOST_NAMED = 3
ROUND = ["problem", "threads", "wave", "launch", "attempt", "round"]


def warnings(run: Run, frame: pd.DataFrame) -> list[str]:
    """Sentences that a reader needs before believing the numbers: what was seen, and what to try.

    `frame` is the summary of the run.
    """
    return [
        *run.environment.warnings,
        *_interruptions(run),
        *_unplanned_samples(run),
        *_controls(run, frame),
        *_too_fast(frame, run),
        *_rankings(frame, run),
        *_cells(frame[frame["spread"] >= LARGE_SPREAD], _SPREAD, run),
        *_cells(frame[frame["sample_seconds"] < SHORT_SAMPLE_SECONDS], _SHORT, run),
        *_cells(frame[_is_lopsided(frame)], _LOPSIDED, run),
        *_waiting(run),
        *_rejections(run),
        *_failed_launches(run),
    ]


_SPREAD = (
    f"samples of one process scatter by {LARGE_SPREAD:.0%} or more of their median in {{cells}}. Something else "
    "used the machine: close it, or ask for more rounds."
)
_NOISE_UNKNOWN = (
    "{problem}: the baseline was not compared with itself (A/A), or in too few launches. So the noise is not known, "
    "and nothing is called faster, slower or the same."
)
_FALSE_DIFFERENCE = (
    "A/A shows a difference beyond 1 % where there is none: {cells}. The margin was widened to cover it."
)
_LARGE_MARGIN = (
    f"A/A cannot tell the baseline from itself to better than {LARGE_MARGIN:.0%} in {{cells}}; smaller differences are "
    "not called there. Repeat on a quieter machine, or with more launches."
)
_SHORT = "a sample is shorter than 1 ms in {cells}: the clock and the call weigh in it. Ask for longer samples."

_TOO_FAST = (
    "{cells}: faster than this machine can be. No rate is shown, and nothing is compared; the reason stands among the "
    "gaps. Doubt the other cells of the same implementation too."
)
_BASELINE_TOO_FAST = (
    "the baseline itself is faster than this machine can be, at {cells}: nothing has a ratio there. Where the baseline "
    "is right, the machine's limit was measured while something else used the machine: measure again."
)

_UNPLANNED = (
    "samples.jsonl has {n} samples that the plan does not ask for, of {cells}; they count for nothing. They are of "
    "another run: see whether plan.json and samples.jsonl belong together."
)

_LOPSIDED = (
    "the median over launches lies outside the interval, which is of their mean, in {cells}: some launches are far off "
    "on one side. Look at the launches of the cell in report.html before ranking it."
)


def _interruptions(run: Run) -> list[str]:
    if was_finished(run):
        return []
    return [
        "the run was interrupted: what follows is what there is. Take it up again: paragone bench --resume "
        + run.plan.run
    ]


def _unplanned_samples(run: Run) -> list[str]:
    """Samples of cells that are not in the plan: the folder holds files of two runs."""
    unplanned = ~is_in(run.samples, planned_cells(run), CELL)
    cells = run.samples.loc[unplanned, CELL].drop_duplicates()
    return _cells(cells, _UNPLANNED.format(n=unplanned.sum(), cells="{cells}"), run)


def _cells(cells: pd.DataFrame, sentence: str, run: Run) -> list[str]:
    """The sentence with the first few cells by name; [] without cells."""
    if cells.empty:
        return []
    named_cells = cells[["problem", "variant", "size"]].itertuples(index=False)
    named = [f"{variant} at {run.plan.words_of(problem).at_size} {size}" for problem, variant, size in named_cells]
    more = f" and {len(named) - MOST_NAMED} more cells" if len(named) > MOST_NAMED else ""
    return [sentence.format(cells=", ".join(named[:MOST_NAMED]) + more)]


def _is_lopsided(frame: pd.DataFrame) -> pd.Series[bool]:
    below, above = (frame[f"work_per_second_{end}"] / frame["work_per_second"] for end in ("low", "high"))
    return (below > 1 + ROUNDING) | (above < 1 - ROUNDING)


def _controls(run: Run, frame: pd.DataFrame) -> list[str]:
    """A/A without an interval, with a difference between equal code, or with a large margin."""
    controls = frame[frame["control"]]
    # A run of one launch has no intervals, and its title says so: A/A then needs only a ratio. How large that is stands
    # in the answer, at the top of the report.
    wanted = "ratio_to_baseline" if run.plan.launches == 1 else "ratio_low"
    known = set(controls.loc[controls[wanted].notna(), "problem"])
    unknown = [problem for problem in frame["problem"].unique() if problem not in known]
    low, high = np.log(controls["ratio_low"]), np.log(controls["ratio_high"])
    false = controls[(low > SMALLEST_MARGIN) | (high < -SMALLEST_MARGIN)]
    return [
        *(_NOISE_UNKNOWN.format(problem=problem) for problem in unknown),
        *_cells(false, _FALSE_DIFFERENCE, run),
        *([] if run.plan.launches == 1 else _cells(controls[controls["margin"] > LARGE_MARGIN], _LARGE_MARGIN, run)),
    ]


def _too_fast(frame: pd.DataFrame, run: Run) -> list[str]:
    found = frame[frame["status"] == TOO_FAST]
    is_baseline = found["variant"].isin(baseline_variants(run).values())
    others = found[~is_baseline & ~found["control"]]
    return [*_cells(others, _TOO_FAST, run), *_cells(found[is_baseline], _BASELINE_TOO_FAST, run)]


def _rankings(frame: pd.DataFrame, run: Run) -> list[str]:
    """Pairs whose median and minimum disagree about which one is faster, each beyond the margin."""
    columns = [*POINT, "margin", "variant", "work_per_second", "work_per_second_best"]
    rows = frame.loc[~frame["control"] & (frame["status"] == "passed"), columns]
    pairs = rows.merge(rows, on=POINT, suffixes=("", "_of_other"))
    # Without a known margin the smallest one serves: a warning too many is better than one too few.
    margin = np.log1p(pairs["margin"].fillna(power.SMALLEST_MARGIN))
    by_median = np.log(pairs["work_per_second"] / pairs["work_per_second_of_other"])
    by_minimum = np.log(pairs["work_per_second_best"] / pairs["work_per_second_best_of_other"])
    opposed = pairs[(by_median > margin) & (by_minimum < -margin)]
    sentences = []
    for (problem, _, size, threads), rows in opposed.groupby(POINT, sort=False):
        where = f"{problem}, {run.plan.words_of(problem).at_size} {size}, {_threads(threads)}"
        for variant, others in _unranked(list(zip(rows["variant"], rows["variant_of_other"], strict=True))):
            against = "it" if len(others) == 1 else "them"
            sentences.append(
                f"{where}: median and minimum put {variant} on opposite sides of {', '.join(others)}; do not rank it "
                f"against {against}."
            )
    return sentences


def _unranked(pairs: list[tuple[str, str]]) -> Iterator[tuple[str, list[str]]]:
    """Yield a variant with its partners until no pair is left; the variant in most pairs first."""
    while pairs:
        variant = Counter(name for pair in pairs for name in pair).most_common(1)[0][0]
        yield variant, [other if one == variant else one for one, other in pairs if variant in (one, other)]
        pairs = [pair for pair in pairs if variant not in pair]


def _threads(count: int) -> str:
    return f"{count} thread{'s' * (count > 1)}"


def _waiting(run: Run) -> list[str]:
    """Variants whose stopped processes used CPU time while others were measured."""
    used = run.samples.groupby("variant")[["waiting_cpu_ns", "elapsed_ns"]].sum().astype(float)
    share = used["waiting_cpu_ns"] / used["elapsed_ns"]
    leaking = share[share > WAITING_SHARE].sort_values(ascending=False, kind="stable")
    named = ", ".join(f"{variant} ({part:.0%} of the time of its samples)" for variant, part in leaking.items())
    return (
        [f"CPU time was used by processes that should have waited, and may have disturbed others: {named}."]
        if named
        else []
    )


def _rejections(run: Run) -> list[str]:
    columns = ["launch", "variant", "size", "problem", "reason"]
    sentences = []
    for launch, variant, size, problem, reason in rejections(run)[columns].itertuples(index=False):
        spoken = run.plan.words_of(problem)
        sentences.append(
            f"launch {launch + 1} of {variant} at {spoken.at_size} {size} ({problem}) was rejected: {reason}. "
            f"The samples of that launch at that {spoken.one_size} do not count."
        )
    return sentences


def _failed_launches(run: Run) -> list[str]:
    failed = run.launches[run.launches["status"] == "failed"]
    columns = ["launch", "variant", "problem", "threads", "reason"]
    return [
        f"launch {launch + 1} of {variant} ({problem}, {_threads(threads)}) failed: {reason}. Its samples until then "
        "are kept in samples.jsonl."
        for launch, variant, problem, threads, reason in failed[columns].itertuples(index=False)
    ]


def time_shares(run: Run) -> dict[str, float]:
    """Where the time went, in seconds, and `timed_share`: the share of the rounds inside timed samples.

    Warm-ups belong to no round. Neither do the samples of a round that was interrupted before its end was recorded.
    NaN without rounds.
    """
    rounds = float(run.rounds["elapsed_s"].sum())
    timed_samples = run.samples[run.samples["kind"] == "timed"]
    timed = float(timed_samples.loc[is_in(timed_samples, run.rounds, ROUND), "elapsed_ns"].sum()) / 1e9
    parts = ("start", "load", "verify", "warmup")
    return {
        "rounds_seconds": rounds,
        "timed_seconds": timed,
        "timed_share": timed / rounds if rounds > 0 else math.nan,
        **{f"{part}_seconds": float(run.launches[f"{part}_seconds"].astype(float).sum()) for part in parts},
    }


def stage_seconds(run: Run) -> dict[str, float]:
    """Stage → its wall time in seconds, in the order of the run; launches together. Empty for old runs."""
    summed = run.stages.groupby("stage", sort=False)["elapsed_s"].sum()
    return {str(stage): float(seconds) for stage, seconds in summed.items()}


def smallest_resolvable(frame: pd.DataFrame) -> dict[Any, float]:
    """Problem → smallest difference that gets a verdict in a typical cell, 0.03 for 3 %; NaN without intervals.

    The median over cells of margin + half the width of the interval, as a verdict needs the whole interval beyond it.
    """
    rows = frame[~frame["control"] & (frame["verdict"] != "baseline")]
    half_width = (np.log(rows["ratio_high"]) - np.log(rows["ratio_low"])) / 2
    needed = np.expm1(np.log1p(rows["margin"]) + half_width)
    typical: dict[Any, float] = needed.groupby(rows["problem"]).median().to_dict()
    return typical
