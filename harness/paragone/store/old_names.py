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
_OLD = {
    table: tuple(name.encode() for name in (*SIZE, *names)) for table, names in (*COLUMNS.items(), ("outcomes", STAGES))
}
_OLD_SIZE = tuple(name.encode() for name in SIZE)


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


def may_hold_old_names(table: str, rows: bytes) -> bool:
    """Whether rows, as they are stored, may have a name that `renamed_row` changes; an escape may hide one."""
    return b"\\" in rows or any(name in rows for name in _OLD.get(table, _OLD_SIZE))


def _renamed(content: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    return {names.get(key, key): value for key, value in content.items()}
