"""Whether two runs can be compared: the same work, the cells of both, their surroundings, and unchanged code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from paragone.analyse.statuses import CELL
from paragone.machine.environment import facts
from paragone.task.problem import shared_words

if TYPE_CHECKING:
    from paragone.machine.environment_record import MachineLoad
    from paragone.store.reader import Run

ABOUT = ["implementation", "language", "dtype", "control"]
SAME, CHANGED, UNKNOWN = "same", "changed", "unknown"


def other_work(a: Run, b: Run) -> list[str]:
    """A sentence for each reason why the two runs did different work."""
    sentences = []
    versions = [run.plan.method_version for run in (a, b)]
    if versions[0] != versions[1]:
        sentences.append(f"they were measured by method version {versions[0]} and {versions[1]}")
    for name in sorted(a.plan.problems.keys() & b.plan.problems.keys()):
        ones = [run.plan.problems[name].definition() for run in (a, b)]
        keys = sorted(ones[0].keys() | ones[1].keys())
        if changed := [key for key in keys if ones[0].get(key) != ones[1].get(key)]:
            what = ", ".join(f"{key} {_short(ones[0].get(key))} and {_short(ones[1].get(key))}" for key in changed)
            sentences.append(f"problem {name} is defined differently: {what}")
    spoken = shared_words([*a.plan.problems.values(), *b.plan.problems.values()])
    data = [run.plan.data for run in (a, b)]
    if data[0].sha256 != data[1].sha256:
        names = " and ".join(f"{one.name} ({one.sha256[:12]})" for one in data)
        sentences.append(f"they {spoken.done} on other data: {names}")
    seeds = [run.plan.seed for run in (a, b)]
    if seeds[0] != seeds[1]:
        sentences.append(f"{spoken.drawn} differ: seeds {seeds[0]} and {seeds[1]}")
    return sentences


def refusals(a: Run, b: Run) -> list[str]:
    """A sentence for each reason why the two runs must not be compared."""
    sentences = other_work(a, b)
    if not {*a.plan.threads} & {*b.plan.threads}:
        counts = " and ".join(", ".join(map(str, run.plan.threads)) for run in (a, b))
        sentences.append(f"they have no number of threads in common: {counts}")
    sentences += [
        f"{name_of(run)} has one launch (--quick), which has no interval: nothing can be told from noise"
        for run in (a, b)
        if run.plan.launches == 1
    ]
    return sentences


def _short(value: Any) -> str:
    text = _words(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _words(value: Any) -> str:
    """A value of a problem's definition as its author wrote it, such as "X in (n, d) real" of an array."""
    if isinstance(value, dict):
        return " ".join(map(_words, value.values()))
    if isinstance(value, list | tuple):
        return f"({', '.join(map(_words, value))})"
    return str(value)


def name_of(run: Run) -> str:
    return run.plan.run


def surroundings(run: Run) -> dict[str, str]:
    """Name → value of what a run was measured with: machine, system, versions, variables, data, code."""
    about = run.environment
    machine, revision = about.machine, about.revision
    found = facts(about)
    others = {
        "machine": machine.id,
        "frequency governor": ", ".join(machine.governors),
        "C library": about.os.c_library,
        "compilers": ", ".join(sorted({str(one["compiler"]) for one in _receipts(run) if "compiler" in one})),
        "threads": ", ".join(map(str, run.plan.threads)),
        "data set": f"{run.plan.data.name} {run.plan.data.sha256[:12]}",
        "baseline": run.plan.baseline,
        "launches × rounds": f"{run.plan.launches} × {run.plan.rounds}",
        "git revision": f"{revision.commit or 'none'}{' with changes' * bool(revision.dirty)}",
        "source of the harness": revision.source_hash,
        "load before the run": _load(about.load),
    }
    return found | {name: str(value) for name, value in others.items() if value}


def _load(load: MachineLoad) -> str:
    return "" if load.busy_cpus is None else f"others kept {load.busy_cpus:.1f} CPUs busy"


def _receipts(run: Run) -> list[dict[str, Any]]:
    return [build_info for build_info in run.launches["build_info"] if isinstance(build_info, dict)]


def environment_differences(runs: list[Run]) -> list[tuple[str, list[str]]]:
    """The name and each run's value of every fact in which the surroundings of the runs differ."""
    facts_of = [surroundings(run) for run in runs]
    names = dict.fromkeys(name for one in facts_of for name in one)
    rows = [(name, [one.get(name, "none") for one in facts_of]) for name in names]
    return [(name, values) for name, values in rows if len(set(values)) > 1]


def are_versions_same(a: Run, b: Run) -> bool:
    """Machine, system, versions and variables are the same, as far as they were recorded."""
    return facts(a.environment) == facts(b.environment)


def source_states(a: Run, b: Run) -> dict[str, str]:
    """Variant → its code in both runs: same, changed or unknown.

    The code is every file in the implementation's folder and what was built from it: compiler, command, versions.
    """
    known = [run.plan.identity for run in (a, b)]
    built = [_built(run) for run in (a, b)]
    states = {}
    for entry in a.plan.variants:
        name, key = entry.variant, f"source of {entry.implementation}"
        hashes = [identity.get(key) for identity in known]
        if None in hashes:
            states[name] = UNKNOWN
        else:
            is_same = hashes[0] == hashes[1] and built[0].get(name) == built[1].get(name)
            states[name] = SAME if is_same else CHANGED
    return states


def _built(run: Run) -> dict[str, set[str]]:
    """Variant → the receipts of its builds, over all launches."""
    found: dict[str, set[str]] = {}
    for name, build_info in zip(run.launches["variant"], run.launches["build_info"], strict=True):
        if isinstance(build_info, dict):
            found.setdefault(str(name), set()).add(json.dumps(build_info, sort_keys=True))
    return found


def in_both(a: pd.DataFrame, b: pd.DataFrame, size: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The cells that passed in both summaries, and the others with both statuses and `why`; `size` is the word for one.

    Columns that differ between the runs end in _a and _b.
    """
    columns = [*CELL, "status", "reason", "work_per_second", "margin"]
    cells = a[[*columns, *ABOUT]].merge(b[columns], on=CELL, how="outer", suffixes=("_a", "_b"), sort=False)
    why = cells.apply(lambda row: _why(row, a, b, size), axis=1) if len(cells) else pd.Series(dtype=str)
    is_in = why == ""
    # The outer merge left NaN in the cells that only B has, and made `control` a column of objects.
    both = cells[is_in].astype({"control": bool}).reset_index(drop=True)
    others = cells.loc[~is_in, [*CELL, *ABOUT, "status_a", "status_b", "reason_b", "work_per_second_a"]]
    return both, others.assign(why=why[~is_in]).reset_index(drop=True)


def _why(row: Any, a: pd.DataFrame, b: pd.DataFrame, size: str) -> str:
    """Why a cell cannot be compared; "" where it can."""
    for status, reason, frame, run in (
        (row["status_a"], row["reason_a"], a, "A"),
        (row["status_b"], row["reason_b"], b, "B"),
    ):
        if not isinstance(status, str):
            return _absent(row, frame, run, size)
        if status != "passed":
            return f"{status} in {run}: {reason}" if reason else f"{status} in {run}"
    return ""


def _absent(row: Any, frame: pd.DataFrame, run: str, size: str) -> str:
    """What a run lacks: the whole problem, the variant, or only this point of the grid."""
    for column, what in (("problem", "problem"), ("variant", "variant")):
        if row[column] not in set(frame[column]):
            return f"{what} not in {run}"
    return f"{size} or threads not in {run}"
