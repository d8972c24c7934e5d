"""The names in runs made before 0.3, and their names today. Renaming comes before any check."""

from __future__ import annotations

from typing import Any

PLAN_KEYS = {
    "broken": "unusable",
    "resolvable_difference": "minimum_detectable_difference",
    "workloads": "problem_arguments",
}
SIZE = {"batch_size": "size"}
CALL_SIZE = {"n_images": "size"}
COLUMNS = {"launches": {"receipt": "build_info"}}
STAGES = {"twin": "stress", "unseen": "replay"}


def renamed_plan(plan: dict[str, Any]) -> dict[str, Any]:
    plan = _renamed(plan, PLAN_KEYS)
    if isinstance(cells := plan.get("cells"), list):
        plan["cells"] = [_renamed(cell, SIZE) if isinstance(cell, dict) else cell for cell in cells]
    if isinstance(calls := plan.get("calls"), list):
        plan["calls"] = [_renamed(call, CALL_SIZE) if isinstance(call, dict) else call for call in calls]
    if isinstance(request := plan.get("request"), dict):
        plan["request"] = _renamed(request, {"batch_sizes": "sizes"})
    return plan


def renamed_row(table: str, row: dict[str, Any]) -> dict[str, Any]:
    row = _renamed(row, {**SIZE, **COLUMNS.get(table, {})})
    if table == "outcomes" and isinstance(row.get("stage"), str):
        row["stage"] = STAGES.get(row["stage"], row["stage"])
    return row


def _renamed(content: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    return {names.get(key, key): value for key, value in content.items()}
