"""What the answer to each order must be: hosted code may write to any descriptor, so nothing in one is trusted."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from harness.errors import MeasurementFailed

# A worker's clock and the harness's are the same one; so much of them lies between two readings.
CLOCKS_APART_NS = 1_000_000


def is_count(value: Any) -> bool:
    """Return whether it is a whole number, not below zero."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_whole(value: Any) -> bool:
    """Return whether it is a whole number."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    """Return whether it is a finite number, not below zero."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0


def is_count_or_none(value: Any) -> bool:
    """Return whether it is a whole number, not below zero, or nothing."""
    return value is None or is_count(value)


def is_text(value: Any) -> bool:
    """Return whether it is a text."""
    return isinstance(value, str)


def is_truth(value: Any) -> bool:
    """Return whether it is true or false."""
    return isinstance(value, bool)


def is_table_of(is_right: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Return a check that it is a table whose values all pass another check."""
    return lambda value: isinstance(value, dict) and all(is_right(entry) for entry in value.values())


def is_list_of_counts(value: Any) -> bool:
    """Return whether it is a list of whole numbers."""
    return isinstance(value, list) and all(is_count(entry) for entry in value)


def _is_threads(value: Any) -> bool:
    pools = value.get("pools") if isinstance(value, dict) else None
    return isinstance(pools, list) and all(
        isinstance(pool, dict) and {"file", "num_threads"} <= {*pool} for pool in pools
    )


ALWAYS = {"to": is_text, "waiting_cpu_ns": is_whole}
ANSWERS: dict[str, dict[str, Callable[[Any], bool]]] = {
    "load": {
        "load_seconds": is_number,
        "loaded_memory_bytes": is_count,
        "threads_found": _is_threads,
        "receipt": is_table_of(is_text),
    },
    "cost": {"step_seconds": is_number},
    "call": {"call_seconds": is_number},
    "train": {"step": is_whole},
    "sample": {
        "n_steps": is_count,
        "elapsed_ns": is_count,
        "runner_ns": is_count_or_none,
        "cpu_ns": is_whole,
        "digest": is_text,
    },
    "threads": {"cpus_used": is_number},
    "result": {"step": is_whole},
    "peak": {"peak_memory_bytes": is_count_or_none},
    "memory": {"loaded_memory_bytes": is_count, "peak_memory_bytes": is_count_or_none, "since_load": is_truth},
    "evaluate": {"elapsed_ns": is_count},
    "limits": {"gemm": is_number, "read": is_number, "products": is_table_of(is_number)},
    "clock": {"reading_ns": is_number},
    "pair": {
        "plain_ns": is_count,
        "clocked_ns": is_count,
        "phases": is_table_of(is_number),
        "parts": is_table_of(is_list_of_counts),
        "is_same": is_truth,
    },
}


def checked_answer(verb: str, answer: Mapping[str, Any], to: str, waited_ns: int) -> dict[str, Any]:
    """Return what was asked for of an answer to the order `to`, for which the harness waited so long.

    Raises MeasurementFailed where it cannot be the answer.
    """
    expected = ALWAYS | ({"error": is_text} if "error" in answer else ANSWERS[verb])
    if lacking := [name for name in expected if name not in answer]:
        raise MeasurementFailed(f"the worker's answer is not a message: it lacks {', '.join(lacking)}")
    if answer["to"] != to:
        raise MeasurementFailed("the worker's answer is not a message: it answers another order, or none")
    for name, is_right in expected.items():
        if not is_right(answer[name]):
            raise MeasurementFailed(f"the worker's answer is no such thing: {name} is {str(answer[name])[:80]!r}")
    for name in ("elapsed_ns", "runner_ns"):
        if (answer.get(name) or 0) > waited_ns + CLOCKS_APART_NS:
            said, waited = f"{answer[name] / 1e6:.1f} ms", f"{waited_ns / 1e6:.1f} ms"
            raise MeasurementFailed(f"says that training took {said}, but the answer came after {waited}")
    return {name: answer[name] for name in expected if name != "to"}
