"""A run made by hand for the tests of what reads runs: times chosen, everything else plausible."""

import copy
import itertools
from dataclasses import replace

import msgspec
import pandas as pd

from paragone import METHOD_VERSION
from paragone.machine.environment_record import Environment
from paragone.store.plan_records import Plan
from paragone.store.reader import Run
from paragone.store.records import TABLES, Finished, columns
from paragone.task.families import decode
from paragone.task.mlp.problem_files import find_problem

BASE = "numpy_rows[dtype=float32,order=C]"
CONTROL = f"{BASE} (A/A)"
OTHER = "numpy_tuned[dtype=float32]"
N_STEPS = 1000

ENVIRONMENT = {
    "machine": {
        "id": "0123abcd",
        "cpu": "Test CPU",
        "architecture": "x86_64",
        "usable_cpus": [0],
        "memory_bytes": 2**33,
    },
    "os": {"system": "Linux", "release": "6.1", "c_library": "glibc 2.36"},
    "python": {"version": "3.11.2", "implementation": "CPython", "compiler": "GCC"},
    "packages": {"numpy": "2.4.0"},
    "blas": [{"library": "openblas", "version": "0.3.30", "architecture": "Haswell"}],
    "revision": {"commit": "abc1234", "dirty": False, "source_hash": "feed"},
    "load": {"load_average": [0.1, 0.1, 0.1], "busy_cpus": 0.0},
    "inherited": [],
    "warnings": [],
}


def variant(name):
    """Return the entry of the plan for a variant of that name."""
    implementation, _, axes = name.removesuffix(" (A/A)").removesuffix("]").partition("[")
    axis = dict(value.split("=") for value in axes.split(","))
    layout = "samples in columns" if "columns" in implementation else "samples in rows"
    return {
        **{"variant": name, "implementation": implementation, "language": "NumPy", "layout": layout},
        **{"order": axis.get("order", ""), "dtype": axis["dtype"], "control": name.endswith("(A/A)")},
        **{"source": "S0", "idea": "An idea.", "maths_lines": 40, "deterministic": True},
    }


def cell(name, size, problem="nielsen", threads=1, wave=0, once=False):
    """Return the entry of the plan for a cell."""
    return {
        **{"problem": problem, "variant": name, "size": size, "threads": threads, "wave": wave},
        **{"n_steps": N_STEPS, "prefix_steps": 1, "step_seconds": 1e-5, "once_per_launch": once},
    }


def frame(table, rows):
    """Return the rows as read_run would: all columns, None where nothing was said."""
    return pd.DataFrame(
        [{column: row.get(column) for column in columns(TABLES[table])} for row in rows],
        columns=list(columns(TABLES[table])),
    )


def sample(name, size, launch, round_, step_seconds, **others):
    """Return a row of samples.jsonl; a round of −1 makes it the cold call."""
    return {
        **{"problem": "nielsen", "variant": name, "size": size, "threads": 1, "wave": 0, "launch": launch},
        **{"attempt": 0, "round": round_, "position": 0, "kind": "cold" if round_ < 0 else "timed", "n_steps": N_STEPS},
        **{"elapsed_ns": round(step_seconds * N_STEPS * 1e9), "cpu_ns": 0, "waiting_cpu_ns": 0, "started_s": 0.0},
        **{"digest": "d"},
        **others,
    }


def memory_row(name, size, above_mb=None, **others):
    """Return a row of memory.jsonl; loaded are 200 MB, above that 2 MB and 3 kB an image where nothing is said."""
    above_mb = 2 + 0.003 * size if above_mb is None else above_mb
    return {
        **{"problem": "nielsen", "variant": name, "size": size, "threads": 1, "n_steps": 3},
        **{"loaded_memory_bytes": 200_000_000, "peak_memory_bytes": 200_000_000 + round(above_mb * 1e6)},
        **{"since_load": True, "elapsed_s": 0.5, "status": "measured", "reason": ""},
        **others,
    }


def launch_row(name, launch, **others):
    """Return a row of launches.jsonl."""
    parts = ("start", "load", "setup", "verify", "warmup")
    return {
        **{"problem": "nielsen", "variant": name, "threads": 1, "wave": 0, "launch": launch, "attempt": 0},
        **{f"{part}_seconds": 1.0 for part in parts},
        **{"waiting_cpu_seconds": 0.0, "cpu_over_wall": 1.0, "status": "done", "reason": ""},
        **others,
    }


def rejection(name, size, launch, reason="used 1.90 s of CPU time per second", **others):
    """Return the outcome that leaves out what one launch measured at one batch size."""
    where = {"threads": 1, "stage": "threads", "launch": launch, "attempt": 0}
    return outcome(name, "rejected", size, reason=reason, **{**where, **others})


def outcome(name, status="passed", size=None, **others):
    """Return a row of outcomes.jsonl; about all batch sizes where none is given."""
    row = {"problem": "nielsen", "variant": name, "size": size, "stage": "head", "status": status}
    return {**row, "reason": "", **others}


def variants_in(cells):
    """Return the entries of the plan for the variants that these cells are of."""
    return [variant(name) for name in dict.fromkeys(entry["variant"] for entry in cells)]


def stored_plan(cells=(), **changes):
    """Return the smallest plan with these cells that can be read back, as it is stored."""
    return {
        "run": "made-up",
        **{"method_version": METHOD_VERSION, "created": "2026-01-02T03:04:05+00:00", "command": "paragone bench"},
        **{"seed": 1, "quick": False, "baseline": "numpy_rows", "launches": 5, "rounds": 10, "threads": [1]},
        **{"problems": {"nielsen": find_problem("nielsen").to_json()}, "unusable": []},
        **{"variants": variants_in(cells), "cells": list(cells)},
        **{"data": {"name": "MNIST", "origin": "a test", "sha256": "00", "n_train": 60_000, "n_test": 10_000}},
        **{
            "eta_seconds": 10.0,
            "memory_seconds": 0.0,
            "minimum_detectable_difference": None,
            "time_limit_s": 120.0,
            "memory_limit_bytes": 2**32,
        },
        **changes,
    }


def made_up_run(folder, times, *, cells=None, cold=True, finished=True, samples=None, **tables):
    """Return a run whose samples take the times given.

    `times` maps (variant, batch size) to launches of rounds of seconds per step; None is a sample that
    was not taken. Every cell has passed unless `outcomes` says otherwise.
    """
    shapes = [(len(launches), max(map(len, launches))) for launches in times.values()] or [(5, 10)]
    n_launches, n_rounds = max(shape[0] for shape in shapes), max(shape[1] for shape in shapes)
    cells = [cell(*key) for key in times] if cells is None else cells
    names = list(dict.fromkeys(entry["variant"] for entry in cells))
    if samples is None:
        samples = [
            sample(*key, launch, round_, seconds)
            for key, launches in times.items()
            for launch, rounds in enumerate(launches)
            for round_, seconds in itertools.chain(
                [(-1, 3 * rounds[0] if cold and rounds and rounds[0] else None)], enumerate(rounds)
            )
            if seconds is not None
        ]
    tables.setdefault("outcomes", [outcome(name) for name in names])
    tables.setdefault("launches", [launch_row(name, launch) for name in names for launch in range(n_launches)])
    tables.setdefault("rounds", [])
    tables.setdefault("accuracy", [])
    tables.setdefault("memory", [memory_row(*key) for key in times])
    tables.setdefault("limits", [])
    tables.setdefault("evaluations", [])
    tables.setdefault("stages", [])
    tables.setdefault("hosts", [])
    problems = list(dict.fromkeys(entry["problem"] for entry in cells)) or ["nielsen"]
    plan = stored_plan(
        quick=n_launches == 1,
        launches=n_launches,
        rounds=n_rounds,
        problems={name: find_problem(name).to_json() for name in problems},
        cells=cells,
    )
    ending = Finished(finished=True, elapsed_s=10.0) if finished else None
    read = {table: frame(table, rows) for table, rows in {"samples": samples, **tables}.items()}
    return Run(
        folder=folder,
        plan=msgspec.convert(plan, Plan, dec_hook=decode),
        environment=msgspec.convert(ENVIRONMENT, Environment),
        finished=ending,
        **read,
    )


def with_plan(run, /, **changes):
    """Return the run with these keys of its plan changed, given as they are stored."""
    return replace(run, plan=msgspec.convert({**msgspec.to_builtins(run.plan), **changes}, Plan, dec_hook=decode))


def with_environment(run, /, **parts):
    """Return the run with these parts of its environment, given as they are stored; None where one is missing."""
    stored = {**msgspec.to_builtins(run.environment), **parts}
    known = {name: part for name, part in stored.items() if part is not None}
    return replace(run, environment=msgspec.convert(known, Environment))


def with_unchecked_plan(run, /, **values):
    """Return the run with values in its plan that no file could hold: what shows them must stand them too."""
    plan = copy.copy(run.plan)
    for name, value in values.items():
        msgspec.structs.force_setattr(plan, name, value)
    return replace(run, plan=plan)


def change_plan(run, /, **changes):
    """Change the plan of the run in place."""
    object.__setattr__(run, "plan", with_plan(run, **changes).plan)


def row_of(summary, name, size=10):
    """Return the one row of a summary for a cell."""
    found = summary[(summary["variant"] == name) & (summary["size"] == size)]
    assert len(found) == 1
    return found.iloc[0]
