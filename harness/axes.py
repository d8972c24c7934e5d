"""What the axes of an implementation do to its speed: variants of one implementation that differ in one value."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from harness.analyse import cells_with_statuses, relative_speeds
from harness.leaders import compared
from harness.statuses import timed_samples
from harness.verdicts import unknown_verdict

if TYPE_CHECKING:
    from harness.store import Run

COLUMNS = ["problem", "implementation", "variant", "other", "axis", "value", "other_value", "batch_size", "threads"]
COLUMNS += ["ratio", "ratio_low", "ratio_high", "verdict"]


def axis_effects(run: Run, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a row per cell and pair of variants that differ in the value of one axis, the dtype among them.

    `frame` is the summary; `ratio` is the speed of `variant` relative to `other`, which have `value` and
    `other_value` on `axis`. Only verified cells that have been in one round, or have the same baseline.
    """
    verified = frame[(frame["status"] == "passed") & ~frame["control"]]
    samples, cells = timed_samples(run), cells_with_statuses(run)
    parts = []
    for one, other, axis, values in _pairs(verified):
        both = {"samples": samples[samples["variant"].isin([one, other])], "cells": cells}
        found = compared(verified, {one: other}, relative_speeds(**both, others={one: other}), unknown_verdict(run))
        parts.append(found[found["ratio"].notna()].assign(axis=axis, value=values[0], other_value=values[1]))
    return pd.concat(parts, ignore_index=True)[COLUMNS] if parts else pd.DataFrame(columns=COLUMNS)


def _pairs(verified: pd.DataFrame) -> Iterator[tuple[str, str, str, tuple[str, str]]]:
    """Yield two variants of one implementation, the axis in which alone they differ, and their values on it."""
    for _, variants in verified.groupby("implementation", sort=False)["variant"]:
        for one, other in itertools.combinations(variants.unique(), 2):
            own, others = axes_of(one), axes_of(other)
            differing = [axis for axis in own if others.get(axis) != own[axis]]
            if own.keys() == others.keys() and len(differing) == 1:
                (axis,) = differing
                yield one, other, axis, (own[axis], others[axis])


def axes_of(variant: str) -> dict[str, str]:
    """Return axis → value of a variant's name: dtype and order of `numpy_rows[dtype=float32,order=F]`."""
    inside = variant.partition("[")[2].partition("]")[0]
    pairs = (part.partition("=") for part in inside.split(",") if part)
    return {axis: value for axis, _, value in pairs}
