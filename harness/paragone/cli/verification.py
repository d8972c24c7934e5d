"""The results of verification on a terminal: tables of checks, and sentences with the reasons."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from rich.markup import escape
from rich.table import Table

from paragone.report.text import formatting
from paragone.store.records import Outcome


def errors_table(problem: str, rows: Sequence[Outcome], at_size: str) -> Table:
    """The checks of one problem: a row for each variant, a column for each size."""
    return _table(f"{problem}: worst error in units of its bound", rows, at_size, _text_of_cell)


def case_tables(problem: str, rows: Sequence[Outcome], at_size: str) -> list[Table]:
    """The errors in each case that is shown and not judged."""
    cases = dict.fromkeys(case for row in rows for case in row.shown_errors or ())

    def error_in(case: str) -> Callable[[Sequence[Outcome]], str]:
        return lambda own: next(
            (_error(row.shown_errors[case]) for row in own if row.shown_errors and case in row.shown_errors), ""
        )

    title = "{}, case {}, shown and not judged: error"
    return [_table(title.format(problem, case), rows, at_size, error_in(case)) for case in cases]


def _table(title: str, rows: Sequence[Outcome], at_size: str, text_of: Callable[[Sequence[Outcome]], str]) -> Table:
    """A row for each variant, a column for each size; `text_of` writes the checks of one cell."""
    sizes = sorted({row.size for row in rows if row.size is not None})
    table = Table(title=escape(title), title_justify="left", show_edge=False)
    table.add_column("variant", overflow="fold", min_width=24)
    for size in sizes:
        table.add_column(f"{at_size} {size}", justify="right")
    for variant in dict.fromkeys(row.variant for row in rows):
        own = [row for row in rows if row.variant == variant]
        table.add_row(escape(variant), *(text_of([row for row in own if row.size in (size, None)]) for size in sizes))
    return table


def _error(error: float | None) -> str:
    return formatting.error(math.inf if error is None else error)


def _text_of_cell(rows: Sequence[Outcome]) -> str:
    """The worst status of its checks; where all passed, the largest error divided by its bound.

    Where head and sample passed, a stress problem that was not checked does not count.
    """
    passed = {row.stage for row in rows if row.status == "passed"}
    if {"head", "sample"} <= passed:
        rows = [row for row in rows if row.stage != "stress" or row.status != "not checked"]
    for status in ("failed", "not measured", "unavailable", "not checked"):
        if any(row.status == status for row in rows):
            return f"[red]{status}[/]" if status == "failed" else f"[yellow]{status}[/]"
    shares = [row.error / row.bound for row in rows if row.error is not None and row.bound]
    return f"[green]{_share(max(shares))}[/]" if shares else ""


def _share(share: float) -> str:
    """ "0.04"; "0.0008" or "3e-08" where two places would be nothing but zeros."""
    return f"{share:.2f}" if share >= 0.005 else f"{share:.1g}"


def checks_table(rows: Sequence[Outcome], column: str) -> Table:
    """Every check with its error and its bound; `column` is the head of the sizes."""
    table = Table(show_edge=False)
    for heading in ("problem", "variant", column, "check", "steps", "error", "bound", "status"):
        table.add_column(heading, overflow="fold", justify="right" if heading in (column, "steps") else "left")
    for row in rows:
        numbers = ["" if number is None else str(number) for number in (row.size, row.stage, row.n_steps)]
        errors = ["" if error is None else f"{error:.1e}" for error in (row.error, row.bound)]
        table.add_row(escape(row.problem), escape(row.variant), *numbers, *errors, row.status)
    return table


def reason_sentences(rows: Sequence[Outcome], at_size: str) -> list[str]:
    """A sentence for each reason that a variant has; sizes with the same reason share it."""
    sizes: dict[tuple[str, str], dict[str, None]] = {}
    for row in rows:
        if row.reason:
            before, _, after = status_line(row, at_size, "{}").partition(f" {at_size} {{}}")
            stress = " (stress problem)" if row.stage == "stress" else ""
            sharing = sizes.setdefault((f"{before}{stress}", f"{after}: {row.reason}"), {})
            sharing |= {} if row.size is None else {str(row.size): None}
    return [f"{variant}{f' {at_size} ' * bool(at)}{', '.join(at)}{reason}" for (variant, reason), at in sizes.items()]


def status_line(row: Outcome, at_size: str, size: str = "") -> str:
    """`nielsen python_lists[dtype=float64] batch 10000 not measured`."""
    at = "" if row.size is None and not size else f" {at_size} {size or row.size}"
    return f"{row.problem} {row.variant}{at} {row.status}"
