"""The commands that follow a run: measure a cell again, verify it, repeat its failure; after a quick run, a sure one.

Each names the problem as the user gave it. `row` is a row of the summary.
"""

from __future__ import annotations

import itertools
import re
import shlex
from typing import Any

from paragone.implementation.variant import CONTROL, VERSION
from paragone.store.plan_records import BASELINE, Plan, StoredRequest

DEFAULTS = StoredRequest()
OF_A_FIRST_LOOK = ("--quick", "--new")  # --new would begin again where the sure run was interrupted
SIZES = ("--sizes", "--batch-sizes", "-b")


def bench_command(plan: Plan, row: Any) -> str:
    """Measure this cell again in a run of its own, with the same launches and rounds.

    The baseline and its A/A control are measured too, as in every run.
    """
    words = ["--rounds", str(plan.rounds)]
    words += ["--quick"] if plan.quick else ["--launches", str(plan.launches)]
    if plan.baseline != BASELINE:
        words += ["--baseline", plan.baseline]
    if not plan.quick and not (plan.request or DEFAULTS).memory:
        words.append("--no-memory")
    return _command(plan, row, ["bench", "--new", "--implementations"], words)


def verify_command(plan: Plan, row: Any) -> str:
    """Only verify this cell, and show every check with its error and bound."""
    return _command(plan, row, ["verify"], ["--verbose"])


def repro_command(plan: Plan, row: Any) -> str:
    """Repeat the failure: verify the cell, or measure it in a short run if it failed in the rounds."""
    in_rounds = row.found_in == "rounds"
    return _command(plan, row, ["bench", "--new", "--quick", "--implementations"] if in_rounds else ["verify"])


def sure_commands(plan: Plan) -> list[tuple[str, str]]:
    """Return the command as it was typed, made into one with intervals and verdicts, and in words what it measures.

    Two commands where --quick chose the sizes: with those of the quick run, and with the problem's own. [] for a run
    that is not quick, or whose command cannot be read.
    """
    words = _words(plan.command)
    if "--quick" not in words:
        return []
    kept = [word for word in words if word not in OF_A_FIRST_LOOK]
    are_sizes_named = any(word.partition("=")[0] in SIZES or re.fullmatch("-b.+", word) for word in words)
    if are_sizes_named or words[1:2] != ["bench"]:
        return [(shlex.join(kept), "")]
    spoken, sizes = plan.words_of(), sorted({cell.size for cell in plan.cells})
    is_network = any(problem.family == "mlp" for problem in plan.problems.values())
    same = [*kept, "-b" if is_network else "--sizes", ",".join(map(str, sizes))]
    return [(shlex.join(same), f"these {spoken.sizes}"), (shlex.join(kept), f"all {spoken.sizes}")]


def _command(plan: Plan, row: Any, begin: list[str], others: list[str] | None = None) -> str:
    if VERSION in row.implementation:  # live comparison: only the command of the run names both versions
        return str(plan.command)
    return shlex.join(
        [
            "paragone",
            *begin,
            row.variant.removesuffix(CONTROL),
            *_cell(plan, row),
            *(others or ()),
            *_context_options(plan),
        ]
    )


def _cell(plan: Plan, row: Any) -> list[str]:
    named = plan.problem_arguments.get(row.problem, row.problem)
    is_network = plan.problems[row.problem].family == "mlp"
    option, sizes = ("--problem", "--batch-sizes") if is_network else ("--kernel", "--sizes")
    words = [option, named, sizes, str(row.size), "--seed", str(plan.seed)]
    return words + ["--threads", str(row.threads)] * (row.threads > 1)


def _context_options(plan: Plan) -> list[str]:
    """Return the options of the run that decide which code, data and limits apply to the cell."""
    request = plan.request or DEFAULTS
    words = [word for folder in request.plugins for word in ("--plugins", folder)]
    for data in _given(plan.command, "--data"):
        words += ["--data", data]
    if request.slow:
        words.append("--slow")
    if request.time_limit_s != DEFAULTS.time_limit_s:
        words += ["--time-limit", f"{request.time_limit_s:g}"]
    if memory := request.memory_limit_bytes:
        words += ["--memory-limit", f"{memory / 1e6:.10g}MB"]
    return words


def _given(command: str, option: str) -> list[str]:
    """Return the last value of an option in a command line, which is the one in force, in a list of 0 or 1."""
    words = _words(command)
    values = [after for word, after in itertools.pairwise(words) if word == option]
    values += [word.partition("=")[2] for word in words if word.startswith(f"{option}=")]
    return values[-1:]


def _words(command: str) -> list[str]:
    """Return the words of a command line; [] where its quotes do not match."""
    try:
        return shlex.split(command)
    except ValueError:
        return []
