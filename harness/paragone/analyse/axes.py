"""The effect of an axis on speed: pairs of variants of one implementation that differ in the value of one axis."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import pandas as pd

from paragone.analyse.fastest import compared, with_others
from paragone.analyse.verdicts import unknown_verdict
from paragone.implementation.variant import axes_of

if TYPE_CHECKING:
    from paragone.analyse.results import Results

Pair = tuple[str, str, str, str]  # the other variant, the axis, the first variant's value, the other's value
COLUMNS = ["problem", "implementation", "variant", "other", "axis", "value", "other_value", "size", "threads"]
COLUMNS += ["ratio", "ratio_low", "ratio_high", "verdict"]


def axis_effects(results: Results) -> pd.DataFrame:
    """One row per cell and pair of variants that differ in one axis; dtype is an axis.

    `ratio` is the speed of `variant`, which has `value` on `axis`, relative to `other`, which has `other_value`. Only
    verified cells that share rounds or a baseline are compared.
    """
    frame = results.summary
    verified = frame[(frame["status"] == "passed") & ~frame["control"]]
    parts = []
    for pairs in _one_partner_each(_pairs(verified)):
        others = {one: other for one, (other, *_) in pairs.items()}
        cells = with_others(verified, others)
        found = compared(cells, verified, results.relative_speeds(others), unknown_verdict(results.run))
        axes = [pairs[variant][1:] for variant in found["variant"]]
        found[["axis", "value", "other_value"]] = pd.DataFrame(axes, index=found.index, columns=COLUMNS[4:7])
        parts.append(found[found["ratio"].notna()])
    return pd.concat(parts, ignore_index=True)[COLUMNS] if parts else pd.DataFrame(columns=COLUMNS)


def _one_partner_each(pairs: Iterable[tuple[str, Pair]]) -> list[dict[str, Pair]]:
    """Split the pairs into groups in which each variant has one partner, as `relative_speeds` expects them."""
    groups: list[dict[str, Pair]] = []
    for one, pair in pairs:
        group = next((group for group in groups if one not in group), None)
        if group is None:
            groups.append(group := {})
        group[one] = pair
    return groups


def _pairs(verified: pd.DataFrame) -> Iterator[tuple[str, Pair]]:
    """Yield each variant with another of its implementation that differs in one axis, that axis, and both values."""
    for _, variants in verified.groupby("implementation", sort=False)["variant"]:
        for one, other in itertools.combinations(variants.unique(), 2):
            own, others = axes_of(one), axes_of(other)
            differing = [axis for axis in own if others.get(axis) != own[axis]]
            if own.keys() == others.keys() and len(differing) == 1:
                (axis,) = differing
                yield one, (other, axis, own[axis], others[axis])
