"""How the wall time of a run grows with cells, launches and threads, and the straight line through it.

    python benchmarks/growth.py                 10, 40 and 160 cells; 5 and 10 launches; 1 and 2 threads
    python benchmarks/growth.py cells           one of the three

Each run is a real `paragone bench`, with caches and results of its own in a temporary folder. It verifies all anew.
Variants of NumPy alone take part, of which one cell costs about what another does. The table is that of docs/method.md.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

FIVE_VARIANTS = ("-i", "numpy_rows", "-i", "numpy_columns", "--dtype", "float32")
TEN_VARIANTS = (*FIVE_VARIANTS, "--dtype", "float64")
EIGHT_SIZES = "1,2,5,10,20,50,100,200"
SIXTEEN_SIZES = "1,2,3,5,7,10,14,20,28,40,50,70,100,140,200,280"
SHORT = ("--rounds", "5", "--no-memory", "--no-curves")
# What grows, and the options of its runs.
RUNS: dict[str, dict[int, tuple[str, ...]]] = {
    "cells": {
        10: (*FIVE_VARIANTS, "-b", "10,100", "--quick"),
        40: (*FIVE_VARIANTS, "-b", EIGHT_SIZES, "--quick"),
        160: (*TEN_VARIANTS, "-b", SIXTEEN_SIZES, "--quick"),
    },
    "launches": {n: (*FIVE_VARIANTS, "-b", "10,100", *SHORT, "--launches", str(n)) for n in (5, 10, 20)},
    "threads": {
        1: (*FIVE_VARIANTS, "-b", "10,100", "--quick", "-t", "1"),
        2: (*FIVE_VARIANTS, "-b", "10,100", "--quick", "-t", "1,2"),
    },
}
STAGES = ("verification", "loading", "first calls", "rounds")


class Measured(NamedTuple):
    """A run: its wall time in s, that of some stages, and the number of its cells."""

    wall_s: float
    stages: dict[str, float]
    n_cells: int


def measure(options: tuple[str, ...]) -> Measured:
    with tempfile.TemporaryDirectory() as folder:
        own = {"PARAGONE_CACHE": f"{folder}/cache", "PARAGONE_RESULTS": f"{folder}/results"}
        command = [sys.executable, "-m", "paragone", "bench", "--verify-again", *options]
        begin = time.perf_counter()
        subprocess.run(command, env={**os.environ, **own}, check=True, capture_output=True)
        wall_s = time.perf_counter() - begin
        (run,) = (path for path in Path(folder, "results").iterdir() if path.is_dir())
        stages: dict[str, float] = {}
        for line in (run / "stages.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            stages[row["stage"]] = stages.get(row["stage"], 0.0) + row["elapsed_s"]
        return Measured(wall_s, stages, len(json.loads((run / "plan.json").read_text(encoding="utf-8"))["cells"]))


def line_through(numbers: list[int], seconds: list[float]) -> str:
    """ "8.1 s + 0.92 s × cells", by least squares of the relative distances."""
    weights = 1 / np.array(seconds)
    slope, start = np.polyfit(numbers, seconds, 1, w=weights)
    return f"{start:.1f} s + {slope:.2f} s × "


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("grows", nargs="*", metavar="WHAT", default=list(RUNS), help=", ".join(RUNS))
    for what in parser.parse_args().grows:
        if what not in RUNS:
            parser.error(f"{what}: expected one of {', '.join(RUNS)}")
        print(f"| {what} | cells | wall time | {' | '.join(STAGES)} |\n|{' ---: |' * (3 + len(STAGES))}")
        numbers, seconds = [], []
        for number, options in RUNS[what].items():
            found = measure(options)
            numbers.append(found.n_cells if what == "cells" else number)
            seconds.append(found.wall_s)
            stages = " | ".join(f"{found.stages.get(name, 0.0):.1f} s" for name in STAGES)
            print(f"| {number} | {found.n_cells} | {found.wall_s:.1f} s | {stages} |", flush=True)
        print(f"{line_through(numbers, seconds)}{what}\n", flush=True)


if __name__ == "__main__":
    main()
