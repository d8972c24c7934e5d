"""Kernels beside each other: a column for each, at one size, with its own baseline.

No number is formed across kernels: their ratios have nothing in common but the languages.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from paragone.analyse.results import Results
from paragone.analyse.statuses import FAILED, STATUSES_WITH_TIMES
from paragone.comparison.comparable import name_of
from paragone.errors import Incomparable, ResultsUnusable
from paragone.plan.gallery_point import DTYPE, gallery_size
from paragone.store.plan_records import CallCostRow
from paragone.task.problem import Problem

# What is said of a language of which nothing was timed: the first that is true of one of its cells.
GAPS = (*FAILED, "not measured", "unavailable")


@dataclass(frozen=True, eq=False)
class Column:
    """A problem at one size, in one dtype, with one number of threads, as one run measured it.

    `cells` are the rows of the summary there, without controls, the fastest first, each with its `maths_lines`.
    """

    results: Results
    problem: Problem
    size: int
    dtype: str
    threads: int
    cells: pd.DataFrame

    def of_language(self, language: str) -> pd.DataFrame:
        return self.cells[self.cells["language"] == language]

    @property
    def fastest(self) -> pd.DataFrame:
        """The fastest cell, and those that cannot be told apart from it; of one launch, in which none can, it alone."""
        found = self.results.fastest
        is_first = found["verdict"] == "fastest"
        is_rival = (found["verdict"] != "slower") & (self.results.run.plan.launches > 1)
        here = found["variant"].isin(self.cells["variant"]) & (is_first | is_rival)
        place = (found["size"] == self.size) & (found["threads"] == self.threads)
        return found[here & place & (found["problem"] == self.problem.name)]


def columns_of(results: Results) -> list[Column]:
    """A column for each problem of a run: at its gallery size, else the largest measured; in float64 if it can."""
    columns = []
    for name, problem in results.run.plan.problems.items():
        cells = results.summary[(results.summary["problem"] == name) & ~results.summary["control"]]
        timed = cells[cells["status"].isin(STATUSES_WITH_TIMES)]
        if timed.empty:
            continue
        sizes, dtypes = set(timed["size"]), [*dict.fromkeys(timed["dtype"])]
        size = gallery_size(problem) if gallery_size(problem) in sizes else max(sizes)
        dtype, threads = DTYPE if DTYPE in dtypes else dtypes[0], min(timed["threads"])
        here = (cells["size"] == size) & (cells["dtype"] == dtype) & (cells["threads"] == threads)
        columns.append(Column(results, problem, int(size), dtype, int(threads), _fastest_first(cells[here], results)))
    return columns


def _fastest_first(cells: pd.DataFrame, results: Results) -> pd.DataFrame:
    lines = {variant.variant: variant.maths_lines for variant in results.run.plan.variants}
    ordered = cells.assign(maths_lines=cells["variant"].map(lines))
    return ordered.sort_values("work_per_second", ascending=False, na_position="last", kind="stable")


def languages_of(columns: Sequence[Column]) -> list[str]:
    """Every language: those in which most kernels were timed first, then by name."""
    timed = Counter(
        language
        for column in columns
        for language in column.cells.loc[column.cells["status"].isin(STATUSES_WITH_TIMES), "language"].unique()
    )
    every = {language for column in columns for language in column.cells["language"]}
    return sorted(every, key=lambda language: (-timed[language], language.lower()))


def gap(cells: pd.DataFrame) -> str:
    """Why a language has no time: "failed", "not measured" …; "" where it has no implementation."""
    return next((status for status in GAPS if (cells["status"] == status).any()), "")


def seconds_of_calls(columns: Sequence[Column], language: str) -> tuple[float, float]:
    """The least and the most that each of many calls costs in a language, over the kernels; NaN where unknown."""
    found = [
        row.call_seconds
        for column in columns
        for row in column.results.run.plan.calls
        if row.call_seconds is not None and row.n_steps > 1 and _is_of(row, column.of_language(language))
    ]
    return (min(found), max(found)) if found else (math.nan, math.nan)


def _is_of(row: CallCostRow, cells: pd.DataFrame) -> bool:
    return not set(row.variants).isdisjoint(cells["variant"])


def gallery_of(runs: Sequence[Results]) -> list[Column]:
    """The columns of all runs. Raises Incomparable for two machines or methods, or two runs of one problem.

    Raises ResultsUnusable where nothing was timed.
    """
    for other in runs[1:]:
        _refuse_unlike(runs[0], other)
    columns = [column for results in runs for column in columns_of(results)]
    names = [column.problem.name for column in columns]
    for place, name in enumerate(names):
        if name in names[:place]:
            both = [name_of(column.results.run) for column in columns if column.problem.name == name]
            raise Incomparable(f"two runs are of {name}: {' and '.join(both)}. Name one of them")
    if not columns:
        raise ResultsUnusable("nothing was timed in these runs. To measure every kernel: paragone bench -k all")
    return columns


def _refuse_unlike(first: Results, other: Results) -> None:
    names = f"{name_of(first.run)} and {name_of(other.run)}"
    for what, of_first, of_other in (
        ("machines", first.run.environment.machine.id, other.run.environment.machine.id),
        ("method versions", first.run.plan.method_version, other.run.plan.method_version),
    ):
        if of_first != of_other:
            raise Incomparable(
                f"{names} are of two {what}, {of_first} and {of_other}: a gallery is of one. Name the runs of one: "
                "paragone gallery RUN …"
            )
