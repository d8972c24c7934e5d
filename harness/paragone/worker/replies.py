"""What the answer to each order must be: hosted code may write to any descriptor, so nothing in one is trusted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from paragone.errors import MeasurementFailed
from paragone.files.schema import Check, amount, anything, count, fields, listed, maybe, table_of, text, truth, whole

# A worker's clock and the harness's are the same one; so much of them lies between two readings.
CLOCKS_APART_NS = 1_000_000

LARGEST = 2**53  # a whole number that every table holds exactly
Whole = Annotated[int, msgspec.Meta(ge=-LARGEST, le=LARGEST)]
Count = Annotated[int, msgspec.Meta(ge=0, le=LARGEST)]
Positive = Annotated[int, msgspec.Meta(ge=1, le=LARGEST)]


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """One timed sample: wall time, CPU time of the worker and its children, and a hash of the result.

    `runner_ns` is the same time by the clock of the program that trained, where that is another process.
    `waiting_cpu_ns` is the CPU time that the worker used between its last reply and this command.
    """

    n_steps: Positive
    elapsed_ns: Positive
    runner_ns: Count | None = None
    cpu_ns: Whole
    waiting_cpu_ns: Whole
    digest: str


ALWAYS: dict[str, Check] = {"to": text, "waiting_cpu_ns": whole}
ANSWERS: dict[str, dict[str, Check]] = {
    "load": {
        "load_seconds": amount,
        "loaded_memory_bytes": count,
        "threads_found": fields({"pools": listed(fields({"file": anything, "num_threads": anything}))}),
        "receipt": table_of(text),
    },
    "cost": {"step_seconds": amount},
    "call": {"call_seconds": amount},
    "train": {"step": whole},
    "sample": {
        "n_steps": count,
        "elapsed_ns": count,
        "runner_ns": maybe(count),
        "cpu_ns": whole,
        "digest": text,
    },
    "threads": {"cpus_used": amount},
    "result": {"step": whole},
    "peak": {"peak_memory_bytes": maybe(count)},
    "memory": {"loaded_memory_bytes": count, "peak_memory_bytes": maybe(count), "since_load": truth},
    "evaluate": {"elapsed_ns": count},
    "limits": {"gemm": amount, "read": amount, "products": table_of(amount)},
    "clock": {"reading_ns": amount},
    "pair": {
        "plain_ns": count,
        "clocked_ns": count,
        "phases": table_of(amount),
        "parts": table_of(listed(count)),
        "is_same": truth,
    },
}


def checked_answer(verb: str, answer: Mapping[str, Any], to: str, waited_ns: int) -> dict[str, Any]:
    """Return what was asked for of an answer to the order `to`, for which the harness waited so long.

    Raises MeasurementFailed where it cannot be the answer.
    """
    expected = ALWAYS | ({"error": text} if "error" in answer else ANSWERS[verb])
    if lacking := [name for name in expected if name not in answer]:
        raise MeasurementFailed(f"the worker's answer is not a message: it lacks {', '.join(lacking)}")
    if answer["to"] != to:
        raise MeasurementFailed("the worker's answer is not a message: it answers another order, or none")
    try:
        for name, check in expected.items():
            check(name, answer[name])
    except ValueError as error:
        raise MeasurementFailed(f"the worker's answer is no such thing: {error}") from None
    for name in ("elapsed_ns", "runner_ns"):
        if (answer.get(name) or 0) > waited_ns + CLOCKS_APART_NS:
            said, waited = f"{answer[name] / 1e6:.1f} ms", f"{waited_ns / 1e6:.1f} ms"
            raise MeasurementFailed(f"says that it took {said}, but the answer came after {waited}")
    return {name: answer[name] for name in expected if name != "to"}
