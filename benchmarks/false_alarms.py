"""How often `compare --live` cries wolf: the same code compared with itself, again and again, as CI would do it.

    python benchmarks/false_alarms.py                    20 comparisons on the machine as it is, an hour
    python benchmarks/false_alarms.py --load 2           beside two processes, each busy half of the time
    python benchmarks/false_alarms.py --runs 3 --options "-i numpy_product --sizes 100 --launches 5"

Both sides are copies of one folder of implementations. So whatever ends with exit code 1 is a false alarm, and each
cell that is called slower or faster is a wrong verdict. The table has a row for each comparison: the exit code, the
verdicts of its cells, what A/A showed, and the load of the machine. The last lines say how often it went wrong, with
the 95 % interval for that rate (Clopper and Pearson): of 20 comparisons without an alarm, the rate is below 17 %.
Nothing is asserted. Caches and results lie in a temporary folder; only the first comparison verifies everything.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from scipy.stats import binomtest

from paragone.analyse.results import Results
from paragone.comparison.side_by_side import counted, newly_failed, side_by_side
from paragone.files.paths import shipped
from paragone.selftest.background_load import background_load
from paragone.store.reader import read_run
from paragone.store.runs import run_folders

OPTIONS = "-i numpy_broadcast,numpy_product --sizes 100,320 --launches 10"
ALARM = 1  # the exit code
WRONG = ("slower", "faster")


class Comparison(NamedTuple):
    """A comparison of the same code with itself."""

    seconds: float
    code: int
    verdicts: dict[str, int]  # verdict → number of cells
    failed: int  # cells that passed in A and failed in B
    margin: float  # the largest of the run: what A/A showed
    load: float

    @property
    def cells(self) -> int:
        return sum(self.verdicts.values())

    @property
    def wrong(self) -> int:
        return sum(self.verdicts.get(word, 0) for word in WRONG)


def main() -> None:
    """Compare as often as is asked, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--load", type=int, default=0, help="processes that disturb; 0 adds none")
    parser.add_argument("--kernel", default="pairwise", help="of those that ship")
    parser.add_argument("--fail-slower", default="5%")
    parser.add_argument("--options", default=OPTIONS, help=f"more for paragone, such as {OPTIONS!r}")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="false-alarms-") as folder:
        place = prepared(Path(folder), given.kernel)
        options = ["-k", given.kernel, "--fail-slower", given.fail_slower, *shlex.split(given.options)]
        done = []
        print(f"{'':>3} {'code':>4} {'cells':>5} {'A/A':>6} {'load':>5} {'s':>6}  verdicts", flush=True)
        for number in range(1, given.runs + 1):
            with disturbed(given.load, number):
                done.append(compared(place, options, number))
            print(row_of(number, done[-1]), flush=True)
    for line in summary(done, given.fail_slower):
        print(line)


def prepared(folder: Path, kernel: str) -> Path:
    """A folder with the two sides, `a` and `b`: copies of the implementations of the kernel."""
    for side in "ab":
        shutil.copytree(shipped("impls") / kernel, folder / side / kernel, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@contextmanager
def disturbed(processes: int, seed: int) -> Iterator[None]:
    """So many processes come and go while this is open."""
    with ExitStack() as stack:
        for number in range(processes):
            stack.enter_context(background_load(1000 * seed + number))
        yield


def compared(folder: Path, options: Sequence[str], seed: int) -> Comparison:
    """Compare the sides in a run of its own; its rounds have another order for every seed."""
    results = folder / f"results-{seed}"
    command = [sys.executable, "-m", "paragone", "compare", "--live", "a", "b", "--all"]
    command += ["--results", str(results), "--seed", str(seed), *options]
    begin = time.perf_counter()
    ended = subprocess.run(
        command, cwd=folder, env={**os.environ, "PARAGONE_CACHE": str(folder / "cache")}, capture_output=True, text=True
    )
    if ended.returncode not in (0, ALARM):
        sys.exit(f"{shlex.join(command)} ended with code {ended.returncode}:\n{ended.stdout}\n{ended.stderr}")
    (run,) = run_folders(results)
    cells = side_by_side(Results(read_run(run)))
    return Comparison(
        seconds=time.perf_counter() - begin,
        code=ended.returncode,
        verdicts=counted(cells),
        failed=len(newly_failed(cells)),
        margin=float(cells["margin"].max()),
        load=os.getloadavg()[0],
    )


def row_of(number: int, one: Comparison) -> str:
    words = ", ".join(f"{count} {word}" for word, count in one.verdicts.items())
    failed = f"; {one.failed} failed in B alone" if one.failed else ""
    numbers = f"{number:3} {one.code:4} {one.cells:5} {100 * one.margin:5.1f}% {one.load:5.1f} {one.seconds:6.0f}"
    return f"{numbers}  {words}{failed}"


def summary(done: Sequence[Comparison], allowed: str) -> list[str]:
    """Lines: how many comparisons ended with an alarm, how many cells got a wrong verdict, and how long it took."""
    alarms, cells = sum(one.code == ALARM for one in done), sum(one.cells for one in done)
    wrong = sum(one.wrong for one in done)
    seconds = statistics.median(one.seconds for one in done)
    return [
        "",
        f"--fail-slower {allowed} ended with 1 in {rate_of(alarms, len(done))} comparisons of the same code.",
        f"Slower or faster were called {rate_of(wrong, cells)} cells. A comparison took {seconds:.0f} s (median).",
    ]


def rate_of(count: int, total: int) -> str:
    """ "1 of 20 [0.1, 24.9] %"."""
    interval = binomtest(count, total).proportion_ci(method="exact")
    return f"{count} of {total} [{100 * interval.low:.1f}, {100 * interval.high:.1f}] %"


if __name__ == "__main__":
    main()
