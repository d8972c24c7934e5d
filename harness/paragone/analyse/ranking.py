"""The ranking: at each point of the grid the cells beside the fastest, and which of them are worth their lines."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from paragone.analyse.fastest import RATIO
from paragone.analyse.needs import Needs, needs
from paragone.analyse.verdicts import POINT

if TYPE_CHECKING:
    from paragone.store.reader import Run

OF_FASTEST = ["of_fastest", "of_fastest_low", "of_fastest_high"]
COMPILED = {"c", "c++", "fortran", "java", "rust"}  # languages that a compiler translates before anything runs
WITH_NUMPY_ALONE = {"numpy", "python"}


def ranking(run: Run, summary: pd.DataFrame, fastest: pd.DataFrame) -> pd.DataFrame:
    """The cells of the summary that were to run, controls left out, point by point; at each the fastest comes first.

    Beside the columns of the summary: `of_fastest`, `of_fastest_low` and `of_fastest_high`, the speed relative to the
    fastest cell at the point, with its verdict `beside_fastest` (NaN and "" for cells that are not verified);
    `maths_lines`, of its own maths files; `needs_compiler` and `needs_more`, whether it takes a compiler, or a language
    or library beyond Python and NumPy; `needs`, what these are, None where the run did not record it; `on_front` and
    `on_needs_front`, whether no verified cell at the point is faster with as few lines, or needing as little.
    The index is that of the summary. Behind the fastest follow the others by speed, those without a time last.
    """
    shown = summary[~summary["control"] & (summary["status"] != "unavailable")]
    beside = fastest[[*POINT, "variant", *RATIO, "verdict"]].set_axis(
        [*POINT, "variant", *OF_FASTEST, "beside_fastest"], axis=1
    )
    cells = shown.merge(beside, on=[*POINT, "variant"], how="left").set_axis(shown.index)
    cells["beside_fastest"] = cells["beside_fastest"].fillna("")
    cells = _with_needs(cells, run)
    follows = cells["beside_fastest"] != "fastest"
    ordered = cells.assign(follows=follows, slowness=-cells["work_per_second"].astype(float)).sort_values(
        [*POINT, "follows", "slowness"], kind="stable"
    )
    costs = {"on_front": ordered[["maths_lines"]], "on_needs_front": _costs(ordered)}
    for column, cost in costs.items():
        ordered[column] = ordered.index.isin(_front(ordered, cost))
    return ordered.drop(columns=["follows", "slowness"])


def _with_needs(cells: pd.DataFrame, run: Run) -> pd.DataFrame:
    lines, found = {each.variant: each.maths_lines for each in run.plan.variants}, needs(run)
    languages = cells["language"].str.lower()
    built = [info.get("compiler") if isinstance(info, dict) else None for info in run.launches["build_info"]]
    compiling = {*run.launches["variant"][[bool(compiler) for compiler in built]]}
    needs_compiler = languages.isin(COMPILED) | cells["variant"].isin(compiling)
    return cells.assign(
        maths_lines=cells["variant"].map(lines),
        needs_compiler=needs_compiler,
        needs_more=needs_compiler | ~languages.isin(WITH_NUMPY_ALONE),
        needs=pd.Series([found.get(variant) for variant in cells["variant"]], cells.index, dtype=object),
    )


def _costs(cells: pd.DataFrame) -> pd.DataFrame:
    """The bytes of the packages that a cell needs and whether it needs a tool; NaN where that is not known."""
    known = [needs or Needs(n_bytes=math.nan) for needs in cells["needs"]]
    return pd.DataFrame(
        {"n_bytes": [each.n_bytes for each in known], "tool": [bool(each.tool) for each in known]}, cells.index
    )


def _front(cells: pd.DataFrame, costs: pd.DataFrame) -> set[Any]:
    """The index of the verified cells that no other of their point beats: as fast, and no cost larger."""
    verified = cells[(cells["beside_fastest"] != "") & costs.notna().all(axis=1)]
    found: set[Any] = set()
    for _, own in verified.groupby(POINT, sort=False):
        kept: list[tuple[Any, ...]] = []
        for place in own["work_per_second"].sort_values(ascending=False, kind="stable").index:
            cost = tuple(costs.loc[place])
            if not any(all(a <= b for a, b in zip(other, cost, strict=True)) for other in kept):
                kept.append(cost)
                found.add(place)
    return found
