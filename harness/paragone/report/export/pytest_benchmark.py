"""A run in the JSON form of pytest-benchmark 5, for `pytest-benchmark compare` and the services that read it.

One benchmark for each cell that passed, one value for each timed sample: the seconds of one step. Samples of two runs
have different numbers of steps, so only the time of a step can be compared.
"""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING, Any

import pandas as pd

from paragone.analyse.statuses import CELL
from paragone.report.export.cells import cell_id, passed_cells

if TYPE_CHECKING:
    from paragone.analyse.results import Results
    from paragone.machine.environment_record import Environment
    from paragone.store.reader import Run

UNIT = "seconds per step: {one_step}"
ABOUT = ("implementation", "language", "layout", "order", "dtype")


def pytest_benchmark_json(results: Results) -> dict[str, Any]:
    """Return the run as data for `json.dump`, without the A/A control and the cells that did not pass.

    Benchmarks that may be compared form a group: same problem, dtype, size and threads. Their statistics are
    pytest-benchmark's own, over all samples of all launches. It has no place for medians over launches and their
    intervals; these are in `extra_info`.
    """
    run, passed = results.run, passed_cells(results)
    samples = results.samples.sort_values(["launch", "attempt", "wave", "round"], kind="stable")
    values = {key: (cell["step_seconds"].tolist(), int(cell["n_steps"].max())) for key, cell in samples.groupby(CELL)}
    return {
        "machine_info": machine_info(run.environment),
        "commit_info": commit_info(run.environment),
        "benchmarks": [
            _benchmark(dict(zip(passed.columns, row, strict=True)), values, run)
            for row in passed.itertuples(index=False, name=None)
        ],
        "datetime": run.plan.created,
        "version": importlib.metadata.version("pytest-benchmark"),
    }


def _benchmark(row: dict[str, Any], values: dict[Any, tuple[list[float], int]], run: Run) -> dict[str, Any]:
    """Return the benchmark of a cell; `values` has the seconds per step of each sample and the largest n_steps."""
    params, spoken = {column: row[column] for column in CELL}, run.plan.words_of(row["problem"])
    seconds, n_steps = values[tuple(params.values())]
    name = cell_id(row["variant"], row["problem"], row["size"], row["threads"], spoken.symbol)
    test = f"test_{spoken.step.replace(' ', '_')}"
    measured = ("work_per_second", "work_per_second_low", "work_per_second_high", "ratio_to_baseline")
    extra = {column: row[column] for column in (*ABOUT, "n_launches", "verdict")}
    return {
        "group": f"{row['problem']} {row['dtype']} {spoken.symbol}={row['size']} threads={row['threads']}",
        "name": f"{test}[{name}]",
        "fullname": f"benchmarks/{test}.py::{test}[{name}]",
        "params": params,
        "param": name,
        "extra_info": {
            "unit": UNIT.format(one_step=spoken.one_step),
            "run": run.plan.run,
            "method_version": run.plan.method_version,
            **extra,
            # JSON has no NaN: where there is no interval there is no entry.
            **{column: row[column] for column in (*measured, "ratio_low", "ratio_high") if not pd.isna(row[column])},
        },
        "options": {
            "disable_gc": False,
            "timer": "perf_counter_ns",
            "min_rounds": run.plan.rounds,
            "max_time": 0.0,
            "min_time": 0.0,
            "warmup": True,
        },
        "stats": {**statistics(seconds), "data": seconds, "iterations": n_steps},
    }


def statistics(seconds: list[float]) -> dict[str, Any]:
    # Imported here because it imports pytest, which nothing else in the harness needs.
    import pytest_benchmark.stats

    stats: Any = pytest_benchmark.stats
    collected = stats.Stats()
    for value in seconds:
        collected.update(value)
    return dict(collected.as_dict())


def machine_info(environment: Environment) -> dict[str, Any]:
    """The machine under the keys of pytest-benchmark; unknown values are empty."""
    machine, python = environment.machine, environment.python
    return {
        "node": machine.id or "",
        "processor": machine.architecture or "",
        "machine": machine.architecture or "",
        "python_implementation": python.implementation or "",
        "python_implementation_version": python.version or "",
        "python_version": python.version or "",
        "python_compiler": python.compiler or "",
        "python_build": [],
        "release": environment.os.release or "",
        "system": environment.os.system or "",
        "cpu": {
            "brand_raw": machine.cpu or "",
            "arch": machine.architecture or "",
            "count": machine.logical_cpus,
            "flags": list(machine.vector_flags),
        },
    }


def commit_info(environment: Environment) -> dict[str, Any]:
    """The revision under the keys of pytest-benchmark; `id` is "unknown" outside a checkout."""
    revision = environment.revision
    return {
        "id": revision.commit or "unknown",
        "time": None,
        "author_time": None,
        "dirty": bool(revision.dirty),
        "project": "paragone",
        "branch": "unknown",
    }
