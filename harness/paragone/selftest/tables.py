"""The self-test in words and Markdown tables: each figure beside the goal that it has to meet."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import pandas as pd

from paragone.report.text.formatting import percent, plural, seconds
from paragone.report.text.tables import table
from paragone.selftest.coverage import GOAL, WORLDS, Coverage
from paragone.selftest.grid import Plan
from paragone.selftest.rivals import Blockwise
from paragone.selftest.trials import (
    BEYOND,
    Promise,
    Share,
    bias,
    called_different,
    found,
    identical,
    intervals_without_one,
    smallest_found,
)

MOST_FALSE, GOAL_FALSE = 0.05, 0.01


def coverage_table(results: Iterable[Coverage]) -> str:
    """Return the share of intervals that hold the truth: a row a world, a column a number of launches."""
    shares = {(result.world, result.n_launches): result for result in results}
    launches = sorted({n for _, n in shares})
    lines = [
        [world.name, world.about, *(_covered(shares[world.name, n]) for n in launches)]
        for world in WORLDS
        if (world.name, launches[0]) in shares
    ]
    headings = ["made-up machine", "", *(plural(n, "launch") for n in launches)]
    return f"Goal: {percent(GOAL[0])} to {percent(GOAL[1])}.\n\n{table(headings, lines)}"


def _covered(result: Coverage) -> str:
    mark = "" if result.is_kept else " **too narrow**" if result.share < GOAL[0] else " *wider than needed*"
    return f"{100 * result.share:.1f} %{mark}"


def false_alarms_table(judged: dict[int, pd.DataFrame]) -> str:
    """Return how many pairs of identical copies were called different: a row a number of launches."""
    lines = []
    for n_launches, frame in judged.items():
        pairs = identical(frame)
        shares = (called_different(pairs), called_different(pairs, BEYOND), intervals_without_one(pairs))
        lines.append([str(n_launches), str(len(pairs)), *(_share(share) for share in shares)])
    headings = [
        "launches",
        "cells",
        "called different",
        f"beyond {percent(BEYOND)}",
        "interval leaves out 1 (5 % should)",
    ]
    goal = f"Goal: at most {percent(GOAL_FALSE)} called different, never above {percent(MOST_FALSE)}."
    return f"{goal}\n\n{table(headings, lines)}"


def power_table(judged: dict[int, pd.DataFrame], plan: Plan, chosen: int | None) -> str:
    """Return how many slowed copies were found, and how far off the estimates are: a row a number of launches.

    `chosen` is how many launches `--resolve 5%` would take here.
    """
    lines = []
    for n_launches, frame in judged.items():
        shares = [_share(found(frame, slowdown)) for slowdown in plan.slowdowns]
        offs = [_bias(*bias(frame, slowdown)) for slowdown in plan.slowdowns]
        lines.append([str(n_launches), *shares, percent(smallest_found(frame)), *offs])
    headings = [
        "launches",
        *(f"{percent(slowdown)} slower: found" for slowdown in plan.slowdowns),
        "found in 95 % of cells",
        *(f"bias at {percent(slowdown)}" for slowdown in plan.slowdowns),
    ]
    goal = "Goal: 5 % found in 95 % of the cells, with as many launches as `--resolve 5%` chooses"
    said = f"{goal}; here that is {chosen}" if chosen else goal
    said += ", more than were run: not judged." if chosen and chosen > max(judged) else "."
    return f"{said}\n\n{table(headings, lines)}"


def promises_table(promises: Sequence[Promise], difference: float) -> str:
    """Return what each run planned to find a difference chose and found: a row a run, and one for all that promised."""
    lines = [
        [
            str(promise.run.plan["seed"]),
            _noise(promise.run.plan["launch_deviation"]),
            _noise(promise.run.plan["launch_deviation_upper"]),
            plural(promise.run.plan["launches"], "launch") + ("" if promise.is_given(difference) else ", too few"),
            _share(found(promise.judged, difference)),
            _bias(*bias(promise.judged, difference)),
        ]
        for promise in promises
    ]
    given = [promise.judged for promise in promises if promise.is_given(difference)]
    if given:
        together = pd.concat(given)
        lines.append(["all that promise it", "", "", "", _share(found(together, difference)), ""])
    headings = ["seed", "noise of a typical cell", "at most", "chosen", f"{percent(difference)} slower: found", "bias"]
    return f"Goal: found in 95 % of the cells.\n\n{table(headings, lines)}"


def _noise(deviation: float | None) -> str:
    return "unknown" if deviation is None else percent(deviation)


def rivals_table(ours: tuple[pd.DataFrame, float], rivals: Sequence[Blockwise], absent: Sequence[str]) -> str:
    """Return the A/A of each tool: how many identical pairs look different, and how long it took."""
    pairs, elapsed_s = identical(ours[0]), ours[1]
    lines = [
        [
            "paragone, interleaved",
            str(len(pairs)),
            _share(_far(pairs)),
            _share(called_different(pairs)),
            percent(float(pairs["ratio"].map(lambda ratio: max(ratio, 1 / ratio)).max()) - 1),
            seconds(elapsed_s),
        ]
    ]
    for rival in rivals:
        called = "has no test" if rival.significant is None else _share(rival.significant)
        line = [f"{rival.tool}, block by block", str(rival.beyond.n), _share(rival.beyond), called]
        lines.append([*line, percent(rival.largest), seconds(rival.elapsed_s)])
    headings = [
        "",
        "identical pairs",
        f"differ by more than {percent(BEYOND)}",
        "called different",
        "largest difference",
        "time",
    ]
    return "\n\n".join([table(headings, lines), *absent])


def _far(pairs: pd.DataFrame) -> Share:
    is_far = pairs["ratio"].map(lambda ratio: max(ratio, 1 / ratio)) > 1 + BEYOND
    return Share(int(is_far.sum()), len(pairs))


def _share(share: Share) -> str:
    if not share.n:
        return "nothing was measured"
    low, high = share.interval
    return f"{share.found} of {share.n} [{100 * low:.1f}, {100 * high:.1f}] %"


def _bias(mean: float, error: float) -> str:
    if math.isnan(mean):
        return ""
    return f"{100 * mean:+.2f} %" if math.isnan(error) else f"{100 * mean:+.2f} ± {100 * error:.2f} %"
