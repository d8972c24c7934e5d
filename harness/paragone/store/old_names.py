"""The names in runs made before 0.2, and their names today. Renaming comes before any check."""

from __future__ import annotations

from typing import Any

PLAN_KEYS = {
    "broken": "unusable",
    "resolvable_difference": "minimum_detectable_difference",
    "workloads": "problem_arguments",
}
COLUMNS = {"launches": {"receipt": "build_info"}}
STAGES = {"twin": "stress", "unseen": "replay"}


def renamed_plan(plan: dict[str, Any]) -> dict[str, Any]:
    return {PLAN_KEYS.get(key, key): value for key, value in plan.items()}


def renamed_row(table: str, row: dict[str, Any]) -> dict[str, Any]:
    names = COLUMNS.get(table, {})
    row = {names.get(column, column): value for column, value in row.items()}
    if table == "outcomes" and isinstance(row.get("stage"), str):
        row["stage"] = STAGES.get(row["stage"], row["stage"])
    return row
