"""The data behind the page of a cell: its launches and samples, its checks, its workers, the commands to repeat it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pandas as pd

from paragone.analyse.ratios import UNIT
from paragone.analyse.shown_errors import shown_errors
from paragone.analyse.statuses import CELL, STATUSES_WITH_TIMES, rejections
from paragone.analyse.summary import baselines_of, launches_in_point_estimates
from paragone.report.page.launch_samples import LAUNCH_COLUMNS, launch_samples, number, significant
from paragone.report.text import formatting
from paragone.report.text.repro import bench_command, verify_command
from paragone.report.text.rows import each_row

if TYPE_CHECKING:
    from paragone.analyse.results import Results
    from paragone.store.reader import Run

TIMES = ("start_seconds", "load_seconds", "setup_seconds", "verify_seconds", "warmup_seconds")


def cell_details(results: Results) -> list[dict[str, Any]]:
    """Return a dict for each row of the summary, in its order:

    launches    in the order of the run, each a list of the values of LAUNCH_COLUMNS
    baseline    the row of the cell that it is compared with, or None
    checks      the outcomes of verification: [stage, launches, status, error, bound, steps, reason]
    shown_errors    case → error, of the cases that are shown and not judged; None where a result was not finite
    workers     the processes of the contender, kept in its first row only; `workers_in` is that row
    versions    of Python and its packages, kept where the workers are
    bench, verify   the commands that repeat this cell alone
    """
    run, frame = results.run, results.summary
    rows = list(each_row(frame))
    place_of = {tuple(getattr(row, key) for key in CELL): place for place, row in enumerate(rows)}
    baselines = baselines_of(frame, run)
    launches, checks, workers = _all_launches(results), _all_checks(run), _all_workers(run)
    errors = _all_shown_errors(run)
    first_place: dict[tuple[Any, ...], int] = {}  # of a contender
    details = []
    for place, row in enumerate(rows):
        cell = (row.problem, row.variant, row.size, row.threads)
        contender = (row.problem, row.variant, row.threads)
        workers_in = first_place.setdefault(contender, place)
        details.append(
            {
                "launches": launches.get(cell, []) if row.status in STATUSES_WITH_TIMES else [],
                "baseline": place_of.get((row.problem, baselines.get(row.variant), row.size, row.threads)),
                "checks": _checks_of(cell, checks),
                "shown_errors": errors.get(cell, {}),
                "workers_in": workers_in,
                "workers": workers.get(contender, []) if workers_in == place else [],
                "versions": _versions(run) if workers_in == place else "",
                "bench": bench_command(run.plan, row),
                "verify": verify_command(run.plan, row),
            }
        )
    return details


def _all_launches(results: Results) -> dict[tuple[Any, ...], list[list[Any]]]:
    """Return the launches of each cell in the order of the run, each a list of the values of LAUNCH_COLUMNS."""
    run, medians = results.run, _medians(results)
    rejected = {tuple(row[:-1]): row[-1] for row in _values(rejections(run), [*CELL, "launch", "attempt", "reason"])}
    found: dict[tuple[Any, ...], list[list[Any]]] = defaultdict(list)
    for key, about in launch_samples(run).items():
        cell, unit = key[:4], dict(zip(UNIT, key[4:], strict=True))
        reason = rejected.get((*cell, unit["launch"], unit["attempt"]))
        entry = {**unit, **about, **medians.get(key, {}), "rejected": reason}
        found[cell].append([entry.get(column) for column in LAUNCH_COLUMNS])
    return found


def _medians(results: Results) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Return by cell and launch the medians that the summary is made of: of samples, and of ratios."""
    columns = ["step_seconds", "spread", "n_samples", "enters"]
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    keys = [*CELL, *UNIT]
    for *key, step_seconds, spread, n_samples, enters in _values(results.launches, [*keys, *columns]):
        about = {
            "step_seconds": significant(step_seconds, 7),
            "spread": significant(spread),
            "n_samples": int(n_samples),
        }
        found[tuple(key)] = {**about, "enters": int(enters)}
    ratios = launches_in_point_estimates(results.baseline_ratios)
    for *key, log, n_pairs in _values(ratios, [*keys, "log", "n_pairs"]):
        found[tuple(key)] |= {"ratio": significant(math.exp(log), 7), "n_pairs": int(n_pairs)}
    return found


def _all_checks(run: Run) -> dict[tuple[Any, Any], list[dict[str, Any]]]:
    found: dict[tuple[Any, Any], list[dict[str, Any]]] = defaultdict(list)
    outcome: Any
    for outcome in run.outcomes.to_dict("records"):
        found[outcome["problem"], outcome["variant"]].append(outcome)
    return found


def _all_shown_errors(run: Run) -> dict[tuple[Any, ...], dict[str, float | None]]:
    found: dict[tuple[Any, ...], dict[str, float | None]] = defaultdict(dict)
    for *cell, case, error in _values(shown_errors(run), [*CELL, "case", "error"]):
        found[tuple(cell)][case] = significant(error)
    return found


def _checks_of(cell: tuple[Any, ...], checks: Mapping[tuple[Any, Any], list[dict[str, Any]]]) -> list[list[Any]]:
    """Return the checks of a cell in order. Equal outcomes of several launches share a line."""
    problem, variant, size, threads = cell
    lines: dict[tuple[Any, ...], list[int]] = {}
    for outcome in checks.get((problem, variant), ()):
        scope = ((outcome["size"], size), (outcome["threads"], threads))
        if all(pd.isna(value) or value == own for value, own in scope):  # an outcome without a value applies to all
            numbers = (significant(outcome["error"]), significant(outcome["bound"]), _count(outcome["n_steps"]))
            reason = " ".join(
                str(outcome[key]) for key in ("reason", "note") if not pd.isna(outcome[key]) and outcome[key]
            )
            launches = lines.setdefault((outcome["stage"], outcome["status"], *numbers, reason), [])
            launches += [] if pd.isna(outcome["launch"]) else [int(outcome["launch"])]
    return [[stage, launches, *others] for (stage, *others), launches in lines.items()]


def _all_workers(run: Run) -> dict[tuple[Any, ...], list[dict[str, Any]]]:
    """Return the processes of each contender: costs, CPUs, threads found, build info, status.

    `found` and `build_info` are left out where they equal those of the process before.
    """
    found: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in run.launches.to_dict("records"):
        worker: dict[str, Any] = {key: _count(row[key]) for key in UNIT}
        worker |= {key: significant(row[key], 4) for key in (*TIMES, "waiting_cpu_seconds", "cpu_over_wall")}
        worker |= {
            "cpus": _int_list(row["cpus"]),
            "memory_mb": significant(number(row["loaded_memory_bytes"]) / 1e6, 4),
        }
        worker |= {"found": _threads(row["threads_found"]), "build_info": _text_pairs(row["build_info"])}
        worker |= {"status": str(row["status"]), "reason": str(row["reason"] or "")}
        found[row["problem"], row["variant"], row["threads"]].append(worker)
    for workers in found.values():
        for before, worker in reversed(list(pairwise(workers))):
            for key in ("found", "build_info"):
                if worker[key] == before[key]:
                    del worker[key]
    return found


def _threads(found: Any) -> list[str]:
    """Return a line for each thread pool that a worker found in its process."""
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
    python, packages = about.python.version, about.packages or {}
    return ", ".join([*([f"Python {python}"] if python else []), *(f"{name} {at}" for name, at in packages.items())])


def _text_pairs(table: Any) -> list[list[str]]:
    return [[str(name), str(words)] for name, words in table.items()] if isinstance(table, Mapping) else []


def _int_list(values: Any) -> list[int]:
    return [int(value) for value in values] if isinstance(values, Iterable) else []


def _values(table: pd.DataFrame, columns: list[str]) -> Iterator[tuple[Any, ...]]:
    yield from table[columns].itertuples(index=False, name=None)


def _count(value: Any) -> int | None:
    return None if value is None or pd.isna(value) else int(value)
