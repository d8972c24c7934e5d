"""What the files of a run must hold: the kind of every column of its tables, of its plan and its environment.

A run's folder may come from anybody. What is read back is checked here once, so that nothing behind it meets a text
in place of a number, or a number that no table can hold.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Any

from paragone.files.schema import (
    Check,
    Unfit,
    amount,
    anything,
    count,
    fields,
    kind,
    listed,
    maybe,
    measure,
    moment,
    name,
    number,
    one_of,
    positive,
    repeats,
    round_number,
    seed,
    size,
    table_of,
    text,
    truth,
    whole,
)
from paragone.task.mlp.problem import Problem

READABLE_METHODS = (1, 2)  # METHOD_VERSIONs whose numbers mean what this harness takes them for
MOST_LAYERS = 1000


def _problem(place: str, value: Any) -> None:
    name("problems", place.partition(".")[2])
    fields({"name": name, "layers": listed(size), "batch_sizes": listed(size), "n_train": size})(place, value)
    fields({"learning_rate": listed(listed(number)), **dict.fromkeys(_COEFFICIENTS, number)})(place, value)
    try:
        problem = Problem.from_json(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{place}: not a problem: {error}") from None
    if len(problem.layers) < 2 or len(problem.layers) > MOST_LAYERS:
        raise Unfit(f"{place}.layers", f"2 to {MOST_LAYERS} sizes", value["layers"])


def _once(check: Check, *keys: str) -> Check:
    """Return the check for a list of what `check` wants, no two of them alike in all of these keys."""

    def check_all(place: str, value: Any) -> None:
        listed(check)(place, value)
        seen: set[tuple[Any, ...]] = set()
        for index, entry in enumerate(value):
            called = tuple(entry[key] for key in keys)
            if called in seen:
                raise Unfit(
                    f"{place}[{index}]", f"another {', '.join(keys)} than those before", " ".join(map(str, called))
                )
            seen.add(called)

    return check_all


_COEFFICIENTS = ("momentum", "l1", "l2", "learning_rate_decay")
_TEXTS = {
    **dict.fromkeys("language layout order source idea".split(), text),
    **dict.fromkeys(("variant", "implementation"), name),
}
_FLOATS = one_of("float32", "float64")

_CELL_KEYS = "problem variant batch_size threads wave".split()
_CELL = fields(
    {**dict.fromkeys(("problem", "variant"), name), **dict.fromkeys(("batch_size", "threads", "n_steps"), size)}
    | {"prefix_steps": count, "step_seconds": number, "once_per_launch": truth, "wave": count},
    {"evaluates": truth},
)
_VARIANT = fields({**_TEXTS, "dtype": _FLOATS, "control": truth, "maths_lines": count})
_METHOD = kind(
    f"method version {' or '.join(map(str, READABLE_METHODS))}, which is all that this paragone reads",
    lambda value: type(value) is int and value in READABLE_METHODS,
)
_POINT = kind(
    "problem, variant, threads and batch size",
    lambda value: isinstance(value, list) and [type(part) for part in value] == [str, str, int, int],
)
_REQUEST = fields(
    {},
    {
        **dict.fromkeys("slow quick memory curves".split(), truth),
        **dict.fromkeys("implementations plugins sides evaluated".split(), listed(text)),
        **{"problems": table_of(text), "dtypes": listed(_FLOATS), "threads": listed(size), "only": listed(_POINT)},
        "batch_sizes": listed(kind('a whole number or "full"', lambda value: value == "full" or type(value) is int)),
        **{"launches": repeats, "rounds": maybe(repeats), "resolve": maybe(positive), "baseline": text, "seed": seed},
        **{"time_limit_s": positive, "memory_limit_bytes": maybe(size)},
    },
)
_SIDE = fields({"label": text, "words": text})
_LIVE = fields({"a": _SIDE, "b": _SIDE, "left_out": table_of(text), "fail_slower": amount})

PLAN = fields(
    {
        "method_version": _METHOD,
        **{"run": text, "created": moment, "command": text, "seed": seed, "quick": truth, "baseline": text},
        **{"launches": repeats, "rounds": repeats, "threads": listed(size), "eta_seconds": number},
        "problems": table_of(_problem),
        "variants": _once(_VARIANT, "variant"),
        "cells": _once(_CELL, *_CELL_KEYS),
        "broken": listed(fields({"name": text, "reason": text})),
        "data": fields({"name": text, "origin": text, "sha256": text, "n_train": count, "n_test": count}),
        "minimum_detectable_difference": maybe(number),
    },
    {
        **{"workloads": table_of(text), "memory_seconds": number, "pilot_seconds": maybe(number)},
        **{"request": _REQUEST, "identity": table_of(anything), "live": _LIVE},
        "calls": listed(fields({"bridge": text, "n_images": size, "call_seconds": maybe(number), "reason": text})),
    },
)

PROFILED = fields(
    {
        "method_version": _METHOD,
        **{"run": text, "created": moment, "command": text, "seed": seed, "rounds": repeats},
        "problems": table_of(_problem),
        "variants": _once(_VARIANT, "variant"),
        "cells": _once(_CELL, *_CELL_KEYS),
        "data": fields({"name": text, "origin": text, "sha256": text}),
    },
    {"launches": repeats, "identity": table_of(anything)},
)
PLANS = {"plan.json": PLAN, "profile.json": PROFILED}

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
SOURCES = table_of(fields({"hash": text, "files": table_of(text), "left_out": table_of(text)}, {"maths": listed(text)}))
FINISHED = fields({}, {"finished": truth, "elapsed_s": number})

_COLUMNS = {
    **dict.fromkeys("reason note digest stage status what".split(), text),
    **dict.fromkeys(("problem", "variant"), name),
    **dict.fromkeys("threads batch_size n_steps elapsed_ns n_images n_calls".split(), size),
    **dict.fromkeys("wave launch attempt position epoch correct n_test loaded_memory_bytes".split(), count),
    **dict.fromkeys(("peak_memory_bytes", "runner_ns"), count),
    **dict.fromkeys("start_seconds load_seconds setup_seconds verify_seconds warmup_seconds".split(), number),
    **dict.fromkeys("waiting_cpu_seconds cpu_over_wall started_s elapsed_s".split(), number),
    # A child that has ended takes its CPU time with it: the difference may be negative.
    **dict.fromkeys(("cpu_ns", "waiting_cpu_ns"), whole),
    **{"round": round_number, "kind": one_of("cold", "warmup", "timed"), "per_second": positive},
    **{"dtype": _FLOATS, "error": measure, "bound": measure, "since_load": truth, "cpus": listed(count)},
    **dict.fromkeys(("plain_ns", "clocked_ns"), size),
    **{"phases": table_of(amount), "parts": table_of(listed(count)), "reading_ns": amount},
    **dict.fromkeys(("plain_first", "is_same"), truth),
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
    "evaluations": "problem variant batch_size threads wave launch attempt n_calls n_images elapsed_ns".split(),
    "rounds": ["round"],
    "pairs": "problem variant batch_size threads round n_steps plain_ns clocked_ns phases parts is_same".split(),
    "clocks": ["reading_ns"],
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

# By what a row is told from all others of its table: one that is there twice would count twice.
_CELL_OF = "problem variant batch_size threads".split()
_KEYS = {
    "samples": [*_CELL_OF, *"wave launch attempt kind round".split()],
    "evaluations": [*_CELL_OF, *"wave launch attempt round".split()],
    "memory": _CELL_OF,
    "accuracy": "problem variant batch_size epoch".split(),
    "pairs": [*_CELL_OF, *"wave launch round".split()],
}


def check_rows(
    table: str, rows: Sequence[Mapping[str, Any]], columns: Sequence[str], problems: Container[str] | None = None
) -> None:
    """Raise ValueError with the line unless each row is of its kind, of these problems, and there once."""
    lines: dict[tuple[Any, ...], int] = {}
    for line, row in enumerate(rows, start=1):
        try:
            ROWS[table]("", {column: row[column] for column in columns if column in row})
            if problems is not None and row.get("problem") is not None and row["problem"] not in problems:
                raise Unfit("problem", "a problem of the plan", row["problem"])
        except ValueError as error:
            raise ValueError(f"line {line}: {error}") from None
        if table in _KEYS and row.get("kind") != "warmup":
            first = lines.setdefault(tuple(row.get(column) for column in _KEYS[table]), line)
            if first != line:
                raise ValueError(f"line {line}: expected a row of its own, got that of line {first} once more")
