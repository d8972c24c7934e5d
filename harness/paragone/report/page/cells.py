"""What the page of a cell shows beyond its row of the summary: how every number of it was made."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from paragone.analyse.statuses import CELL, STATUSES_WITH_TIMES, rejections
from paragone.analyse.summary import (
    UNIT,
    baselines_of,
    launch_ratios,
    launches_in_point_estimates,
)
from paragone.report.text import formatting
from paragone.report.text.repro import bench_command, verify_command

if TYPE_CHECKING:
    from paragone.analyse.results import Results
    from paragone.store.reader import Run

# A launch of a cell, as the page unpacks it (LAUNCH in cell.js).
LAUNCH = (
    *("wave", "launch", "attempt", "n_steps"),  # the steps of every sample
    *("cold_ns", "warmup_ns"),  # lists of what these samples took
    *(
        "elapsed_ns",
        "round",
        "position",
        "at_s",
    ),  # lists, of the timed samples; at_s: whole seconds since the run began
    "cpu_over_wall",  # of the timed samples
    *("step_seconds", "spread", "n_samples"),  # the median, its robust spread, of how many samples that count
    "enters",  # 1 where it has rounds enough for the intervals
    *("ratio", "n_pairs"),  # the median ratio to the baseline, of how many rounds with both, where it counts
    "rejected",  # why its samples do not count, where they do not
)
TIMES = ("start_seconds", "load_seconds", "setup_seconds", "verify_seconds", "warmup_seconds")


def cell_details(results: Results) -> list[dict[str, Any]]:
    """Return what the page of each cell shows, one entry per row of the summary, in its order:

    launches    the samples of each launch in the order of the run, and its medians: lists with the values of LAUNCH
    baseline    the row of the cell that it is compared with, None where there is none
    checks      what verification said, at each stage: [stage, launches, status, error, bound, steps, reason]
    workers     the processes of the variant; they stand in the first row of a variant, `workers_in` names it
    bench, verify   the commands that repeat just this cell
    """
    run, frame = results.run, results.summary
    rows = list(formatting.rows(frame))
    places = {tuple(getattr(row, key) for key in CELL): place for place, row in enumerate(rows)}
    others = baselines_of(frame, run)
    launches, checks, workers = _all_launches(results), _all_checks(run), _all_workers(run)
    first: dict[tuple[Any, ...], int] = {}
    details = []
    for place, row in enumerate(rows):
        cell = (row.problem, row.variant, row.batch_size, row.threads)
        contender = (row.problem, row.variant, row.threads)
        holder = first.setdefault(contender, place)
        details.append(
            {
                "launches": launches.get(cell, []) if row.status in STATUSES_WITH_TIMES else [],
                "baseline": places.get((row.problem, others.get(row.variant), row.batch_size, row.threads)),
                "checks": _checks_of(cell, checks),
                "workers_in": holder,
                "workers": workers.get(contender, []) if holder == place else [],
                "versions": _versions(run) if holder == place else "",
                "bench": bench_command(run.plan, row),
                "verify": verify_command(run.plan, row),
            }
        )
    return details


def _all_launches(results: Results) -> dict[tuple[Any, ...], list[list[Any]]]:
    """Return by cell its launches in the order of the run, each the values of LAUNCH."""
    run, medians = results.run, _medians(results)
    rejected = {tuple(row[:-1]): row[-1] for row in _values(rejections(run), [*CELL, "launch", "attempt", "reason"])}
    found: dict[tuple[Any, ...], list[list[Any]]] = defaultdict(list)
    ordered = run.samples.sort_values(["started_s", "round"], kind="stable")
    key: Any  # the stubs know no tuple
    for key, samples in ordered.groupby([*CELL, *UNIT], sort=False):
        cell, unit = key[:4], dict(zip(UNIT, map(int, key[4:]), strict=True))
        reason = rejected.get((*cell, unit["launch"], unit["attempt"]))
        entry = {**unit, **_samples(samples), **medians.get(key, {}), "rejected": reason}
        found[cell].append([entry.get(column) for column in LAUNCH])
    return found


def _samples(samples: pd.DataFrame) -> dict[str, Any]:
    timed = samples[samples["kind"] == "timed"]
    wall = int(timed["elapsed_ns"].sum())
    return {
        "n_steps": int(samples["n_steps"].iloc[-1]),
        **{f"{kind}_ns": _whole(samples.loc[samples["kind"] == kind, "elapsed_ns"]) for kind in ("cold", "warmup")},
        **{column: _whole(timed[column]) for column in ("elapsed_ns", "round", "position")},
        "at_s": _whole(timed["started_s"]),
        "cpu_over_wall": _short(float(timed["cpu_ns"].fillna(0).sum()) / wall) if wall else None,
    }


def _medians(results: Results) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Return by cell and launch what the summary is made of: medians of samples, medians of ratios."""
    columns = ["step_seconds", "spread", "n_samples", "enters"]
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    keys = [*CELL, *UNIT]
    for *key, step_seconds, spread, n_samples, enters in _values(results.launches, [*keys, *columns]):
        about = {"step_seconds": _short(step_seconds, 7), "spread": _short(spread), "n_samples": int(n_samples)}
        found[tuple(key)] = {**about, "enters": int(enters)}
    ratios = launches_in_point_estimates(
        launch_ratios(results.samples, results.cells, baselines_of(results.cells, results.run))
    )
    for *key, log, n_pairs in _values(ratios, [*keys, "log", "n_pairs"]):
        found[tuple(key)] |= {"ratio": _short(math.exp(log), 7), "n_pairs": int(n_pairs)}
    return found


def _all_checks(run: Run) -> dict[tuple[Any, Any], list[dict[str, Any]]]:
    """Return by problem and variant the outcomes that speak of it."""
    found: dict[tuple[Any, Any], list[dict[str, Any]]] = defaultdict(list)
    outcome: Any
    for outcome in run.outcomes.to_dict("records"):
        found[outcome["problem"], outcome["variant"]].append(outcome)
    return found


def _checks_of(cell: tuple[Any, ...], checks: Mapping[tuple[Any, Any], list[dict[str, Any]]]) -> list[list[Any]]:
    """Return the checks of a cell in order; those that say the same of several launches share a line."""
    problem, variant, batch_size, threads = cell
    lines: dict[tuple[Any, ...], list[int]] = {}
    for outcome in checks.get((problem, variant), ()):
        said = ((outcome["batch_size"], batch_size), (outcome["threads"], threads))
        if all(pd.isna(of) or of == own for of, own in said):  # without one it speaks of all
            numbers = (_short(outcome["error"]), _short(outcome["bound"]), _count(outcome["n_steps"]))
            words = " ".join(
                str(outcome[key]) for key in ("reason", "note") if not pd.isna(outcome[key]) and outcome[key]
            )
            launches = lines.setdefault((outcome["stage"], outcome["status"], *numbers, words), [])
            launches += [] if pd.isna(outcome["launch"]) else [int(outcome["launch"])]
    return [[stage, launches, *others] for (stage, *others), launches in lines.items()]


def _all_workers(run: Run) -> dict[tuple[Any, ...], list[dict[str, Any]]]:
    """Return by contender its processes: when each was launched, what it cost, where it ran, what it found.

    `found` and `receipt` are left out where they are those of the process before.
    """
    found: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in run.launches.to_dict("records"):
        worker: dict[str, Any] = {key: _count(row[key]) for key in UNIT}
        worker |= {key: _short(row[key], 4) for key in (*TIMES, "waiting_cpu_seconds", "cpu_over_wall")}
        worker |= {"cpus": _listed(row["cpus"]), "memory_mb": _short(_number(row["loaded_memory_bytes"]) / 1e6, 4)}
        worker |= {"found": _threads(row["threads_found"]), "receipt": _pairs(row["build_info"])}
        worker |= {"status": str(row["status"]), "reason": str(row["reason"] or "")}
        found[row["problem"], row["variant"], row["threads"]].append(worker)
    for workers in found.values():
        for before, worker in reversed(list(pairwise(workers))):
            for key in ("found", "receipt"):
                if worker[key] == before[key]:
                    del worker[key]
    return found


def _threads(found: Any) -> list[str]:
    """Return a line for each pool of threads that a worker found in itself."""
    if not isinstance(found, Mapping):
        return []
    lines = []
    for pool in found.get("pools") or ():
        about = (pool.get(key) for key in ("library", "version", "architecture", "threading_layer", "file"))
        threads = formatting.plural(pool.get("num_threads", 0), "thread")
        lines.append(f"{' · '.join(str(word) for word in about if word)}: {threads}")
    if found.get("os_threads"):
        lines.append(f"of the operating system: {formatting.plural(found['os_threads'], 'thread')}")
    return lines


def _versions(run: Run) -> str:
    about = run.environment
    packages = about.get("packages") or {}
    python = (about.get("python") or {}).get("version")
    return ", ".join([*([f"Python {python}"] if python else []), *(f"{name} {at}" for name, at in packages.items())])


def _pairs(table: Any) -> list[list[str]]:
    return [[str(name), str(words)] for name, words in table.items()] if isinstance(table, Mapping) else []


def _listed(values: Any) -> list[int]:
    return [int(value) for value in values] if isinstance(values, Iterable) else []


def _values(table: pd.DataFrame, columns: list[str]) -> Iterator[tuple[Any, ...]]:
    yield from table[columns].itertuples(index=False, name=None)


def _whole(values: pd.Series[Any]) -> list[int]:
    return [int(value) for value in np.rint(values.fillna(0).astype(float))]


def _number(value: Any) -> float:
    return math.nan if value is None or pd.isna(value) else float(value)


def _count(value: Any) -> int | None:
    return None if value is None or pd.isna(value) else int(value)


def _short(value: Any, digits: int = 6) -> float | None:
    """Return a number with that many significant digits, None where there is none."""
    number = _number(value)
    return float(f"{number:.{digits}g}") if math.isfinite(number) else None
