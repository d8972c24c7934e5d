"""How long a user waits for each command, beside the goal.

    python benchmarks/commands.py                 every row but the long ones
    python benchmarks/commands.py list quick      some of them; --help names all

Each row runs the real command with caches and results of its own in a temporary folder. "first" begins with an empty
cache each time; all others run once untimed before. Python keeps its bytecode. MNIST is taken from PARAGONE_DATA where
that is set. Nothing is asserted: the goals hold on two quiet cores, and the load of the machine stands beside each row.
"cpu" is the median of the CPU seconds of the command and all that it waited for: a busy machine changes it less.

Two rows of the same table have scripts of their own: large_report.py and verdict_on_a_pair.py.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from many_plugins import write_many

from paragone.implementation.new_files import write_new_folder
from paragone.implementation.template import filled_in

STEP = "my_step"
ONE_CELL = ("-p", "nielsen", "-i", STEP, "-b", "10", "--dtype", "float32")


class Place:
    """A folder with a cache, results, a plugin that is being written, and many plugins beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.step, self.edits = folder, folder / STEP, 0
        write_new_folder(self.step, filled_in(STEP, "python"))

    @property
    def environment(self) -> dict[str, str]:
        own = {"PARAGONE_CACHE": "cache", "PARAGONE_RESULTS": "results", "PARAGONE_PLUGINS": "many"}
        found = {name: str(self.folder / inner) for name, inner in own.items()}
        if not (self.folder / "many").is_dir():
            found["PARAGONE_PLUGINS"] = str(self.step)
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return {**kept, **found}

    def forget(self) -> None:
        """Empty the cache."""
        shutil.rmtree(self.folder / "cache", ignore_errors=True)

    def edit(self) -> None:
        """Change the plugin as an author does, though not what it computes."""
        self.edits += 1
        with (self.step / "maths.py").open("a", encoding="utf-8") as file:
            file.write(f"# edit {self.edits}\n")

    def share_in_samples(self, seconds: float) -> str:
        """How much of the last run's wall time lay inside timed samples; "" where there is none."""
        runs = sorted((self.folder / "results").glob("*/samples.jsonl"))
        if not runs:
            return ""
        rows = map(json.loads, runs[-1].read_text(encoding="utf-8").splitlines())
        return f"{sum(row['elapsed_ns'] for row in rows) / 1e9 / seconds:.0%} inside timed samples"


def leave(place: Place) -> None:
    """Change nothing before the next repetition."""


def fill(place: Place) -> None:
    """Write the many plugins, once."""
    if not (place.folder / "many").is_dir():
        write_many(place.folder / "many")


class Row(NamedTuple):
    """A command, its goal in seconds, and what happens before each repetition."""

    arguments: tuple[str, ...]
    goal_s: float
    before: Callable[[Place], None] = leave
    repetitions: int = 5
    is_long: bool = False  # left out unless it is named


# The goals of --help, list and doctor are what they took before there were plugins.
ROWS: Mapping[str, Row] = {
    "help": Row(("--help",), 0.2, fill),
    "list": Row(("list",), 0.4, fill),
    "doctor": Row(("doctor",), 1.3, fill),
    "bench-verified": Row(("bench", *ONE_CELL, "--quick"), 5),
    "bench-edited": Row(("bench", *ONE_CELL, "--quick"), 8, Place.edit),
    "contract": Row(("verify", STEP, "--contract"), 4, Place.edit),
    "contract-all": Row(("verify", STEP, "--contract", "--all"), 15, Place.edit),
    "quick-first": Row(("bench", "--quick"), 40, Place.forget, 2),
    "quick-again": Row(("bench", "--quick"), 20, leave, 2),
    "bench": Row(("bench",), 480, leave, 1, is_long=True),
}


def main() -> None:
    """Run the rows that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(ROWS))
    parser.add_argument("-n", type=int, help="repetitions of each row, else its own number")
    arguments = parser.parse_args()
    if unknown := set(arguments.rows) - set(ROWS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}. There are: {', '.join(ROWS)}")
    print(f"{'row':<15} {'median':>8} {'least':>8} {'most':>8} {'goal':>7} {'cpu':>7}   load")
    for name in arguments.rows or [name for name, row in ROWS.items() if not row.is_long]:
        with tempfile.TemporaryDirectory(prefix="paragone-commands-") as folder:
            measure(name, ROWS[name], Place(Path(folder)), arguments.n or ROWS[name].repetitions)


def measure(name: str, row: Row, place: Place, repetitions: int) -> None:
    """Run a row so often, and print it."""
    load = os.getloadavg()[0]
    row.before(place)
    if row.before is not Place.forget and not row.is_long:
        run(row, place)
    seconds, cpu_seconds = [], []
    for _ in range(repetitions):
        row.before(place)
        before = children_cpu_seconds()
        seconds.append(run(row, place))
        cpu_seconds.append(children_cpu_seconds() - before)
    numbers = " ".join(f"{value:8.2f}" for value in (statistics.median(seconds), min(seconds), max(seconds)))
    cpu, share = statistics.median(cpu_seconds), place.share_in_samples(seconds[-1])
    print(f"{name:<15} {numbers} {row.goal_s:7g} {cpu:7.2f} {load:6.2f}   {share}", flush=True)


def children_cpu_seconds() -> float:
    """Those of all processes that were waited for so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(row: Row, place: Place) -> float:
    """The seconds of the command; ends the program where it fails."""
    begin = time.perf_counter()
    command = [sys.executable, "-m", "paragone", *row.arguments]
    ended = subprocess.run(command, env=place.environment, cwd=place.folder, capture_output=True, text=True)
    seconds = time.perf_counter() - begin
    if ended.returncode != 0:
        sys.exit(f"{' '.join(command)} exited with code {ended.returncode}:\n{ended.stderr}")
    return seconds


if __name__ == "__main__":
    main()
