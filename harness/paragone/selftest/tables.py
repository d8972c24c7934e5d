"""The results of the self-test as Markdown tables, each figure beside its goal."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from paragone.report.text.formatting import percent, plural, seconds
from paragone.report.text.markdown import table
from paragone.selftest.coverage import GOAL, NOISE_MODELS, Coverage
from paragone.selftest.detection import (
    NOTICEABLE,
    ResolvedRun,
    Share,
    bias,
    called_different,
    detectable_slowdown,
    detected,
    identical_pairs,
    intervals_without_one,
)
from paragone.selftest.other_tools import BlockwiseResult

MOST_FALSE, GOAL_FALSE = 0.05, 0.01


def coverage_table(results: Iterable[Coverage]) -> str:
    """Share of the intervals that hold the truth: a row for each noise model, a column for each number of launches."""
    shares = {(result.noise_model, result.n_launches): result for result in results}
    launches = sorted({n for _, n in shares})
    lines = [
        [model.name, model.about, *(_covered(shares[model.name, n]) for n in launches)]
        for model in NOISE_MODELS
        if (model.name, launches[0]) in shares
    ]
    headings = ["made-up machine", "", *(plural(n, "launch") for n in launches)]
    return f"Goal: {percent(GOAL[0])} to {percent(GOAL[1])}.\n\n{table(headings, lines)}"


def _covered(result: Coverage) -> str:
    mark = "" if result.is_kept else " **too narrow**" if result.share < GOAL[0] else " *wider than needed*"
    return f"{100 * result.share:.1f} %{mark}"


def false_alarms_table(by_launches: Mapping[int, pd.DataFrame]) -> str:
    """Pairs of identical copies that were called different: a row for each number of launches."""
    lines = []
    for n_launches, frame in by_launches.items():
        pairs = identical_pairs(frame)
        shares = (called_different(pairs), called_different(pairs, NOTICEABLE), intervals_without_one(pairs))
        lines.append([str(n_launches), str(len(pairs)), *(_share(share) for share in shares)])
    headings = [
        "launches",
        "cells",
        "called different",
        f"beyond {percent(NOTICEABLE)}",
        "interval leaves out 1 (5 % should)",
    ]
    goal = f"Goal: at most {percent(GOAL_FALSE)} called different, never above {percent(MOST_FALSE)}."
    return f"{goal}\n\n{table(headings, lines)}"


def power_table(by_launches: Mapping[int, pd.DataFrame], slowdowns: Sequence[float], needed: int | None) -> str:
    """Slowed copies that were found, and the bias of the estimates: a row for each number of launches.

    `needed` is the number of launches that `--resolve 5%` would take here.
    """
    lines = []
    for n_launches, frame in by_launches.items():
        shares = [_share(detected(frame, slowdown)) for slowdown in slowdowns]
        offs = [_bias(*bias(frame, slowdown)) for slowdown in slowdowns]
        lines.append([str(n_launches), *shares, percent(detectable_slowdown(frame)), *offs])
    headings = [
        "launches",
        *(f"{percent(slowdown)} slower: found" for slowdown in slowdowns),
        "found in 95 % of cells",
        *(f"bias at {percent(slowdown)}" for slowdown in slowdowns),
    ]
    goal = "Goal: 5 % found in 95 % of the cells, with as many launches as `--resolve 5%` chooses"
    sentence = f"{goal}; here that is {needed}" if needed else goal
    sentence += ", more than were run: not judged." if needed and needed > max(by_launches) else "."
    return f"{sentence}\n\n{table(headings, lines)}"


def resolved_runs_table(runs: Sequence[ResolvedRun], difference: float) -> str:
    """What each run planned to find a difference chose and found, and all those together whose plan promises it."""
    lines = [
        [
            str(resolved.run.plan.seed),
            _noise(resolved.run.plan.launch_deviation),
            _noise(resolved.run.plan.launch_deviation_upper),
            plural(resolved.run.plan.launches, "launch") + ("" if resolved.promises(difference) else ", too few"),
            _share(detected(resolved.verdicts, difference)),
            _bias(*bias(resolved.verdicts, difference)),
        ]
        for resolved in runs
    ]
    given = [resolved.verdicts for resolved in runs if resolved.promises(difference)]
    if given:
        together = pd.concat(given)
        lines.append(["all that promise it", "", "", "", _share(detected(together, difference)), ""])
    headings = ["seed", "noise of a typical cell", "at most", "chosen", f"{percent(difference)} slower: found", "bias"]
    return f"Goal: found in 95 % of the cells.\n\n{table(headings, lines)}"


def _noise(deviation: float | None) -> str:
    return "unknown" if deviation is None else percent(deviation)


def other_tools_table(
    ours: tuple[pd.DataFrame, float], others: Sequence[BlockwiseResult], absent: Sequence[str]
) -> str:
    """The A/A of each tool: how many identical pairs look different, and how long it took."""
    pairs, elapsed_s = identical_pairs(ours[0]), ours[1]
    lines = [
        [
            "paragone, interleaved",
            str(len(pairs)),
            _share(_noticeable(pairs)),
            _share(called_different(pairs)),
            percent(float(pairs["ratio"].map(lambda ratio: max(ratio, 1 / ratio)).max()) - 1),
            seconds(elapsed_s),
        ]
    ]
    for other in others:
        called = "has no test" if other.significant is None else _share(other.significant)
        line = [f"{other.tool}, block by block", str(other.noticeable.n), _share(other.noticeable), called]
        lines.append([*line, percent(other.largest), seconds(other.elapsed_s)])
    headings = [
        "",
        "identical pairs",
        f"differ by more than {percent(NOTICEABLE)}",
        "called different",
        "largest difference",
        "time",
    ]
    return "\n\n".join([table(headings, lines), *absent])


def _noticeable(pairs: pd.DataFrame) -> Share:
    differs = pairs["ratio"].map(lambda ratio: max(ratio, 1 / ratio)) > 1 + NOTICEABLE
    return Share(int(differs.sum()), len(pairs))


def _share(share: Share) -> str:
    if not share.n:
        return "nothing was measured"
    low, high = share.interval
    return f"{share.found} of {share.n} [{100 * low:.1f}, {100 * high:.1f}] %"


def _bias(mean: float, error: float) -> str:
    if math.isnan(mean):
        return ""
    return f"{100 * mean:+.2f} %" if math.isnan(error) else f"{100 * mean:+.2f} ± {100 * error:.2f} %"
