"""Crossovers: where one variant overtakes another along the sizes.

Two verdicts of opposite kinds bracket a crossover: *slower* at one size, *faster* at a later one. Sizes
between them, at which there is neither verdict, belong to the bracket.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from paragone.analyse.fastest import RATIO, compared, with_others
from paragone.analyse.ratios import Rounds, everywhere, launch_ratios, speeds_over_launches
from paragone.analyse.summary import baselines_of
from paragone.analyse.verdicts import unknown_verdict

if TYPE_CHECKING:
    from paragone.store.reader import Run

GRID = ["problem", "dtype", "threads"]
COLUMNS = [
    *(*GRID, "variant", "than", "among", "slower_at", "faster_at", "n_crossovers"),
    *("before", "before_low", "before_high", "after", "after_low", "after_high"),
]


def crossovers(run: Run, summary: pd.DataFrame, fastest: pd.DataFrame, rounds: Rounds) -> pd.DataFrame:
    """One row per crossover: `variant` is slower than `than` at `slower_at` and faster at `faster_at`.

    Two kinds of pairs are examined: the fastest of each size with the fastest of the next (`among` is
    "fastest"), and every other variant with the baseline ("baseline"). `before` and `after` are the ratios at the two
    sizes, `n_crossovers` is the number of rows of the pair. The arguments are the tables of `Results`.
    """
    verified = summary[(summary["status"] == "passed") & ~summary["control"]]
    found: list[dict[str, Any]] = []
    for among, rows, pairs in _examined_pairs(run, fastest, verified):
        speeds = speeds_over_launches(launch_ratios(rounds, everywhere(pairs, rounds.planned)))
        lines = compared(with_others(rows, pairs), rows, speeds, unknown_verdict(run))
        for _, line in lines.sort_values("size").groupby([*GRID, "variant"], sort=False):
            found += _crossovers_of_pair(line, among)
    return pd.DataFrame(found, columns=COLUMNS).drop_duplicates([*GRID, "variant", "than", "slower_at"])


def _examined_pairs(
    run: Run, fastest: pd.DataFrame, verified: pd.DataFrame
) -> Iterator[tuple[str, pd.DataFrame, dict[str, str]]]:
    """Yield `among`, the cells in which to compare, and variant → other variant; pairs of the fastest come first."""
    heads = fastest[fastest["verdict"] == "fastest"].sort_values("size")
    for _, line in heads.groupby(GRID, sort=False):
        changes = [pair for pair in itertools.pairwise(line["fastest"]) if pair[0] != pair[1]]
        # A pair that changes places several times is examined once, in the direction of its first change.
        for one, other in {frozenset(pair): pair for pair in reversed(changes)}.values():
            yield "fastest", verified.merge(line[GRID].drop_duplicates(), on=GRID), {other: one}
    others = baselines_of(verified, run)
    yield "baseline", verified, {variant: than for variant, than in others.items() if variant != than}


def _crossovers_of_pair(line: pd.DataFrame, among: str) -> list[dict[str, Any]]:
    """The crossovers of one pair on one grid; `line` is its comparison, by size."""
    first = line.iloc[0]
    ratios = line.set_index("size")[RATIO]
    found = []
    crossed = brackets(line["size"].tolist(), line["verdict"].tolist())
    for start, end in crossed:
        before, after = tuple(ratios.loc[start]), tuple(ratios.loc[end])
        pair = (first["variant"], first["other"])
        if after[0] < 1:  # the other variant overtakes
            pair, before, after = pair[::-1], _inverse(before), _inverse(after)
        values = [*(first[key] for key in GRID), *pair, among, start, end, len(crossed), *before, *after]
        found.append(dict(zip(COLUMNS, values, strict=True)))
    return found


def _inverse(interval: tuple[float, ...]) -> tuple[float, ...]:
    ratio, low, high = interval
    return 1 / ratio, 1 / high, 1 / low


def brackets(sizes: Sequence[int], verdicts: Sequence[str]) -> list[tuple[int, int]]:
    """The pairs of increasing `sizes` between which the verdict changes from faster to slower or back."""
    sure = [(size, verdict) for size, verdict in zip(sizes, verdicts, strict=True) if verdict in ("faster", "slower")]
    return [(one, other) for (one, was), (other, now) in itertools.pairwise(sure) if was != now]
