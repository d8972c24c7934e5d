"""The commands that measure one cell again, or only check it."""

from __future__ import annotations

import itertools
import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harness.request import BASELINE, Request

if TYPE_CHECKING:
    from harness.store import Run

USUAL = Request(problems=())


def bench_command(run: Run, row: Any) -> str:
    """Return the command that measures this cell again in a run of its own, in as many launches and rounds.

    The baseline and its A/A control come along, as in every run. `row` is one of the summary.
    """
    plan, asked = run.plan, _asked(run)
    words = ["paragone", "bench", "-i", row.implementation, *_cell(run, row), "--rounds", str(plan["rounds"])]
    words += ["--quick"] if plan["quick"] else ["--launches", str(plan["launches"])]
    if plan["baseline"] != BASELINE:
        words += ["--baseline", plan["baseline"]]
    if not plan["quick"] and not asked.get("memory", True):
        words.append("--no-memory")
    return shlex.join([*words, "--new", *_surroundings(run)])


def verify_command(run: Run, row: Any) -> str:
    """Return the command that only verifies this cell, every check with its error and bound."""
    return shlex.join(["paragone", "verify", row.implementation, *_cell(run, row), "--verbose", *_surroundings(run)])


def _cell(run: Run, row: Any) -> list[str]:
    workload = run.plan.get("workloads", {}).get(row.problem, row.problem)
    words = ["--problem", workload, "--dtype", row.dtype, "-b", str(row.batch_size), "--threads", str(row.threads)]
    return [*words, "--seed", str(run.plan["seed"])]


def _surroundings(run: Run) -> list[str]:
    """Return the options of the run that decide what code and data the cell meets."""
    asked = _asked(run)
    words = [word for folder in asked.get("plugins") or () for word in ("--plugins", folder)]
    for data in _given(run.plan["command"], "--data"):
        words += ["--data", data]
    if asked.get("slow"):
        words.append("--slow")
    if (limit := asked.get("time_limit_s", USUAL.time_limit_s)) != USUAL.time_limit_s:
        words += ["--time-limit", f"{limit:g}"]
    if memory := asked.get("memory_limit_bytes"):
        words += ["--memory-limit", f"{memory / 1e6:g}MB"]
    return words


def _asked(run: Run) -> Mapping[str, Any]:
    asked = run.plan.get("request")
    return asked if isinstance(asked, Mapping) else {}


def _given(command: str, option: str) -> list[str]:
    """Return the value of an option in a command line, in a list; of several the last, which is what counted."""
    try:
        words = shlex.split(command)
    except ValueError:
        return []
    values = [after for word, after in itertools.pairwise(words) if word == option]
    values += [word.partition("=")[2] for word in words if word.startswith(f"{option}=")]
    return values[-1:]
