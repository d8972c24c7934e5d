"""What the files of a run must hold: the kind of every column of its tables, of its plan and its environment.

A run's folder may come from anybody. What is read back is checked here once, so that nothing behind it meets a text
in place of a number, or a number that no table can hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from harness.plain_text import is_plain
from harness.problem import Problem

READABLE_METHODS = (1,)  # METHOD_VERSIONs whose numbers mean what this harness takes them for
LARGEST = 2**53  # a whole number that every table holds exactly
LARGEST_NUMBER = 1e18
MOST_ROUNDS = 10_000  # and launches
MOST_LAYERS = 1000
MOST_CHARACTERS = 1000  # of a name: a variant's holds those of its axes
QUOTED_CHARACTERS = 60

Check = Callable[[str, Any], None]


class Unfit(ValueError):
    """A value that is not of its kind: where it stands, what was expected, what was found."""

    def __init__(self, place: str, expected: str, value: object) -> None:
        super().__init__(f"{place}: expected {expected}, got {shown(value)}")


def shown(value: object) -> str:
    """Return a value in few characters, whatever it is."""
    if isinstance(value, int) and abs(value) > LARGEST:
        return f"a whole number of {value.bit_length()} bits"
    if isinstance(value, list | dict):
        return f"a {'list' if isinstance(value, list) else 'table'} of {len(value)}"
    text = repr(value[: QUOTED_CHARACTERS + 1] if isinstance(value, str) else value)
    return text if len(text) <= QUOTED_CHARACTERS else f"{text[:QUOTED_CHARACTERS]}…"


def _kind(expected: str, is_so: Callable[[Any], bool]) -> Check:
    def check(place: str, value: Any) -> None:
        if not is_so(value):
            raise Unfit(place, expected, value)

    return check


def _whole(least: int, most: int = LARGEST) -> Check:
    return _kind(f"a whole number from {least} to {most}", lambda value: type(value) is int and least <= value <= most)


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) <= LARGEST_NUMBER


def _is_time(value: Any) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).timestamp() is not None
    except (ValueError, OverflowError):
        return False


text = _kind("a text", lambda value: isinstance(value, str))
name = _kind(
    f"a text of at most {MOST_CHARACTERS} characters that print",
    lambda value: isinstance(value, str) and len(value) <= MOST_CHARACTERS and is_plain(value),
)
truth = _kind("true or false", lambda value: isinstance(value, bool))
whole, count, size, round_number = _whole(-LARGEST), _whole(0), _whole(1), _whole(-1)
repeats = _whole(1, MOST_ROUNDS)
seed = _kind("a whole number from 0 on", lambda value: type(value) is int and value >= 0)
number = _kind("a number", _is_number)
positive = _kind("a number above 0", lambda value: _is_number(value) and value > 0)
measure = _kind("a number", lambda value: isinstance(value, float) or _is_number(value))  # NaN and infinite ones too
moment = _kind("a time such as 2025-03-04T05:06:07+00:00", _is_time)
anything = _kind("anything", lambda value: True)


def one_of(*words: str) -> Check:
    """Return the check for one of these words."""
    return _kind(f"one of {', '.join(words)}", lambda value: isinstance(value, str) and value in words)


def maybe(check: Check) -> Check:
    """Return the check for null, or what `check` wants."""
    return lambda place, value: None if value is None else check(place, value)


def listed(check: Check) -> Check:
    """Return the check for a list of what `check` wants."""

    def check_all(place: str, value: Any) -> None:
        if not isinstance(value, list):
            raise Unfit(place, "a list", value)
        for index, entry in enumerate(value):
            check(f"{place}[{index}]", entry)

    return check_all


def table_of(check: Check) -> Check:
    """Return the check for a table with values as `check` wants them, under any keys."""

    def check_all(place: str, value: Any) -> None:
        if not isinstance(value, dict):
            raise Unfit(place, "a table", value)
        for key, entry in value.items():
            check(f"{place}.{key[:QUOTED_CHARACTERS]}", entry)

    return check_all


def fields(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """Return the check for a table with these keys; others may be there, of a later version."""

    def check_all(place: str, value: Any) -> None:
        if not isinstance(value, dict):
            raise Unfit(place, "a table", value)
        for key, check in {**required, **(optional or {})}.items():
            if key in value:
                check(f"{place}.{key}" if place else key, value[key])
            elif key in required:
                raise ValueError(f"{place + ': ' if place else ''}{key} is missing")

    return check_all


def _problem(place: str, value: Any) -> None:
    name("problems", place.partition(".")[2])
    fields({"name": name, "layers": listed(size), "batch_sizes": listed(size), "n_train": size})(place, value)
    fields({"learning_rate": listed(listed(number)), **dict.fromkeys(_COEFFICIENTS, number)})(place, value)
    try:
        problem = Problem.from_json(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{place}: not a workload: {error}") from None
    if len(problem.layers) < 2 or len(problem.layers) > MOST_LAYERS:
        raise Unfit(f"{place}.layers", f"2 to {MOST_LAYERS} sizes", value["layers"])


_COEFFICIENTS = ("momentum", "l1", "l2", "learning_rate_decay")
_TEXTS = {
    **dict.fromkeys("language layout order source idea".split(), text),
    **dict.fromkeys(("variant", "implementation"), name),
}
_FLOATS = one_of("float32", "float64")

_CELL = fields(
    {**dict.fromkeys(("problem", "variant"), name), **dict.fromkeys(("batch_size", "threads", "n_steps"), size)}
    | {"prefix_steps": count, "step_seconds": number, "once_per_launch": truth, "wave": count}
)
_VARIANT = fields({**_TEXTS, "dtype": _FLOATS, "control": truth, "maths_lines": count})
_METHOD = _kind(
    f"method version {' or '.join(map(str, READABLE_METHODS))}, which is all that this paragone reads",
    lambda value: type(value) is int and value in READABLE_METHODS,
)

PLAN = fields(
    {
        "method_version": _METHOD,
        **{"run": text, "created": moment, "command": text, "seed": seed, "quick": truth, "baseline": text},
        **{"launches": repeats, "rounds": repeats, "threads": listed(size), "eta_seconds": number},
        "problems": table_of(_problem),
        "variants": listed(_VARIANT),
        "cells": listed(_CELL),
        "broken": listed(fields({"name": text, "reason": text})),
        "data": fields({"name": text, "origin": text, "sha256": text, "n_train": count, "n_test": count}),
        "resolvable_difference": maybe(number),
    },
    {
        **{"workloads": table_of(text), "memory_seconds": number, "pilot_seconds": maybe(number)},
        **{"request": table_of(anything), "identity": table_of(anything)},
        "calls": listed(fields({"bridge": text, "n_images": size, "call_seconds": maybe(number), "reason": text})),
    },
)

_KNOWN = {
    **dict.fromkeys(("id", "architecture", "cpu"), maybe(text)),
    **dict.fromkeys(("logical_cpus", "physical_cores", "memory_bytes"), maybe(number)),
    **{"usable_cpus": maybe(listed(count)), "vector_flags": listed(text), "governors": table_of(anything)},
}
ENVIRONMENT = fields(
    {},
    {
        "machine": fields({}, _KNOWN),
        "os": maybe(table_of(maybe(text))),
        "python": maybe(fields({}, dict.fromkeys(("version", "implementation", "compiler"), maybe(text)))),
        "packages": maybe(table_of(text)),
        "own_environments": maybe(table_of(fields({"python": text, "packages": table_of(text)}))),
        "blas": maybe(listed(table_of(maybe(text)))),
        "revision": maybe(fields({}, {"commit": maybe(text), "dirty": maybe(truth), "source_hash": maybe(text)})),
        "load": maybe(fields({}, {"load_average": maybe(listed(number)), "busy_cpus": maybe(number)})),
        "inherited": maybe(listed(fields({"name": text, "value": text, "treatment": text}))),
        "warnings": listed(text),
    },
)
FINISHED = fields({}, {"finished": truth, "elapsed_s": number})

_COLUMNS = {
    **dict.fromkeys("reason note digest stage status what".split(), text),
    **dict.fromkeys(("problem", "variant"), name),
    **dict.fromkeys("threads batch_size n_steps elapsed_ns n_images".split(), size),
    **dict.fromkeys("wave launch attempt position epoch correct n_test loaded_memory_bytes".split(), count),
    **dict.fromkeys(("peak_memory_bytes", "runner_ns"), count),
    **dict.fromkeys("start_seconds load_seconds setup_seconds verify_seconds warmup_seconds".split(), number),
    **dict.fromkeys("waiting_cpu_seconds cpu_over_wall started_s elapsed_s".split(), number),
    # A child that has ended takes its CPU time with it: the difference may be negative.
    **dict.fromkeys(("cpu_ns", "waiting_cpu_ns"), whole),
    **{"round": round_number, "kind": one_of("cold", "warmup", "timed"), "per_second": positive},
    **{"dtype": _FLOATS, "error": measure, "bound": measure, "since_load": truth, "cpus": listed(count)},
    "threads_found": fields({}, {"pools": listed(fields({}, {"num_threads": count}))}),
    "receipt": table_of(anything),
}
_REQUIRED = {
    "samples": "problem variant batch_size threads wave launch attempt round kind n_steps elapsed_ns".split(),
    "launches": "problem variant threads wave launch attempt status".split(),
    "outcomes": "problem variant stage status".split(),
    "limits": "problem dtype threads launch what per_second".split(),
    "memory": "problem variant batch_size threads status".split(),
    "accuracy": "problem variant batch_size epoch correct n_test".split(),
    "rounds": ["round"],
}
ROWS: dict[str, Check] = {
    table: fields(
        {column: _COLUMNS[column] for column in required},
        {column: maybe(check) for column, check in _COLUMNS.items() if column not in required},
    )
    for table, required in _REQUIRED.items()
}
_of_outcomes = ROWS["outcomes"]
_of_rejections = fields(dict.fromkeys(("batch_size", "threads", "launch", "attempt"), count))


def _outcome(place: str, value: Any) -> None:
    """Check an outcome; one that rejects says of which launch and cell."""
    _of_outcomes(place, value)
    if value["status"] == "rejected":
        _of_rejections(place, value)


ROWS["outcomes"] = _outcome
