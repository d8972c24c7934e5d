"""What the report of a large run costs: its time, its memory, and the size of its page.

    python benchmarks/large_report.py RUN
    python benchmarks/large_report.py RUN --cells 65 --samples 18500 --samples 1000000

RUN is the folder of a finished run of any size. It is copied and made larger: its cells by further sizes, its samples
by further rounds, whose times are those of the run, each 1 % apart by chance. What a report reads is then as large as
in a run of that size; what it says means nothing. Each copy is written to a temporary folder, of 0.5 GB for 10⁶
samples, and reported twice by `paragone report`: without figures in the folder, and again.

The seconds are those of the CPUs, user and system, of the command and of the processes that it starts; in brackets,
those of a clock.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

KEPT = ("environment.json", "finished.json", "sources.json", "launches.jsonl", "accuracy.jsonl")
SCATTER = 0.01
GIVEN_SIZE = ("samples", "outcomes", "memory", "limits", "evaluations")  # tables with a column of sizes

Row = dict[str, Any]


class Cost(NamedTuple):
    """Of one report: seconds of the CPUs and of a clock, and the peak of resident memory in 10⁹ bytes."""

    cpu_seconds: float
    seconds: float
    gigabytes: float

    def __str__(self) -> str:
        return f"{self.cpu_seconds:5.1f} s ({self.seconds:5.1f} s), {self.gigabytes:.2f} GB"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, metavar="RUN")
    parser.add_argument("--cells", type=int, default=65)
    parser.add_argument("--samples", type=int, action="append", help="else 18500, 185000 and 1000000")
    arguments = parser.parse_args()
    for n_samples in arguments.samples or (18_500, 185_000, 1_000_000):
        with tempfile.TemporaryDirectory(prefix="large-report-") as folder:
            run = Path(folder) / arguments.run.name
            cells, samples = enlarge(arguments.run, run, arguments.cells, n_samples)
            first, again = cost(run), cost(run)
            page = (run / "report.html").stat().st_size / 1e6
            print(f"{samples:>9,} samples, {cells} cells: {first}; again {again}; page {page:.1f} MB", flush=True)


def enlarge(run: Path, into: Path, n_cells: int, n_samples: int) -> tuple[int, int]:
    """Write a larger copy of the run; return how many cells and timed samples it has."""
    into.mkdir()
    for name in KEPT:
        if (run / name).exists():
            shutil.copy(run / name, into / name)
    plan = json.loads((run / "plan.json").read_text())
    factors = [2**doubling for doubling in range(max(1, round(n_cells / len(plan["cells"]))))]
    tables = {table: [row for factor in factors for row in scaled(run, table, factor)] for table in GIVEN_SIZE}
    timed = sum(row["kind"] == "timed" for row in tables["samples"])
    repeats = max(1, round(n_samples / timed))
    cells = [cell_of(cell, factor) for factor in factors for cell in plan["cells"]]
    write(into / "plan.json", [{**plan, "cells": cells, "rounds": plan["rounds"] * repeats}])
    write(into / "samples.jsonl", repeated(tables.pop("samples"), plan["rounds"], repeats))
    for table, rows in tables.items():
        write(into / f"{table}.jsonl", rows)
    write(into / "rounds.jsonl", more_rounds(read(run / "rounds.jsonl"), plan["rounds"], repeats))
    return len(cells), timed * repeats


def scaled(run: Path, table: str, factor: int) -> list[Row]:
    """The rows of a table at sizes larger by that factor; rows about all sizes only once."""
    rows = read(run / f"{table}.jsonl")
    if factor == 1:
        return rows
    return [
        {**row, "size": row["size"] * factor, **times_of(row, factor)} for row in rows if row.get("size") is not None
    ]


def times_of(row: Row, factor: int) -> Row:
    return {name: row[name] * factor for name in ("elapsed_ns", "cpu_ns") if row.get(name)}


def cell_of(cell: Row, factor: int) -> Row:
    return {**cell, "size": cell["size"] * factor, "step_seconds": cell["step_seconds"] * factor}


def repeated(samples: list[Row], n_rounds: int, repeats: int) -> Iterator[Row]:
    """Yield the samples launch by launch; the timed ones again and again, with times and rounds of their own."""
    chance = random.Random(1)
    launches: dict[tuple[int, ...], list[Row]] = defaultdict(list)
    for row in samples:
        launches[row["wave"], row["launch"], row["attempt"]].append(row)
    for rows in launches.values():
        timed = [row for row in rows if row["kind"] == "timed"]
        seconds = max(row["started_s"] for row in rows) - min(row["started_s"] for row in rows)
        yield from (row for row in rows if row["kind"] != "timed")
        for repeat in range(repeats):
            for row in timed:
                yield {
                    **row,
                    "elapsed_ns": round(row["elapsed_ns"] * chance.lognormvariate(0, SCATTER)),
                    "round": row["round"] + repeat * n_rounds,
                    "started_s": row["started_s"] + repeat * seconds,
                    "digest": f"{chance.getrandbits(128):032x}",
                }


def more_rounds(rounds: list[Row], n_rounds: int, repeats: int) -> Iterator[Row]:
    yield from ({**row, "round": row["round"] + repeat * n_rounds} for row in rounds for repeat in range(repeats))


def read(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def write(path: Path, rows: Any) -> None:
    with path.open("w") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def cost(run: Path) -> Cost:
    """Report the run. Linux counts the processes that the command starts and waits for with it."""
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "paragone", "report", str(run)], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"paragone report ended with {process.returncode}")
    return Cost(used.ru_utime + used.ru_stime, time.perf_counter() - began, used.ru_maxrss * 1024 / 1e9)


if __name__ == "__main__":
    main()
