"""How exact the results of a run are: the errors that passed, and those of cases that are shown and not judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pandas as pd

from paragone.analyse.shown_errors import shown_errors
from paragone.analyse.statuses import CELL, STATUSES_WITH_TIMES
from paragone.report.text import formatting, markdown
from paragone.report.text.rows import each_row, first_row, grid_label, short_names, shown_rows

if TYPE_CHECKING:
    from paragone.analyse.results import Results
    from paragone.store.plan_records import Plan
    from paragone.task.problem import Words

HEADING = "How exact the results are"
GRID = ["problem", "threads", "dtype"]
NOT_JUDGED = "A case that is shown and not judged: errors here are no failure."


def allowed_error(row: Any, spoken: Words) -> str:
    """Return "error 2.9e-05, 5e-05 allowed" for a cell that passed; "" where the family shows no errors."""
    if not spoken.beside_speed or row.status != "passed" or pd.isna(row.error):
        return ""
    return f"{spoken.beside_speed} {formatting.error(row.error)}, {formatting.error(row.bound)} allowed"


def section(results: Results) -> str:
    """Return the range of the errors, and a table for each case that is shown; "" where the family shows no errors."""
    plan, passed = results.run.plan, passed_with_errors(results)
    if passed.empty:
        return ""
    spoken = plan.words_of()
    what = (
        f"{formatting.capitalised(spoken.beside_speed)}: {spoken.error}. Beside the speed of a cell stands that of its "
        "check which came closest to what is allowed."
    )
    return "\n\n".join(
        [what, markdown.bullets([*_ranges(passed, plan), *_notes(results, passed)]), *_case_tables(results)]
    )


def passed_with_errors(results: Results) -> pd.DataFrame:
    """Return the rows of the result tables that passed, with their `name`; none where the family shows no errors."""
    shown = shown_rows(results.summary).assign(name=short_names(results.summary))
    known = (shown["status"] == "passed") & shown["error"].notna()
    return shown[known & bool(results.run.plan.words_of().beside_speed)]


def shown_cases(results: Results) -> pd.DataFrame:
    """Return the rows of the result tables once for each `case` that is shown, with their `name` and its `error`."""
    shown = shown_rows(results.summary).assign(name=short_names(results.summary)).drop(columns="error")
    return shown[shown["status"].isin(STATUSES_WITH_TIMES)].merge(shown_errors(results.run), on=CELL)


def error_sentences(results: Results) -> Iterator[str]:
    """Yield for each grid the range of the errors that passed, then that of each case that is shown; without markup."""
    plan, passed, cases = results.run.plan, passed_with_errors(results), shown_cases(results)
    for grid, cells in passed.groupby(GRID, sort=False):
        spoken = plan.words_of(first_row(cells).problem)
        ranges = [f"{spoken.beside_speed} {_range(cells, spoken, str)}"]
        of_grid = cases[(cases[GRID] == list(grid)).all(axis=1)]
        for case, shown in of_grid.groupby("case", sort=False):
            ranges.append(f"in the case {case}, which is shown and not judged, {_range(shown, spoken, str)}")
        yield f"{_place(passed, first_row(cells)).replace('`', '')}{'; '.join(ranges)}."


def _range(cells: pd.DataFrame, spoken: Words, named: Callable[[str], str]) -> str:
    """Return "from 3e-08 (c_loops at n = 32) to 0.44 (numpy_product at n = 100)", or the one error that there is."""
    ends = [
        f"{formatting.error(row.error)} ({named(row.name)} at {spoken.at_size} {formatting.size(row.size)})"
        for row in (first_row(cells.loc[[place]]) for place in (cells["error"].idxmin(), cells["error"].idxmax()))
    ]
    if len(cells) > 1 and len({formatting.error(error) for error in cells["error"]}) == 1:
        return f"{formatting.error(cells['error'].iloc[0])} in every cell"
    return f"from {ends[0]} to {ends[1]}" if len(cells) > 1 else ends[0]


def _place(frame: pd.DataFrame, row: Any) -> str:
    return grid_label(frame, row) or f"{row.dtype}: "


def _ranges(passed: pd.DataFrame, plan: Plan) -> Iterator[str]:
    for _, cells in passed.groupby(GRID, sort=False):
        first = first_row(cells)
        spoken = plan.words_of(first.problem)
        yield f"{_place(passed, first)}{spoken.beside_speed} {_range(cells, spoken, markdown.code)}."


def _notes(results: Results, passed: pd.DataFrame) -> Iterator[str]:
    """Yield a sentence for each note that the checks of a cell made; sizes with the same note share it."""
    outcomes = results.run.outcomes
    noted = outcomes[outcomes["note"].notna()][[*CELL, "note"]].drop_duplicates()
    for _, cells in passed.merge(noted, on=CELL).groupby(["problem", "threads", "variant", "note"], sort=False):
        first = first_row(cells)
        at = f"{results.run.plan.words_of(first.problem).at_size} {formatting.sizes_in_words(sorted(cells['size']))}"
        yield f"{_place(passed, first)}{markdown.code(first.name)} at {at}: {markdown.escaped(first.note)}."


def _case_tables(results: Results) -> Iterator[str]:
    for _, cells in shown_cases(results).groupby(["case", *GRID], sort=False):
        first = first_row(cells)
        spoken = results.run.plan.words_of(first.problem)
        sizes = sorted(cells["size"].unique())
        lines = []
        for name, line in cells.groupby("name", sort=False):
            errors = {row.size: formatting.error(row.error) for row in each_row(line)}
            lines.append([markdown.code(name), *(errors.get(size, "") for size in sizes)])
        place = f"{markdown.code(first.problem)}, {first.dtype}, {formatting.plural(first.threads, 'thread')}"
        yield f"### The {spoken.beside_speed} in the case {markdown.code(first.case)}: {place}"
        yield f"{NOT_JUDGED} They go {_range(cells, spoken, markdown.code)}."
        headings = ["implementation", *(f"{spoken.at_size} {formatting.size(size)}" for size in sizes)]
        yield markdown.table(headings, lines)
