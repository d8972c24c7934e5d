"""The ranking: at each point of the grid the cells beside the fastest, and which of them are worth their lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from paragone.analyse.fastest import RATIO
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
    or library beyond Python and NumPy; `on_front`, whether no verified cell at the point is faster with as few lines.
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
    ordered["on_front"] = False
    ordered.loc[_front(ordered), "on_front"] = True
    return ordered.drop(columns=["follows", "slowness"])


def _with_needs(cells: pd.DataFrame, run: Run) -> pd.DataFrame:
    lines = {each.variant: each.maths_lines for each in run.plan.variants}
    languages = cells["language"].str.lower()
    built = [info.get("compiler") if isinstance(info, dict) else None for info in run.launches["build_info"]]
    compiling = {*run.launches["variant"][[bool(compiler) for compiler in built]]}
    needs_compiler = languages.isin(COMPILED) | cells["variant"].isin(compiling)
    return cells.assign(
        maths_lines=cells["variant"].map(lines),
        needs_compiler=needs_compiler,
        needs_more=needs_compiler | ~languages.isin(WITH_NUMPY_ALONE),
    )


def _front(cells: pd.DataFrame) -> pd.Index[Any]:
    """The rows of verified cells that are faster than every cell of their point with as few lines or fewer."""
    verified = cells[cells["beside_fastest"] != ""]
    by_lines = verified.sort_values(["maths_lines", "work_per_second"], ascending=[True, False], kind="stable")
    fastest_yet = by_lines.groupby(POINT)["work_per_second"].transform(
        lambda speeds: speeds.cummax().shift(fill_value=0)
    )
    return by_lines.index[(by_lines["work_per_second"] > fastest_yet).to_numpy(dtype=bool)]
