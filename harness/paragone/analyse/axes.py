"""What the axes of an implementation do to its speed: variants of one implementation that differ in one value."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import pandas as pd

from paragone.analyse.fastest import compared
from paragone.analyse.verdicts import unknown_verdict
from paragone.implementation.contract import axes_of

if TYPE_CHECKING:
    from paragone.analyse.results import Results

Pair = tuple[str, str, str, str]  # the other variant, the axis, the value of the one and of the other
COLUMNS = ["problem", "implementation", "variant", "other", "axis", "value", "other_value", "batch_size", "threads"]
COLUMNS += ["ratio", "ratio_low", "ratio_high", "verdict"]


def axis_effects(results: Results) -> pd.DataFrame:
    """Return a row per cell and pair of variants that differ in the value of one axis, the dtype among them.

    `ratio` is the speed of `variant` relative to `other`, which have `value` and
    `other_value` on `axis`. Only verified cells that have been in one round, or have the same baseline.
    """
    frame = results.summary
    verified = frame[(frame["status"] == "passed") & ~frame["control"]]
    parts = []
    for pairs in _in_turns(_pairs(verified)):
        others = {one: other for one, (other, *_) in pairs.items()}
        found = compared(verified, others, results.relative_speeds(others), unknown_verdict(results.run))
        told = [pairs[variant][1:] for variant in found["variant"]]
        found[["axis", "value", "other_value"]] = pd.DataFrame(told, index=found.index, columns=COLUMNS[4:7])
        parts.append(found[found["ratio"].notna()])
    return pd.concat(parts, ignore_index=True)[COLUMNS] if parts else pd.DataFrame(columns=COLUMNS)


def _in_turns(pairs: Iterable[tuple[str, Pair]]) -> list[dict[str, Pair]]:
    """Return the pairs in groups in which each variant is compared with one other."""
    turns: list[dict[str, Pair]] = []
    for one, pair in pairs:
        turn = next((turn for turn in turns if one not in turn), None)
        if turn is None:
            turns.append(turn := {})
        turn[one] = pair
    return turns


def _pairs(verified: pd.DataFrame) -> Iterator[tuple[str, Pair]]:
    """Yield variants with another of their implementation, the axis in which alone they differ, and the values."""
    for _, variants in verified.groupby("implementation", sort=False)["variant"]:
        for one, other in itertools.combinations(variants.unique(), 2):
            own, others = axes_of(one), axes_of(other)
            differing = [axis for axis in own if others.get(axis) != own[axis]]
            if own.keys() == others.keys() and len(differing) == 1:
                (axis,) = differing
                yield one, (other, axis, own[axis], others[axis])
