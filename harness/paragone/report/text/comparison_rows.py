"""The cells of a comparison of runs: their names and entries, and a row for each in the Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from paragone.analyse.verdicts import POINT
from paragone.comparison.across_time import AS_MEASURED, UNCHANGED, Comparison
from paragone.comparison.comparable import CHANGED
from paragone.report.text import formatting
from paragone.report.text.comment import KINDS, Row, code, kind_of, where
from paragone.report.text.rows import axis_values
from paragone.store.plan_records import Plan

GRID = ["problem", "threads", "dtype"]
KEYS = [*POINT, "variant"]
CHANGED_TAG = "*"  # after a name: its code is not the same in all runs


def joined_cells(comparisons: Sequence[Comparison]) -> list[tuple[Any, list[Any]]]:
    """Return every cell except controls, sorted, with its row in each comparison or None."""
    rows = [_by_key(one.cells) for one in comparisons]
    union = pd.concat([one.cells for one in comparisons]).drop_duplicates(KEYS)
    union = union[~union["control"]].sort_values([*GRID, "variant", "size"], kind="stable")
    return [(row, [of.get(_key(row)) for of in rows]) for _, row in union.iterrows()]


def label(first: Any, rows: Sequence[Any]) -> str:
    """Return the name of a variant without its dtype, tagged where its code changed."""
    changed = any(row is not None and row["source"] == CHANGED for row in rows)
    return f"{first['implementation']} {axis_values(first['variant'])}".strip() + CHANGED_TAG * changed


def entry(row: Any) -> tuple[str, str]:
    """Return "0.91× [0.89, 0.93]" and the verdict of a cell in one comparison; a dash where it fell out."""
    if row is None:
        return formatting.MISSING, ""
    return formatting.ratio_with_interval(row["ratio"], row["ratio_low"], row["ratio_high"]), str(row["verdict"])


def comparison_rows(comparisons: Sequence[Comparison], columns: Sequence[str]) -> list[Row]:
    """Return a row for each cell of `joined_cells`, and for each that passed in A and failed in a later run.

    `columns` are those of GRID that a row needs, because the cells differ in them.
    """
    failures = [_by_key(one.newly_failed) for one in comparisons]
    joined = joined_cells(comparisons)
    known = {_key(first) for first, _ in joined}
    nowhere_passed = {key: row for of in failures for key, row in of.items() if key not in known}
    joined += [(row, [None] * len(comparisons)) for row in nowhere_passed.values()]
    plan = comparisons[0].a.plan
    return [_row(first, rows, [of.get(_key(first)) for of in failures], columns, plan) for first, rows in joined]


def _by_key(frame: pd.DataFrame) -> Mapping[tuple[Any, ...], Any]:
    return {_key(row): row for _, row in frame.iterrows()}


def _key(row: Any) -> tuple[Any, ...]:
    return tuple(row[key] for key in KEYS)


def _row(first: Any, rows: Sequence[Any], failures: Sequence[Any], columns: Sequence[str], plan: Plan) -> Row:
    """Return the row of a cell: its kind is the worst of all runs."""
    entries = (
        code(label(first, rows)),
        *where(first, columns),
        formatting.size(int(first["size"])),
        formatting.rate_of(first["work_per_second_a"], plan.words_of(first["problem"]).rate),
        *(_entry(row, failure) for row, failure in zip(rows, failures, strict=True)),
    )
    if any(failure is not None for failure in failures):
        return Row("failed", entries)
    found = [row for row in rows if row is not None]
    kind = min((kind_of(row["verdict"]) for row in found), key=KINDS.index)
    ratios = [float(row["ratio"]) for row in found]
    return Row(kind, entries, {"slower": -min(ratios), "faster": max(ratios)}.get(kind, 0.0))


def _entry(row: Any, failure: Any) -> str:
    if failure is not None:
        return f"**{failure['status_b']}**: {code(failure['reason_b'])}".removesuffix(": ")
    ratio, verdict = entry(row)
    if row is None:
        return ratio
    bold = f"**{verdict}**" if verdict in ("faster", "slower") else verdict
    measured = f"<br>{AS_MEASURED} {formatting.ratio(row['ratio_as_measured'])}" if row["basis"] == UNCHANGED else ""
    return f"{ratio}<br>{bold}{measured}"
