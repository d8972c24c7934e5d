"""The commands that repeat a cell of a run: measure it again, only check it, meet again what went wrong.

Each names the problem as the user gave it; `row` is one of the summary.
"""

from __future__ import annotations

import itertools
import shlex
from typing import Any

from paragone.implementation.contract import VERSION
from paragone.store.plan_records import BASELINE, Plan, StoredRequest

USUAL = StoredRequest()


def bench_command(plan: Plan, row: Any) -> str:
    """Return the command that measures this cell again in a run of its own, in as many launches and rounds.

    The baseline and its A/A control come along, as in every run.
    """
    words = ["--rounds", str(plan.rounds)]
    words += ["--quick"] if plan.quick else ["--launches", str(plan.launches)]
    if plan.baseline != BASELINE:
        words += ["--baseline", plan.baseline]
    if not plan.quick and not (plan.request or USUAL).memory:
        words.append("--no-memory")
    return _command(plan, row, ["bench", "--new", "--implementations"], words)


def verify_command(plan: Plan, row: Any) -> str:
    """Return the command that only verifies this cell, every check with its error and bound."""
    return _command(plan, row, ["verify"], ["--verbose"])


def meeting_command(plan: Plan, row: Any) -> str:
    """Return the command that meets again what a cell failed by: a check, or a short run where it took rounds."""
    in_rounds = row.found_in == "rounds"
    return _command(plan, row, ["bench", "--new", "--quick", "--implementations"] if in_rounds else ["verify"])


def _command(plan: Plan, row: Any, begin: list[str], others: list[str] | None = None) -> str:
    if VERSION in row.implementation:  # only the run itself knows both versions
        return str(plan.command)
    return shlex.join(
        ["paragone", *begin, row.variant.removesuffix(" (A/A)"), *_cell(plan, row), *(others or ()), *_met_by(plan)]
    )


def _cell(plan: Plan, row: Any) -> list[str]:
    problem = plan.problem_arguments.get(row.problem, row.problem)
    words = ["--problem", problem, "--batch-sizes", str(row.batch_size), "--seed", str(plan.seed)]
    return words + ["--threads", str(row.threads)] * (row.threads > 1)


def _met_by(plan: Plan) -> list[str]:
    """Return the options of the run that decide what code, data and limits the cell meets."""
    asked = plan.request or USUAL
    words = [word for folder in asked.plugins for word in ("--plugins", folder)]
    for data in _given(plan.command, "--data"):
        words += ["--data", data]
    if asked.slow:
        words.append("--slow")
    if asked.time_limit_s != USUAL.time_limit_s:
        words += ["--time-limit", f"{asked.time_limit_s:g}"]
    if memory := asked.memory_limit_bytes:
        words += ["--memory-limit", f"{memory / 1e6:.10g}MB"]
    return words


def _given(command: str, option: str) -> list[str]:
    """Return the value of an option in a command line, in a list; of several the last, which is what counted."""
    try:
        words = shlex.split(command)
    except ValueError:
        return []
    values = [after for word, after in itertools.pairwise(words) if word == option]
    values += [word.partition("=")[2] for word in words if word.startswith(f"{option}=")]
    return values[-1:]
