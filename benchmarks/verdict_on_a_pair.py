"""How long until one version of a NumPy function is known to be 2 % slower than another, and how often that is right.

    python benchmarks/verdict_on_a_pair.py                    20 tries of each tool, an hour
    python benchmarks/verdict_on_a_pair.py --tries 3 --tools paragone
    python benchmarks/verdict_on_a_pair.py --python VENV/bin/python     an environment with the other tools

The function works through 50 blocks of equal length. The slower version works through one of them twice, so that it
does 2 % more by construction, and gives the same result. The other pair is twice the same file: whoever finds a
difference there is wrong. Each try begins from nothing but the two files:

- paragone: `compare --live A B --resolve 2%`; its verdict is the word of the cell.
- pyperf: a script for each version, then `compare_to`; its verdict is its t test.
- pytest-benchmark: a run for each version, the second with `--benchmark-compare-fail=median:1%`; it tells slower alone.

Without --python, pyperf and pytest-benchmark are installed into an environment in a temporary folder. Nothing is
asserted. `paragone` is given more with --options, such as --options "--launches 8 --rounds 10".
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
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

KERNEL = """
name = "pair"
description = "The exponential of many numbers, block by block."
source = "a benchmark"

[sizes]
n = [20000]

[arrays]
x = { role = "in", shape = ["n"] }
y = { role = "out", shape = ["n"] }

[counts]
work = "n"
unit = "numbers"
flops = "n"

[inputs]
cases = ["random"]

[judge]
tolerance = "auto"
terms = "1"

[run]
dtypes = ["float64"]
baseline = "work"
"""
REFERENCE = """
import numpy as np


def inputs(rng, case, *, n):
    return {"x": rng.uniform(-1, 1, n)}


def reference(x, *, n):
    return np.exp(x)
"""
WORK = '''"""The exponential, in 50 blocks."""

import numpy as np

BLOCK = 400


def run(x, y):
    for begin in range(0, len(x), BLOCK):
        np.exp(x[begin : begin + BLOCK], out=y[begin : begin + BLOCK])
'''
ONE_BLOCK_MORE = "    np.exp(x[:BLOCK], out=y[:BLOCK])  # again: a fiftieth more\n"
PYPERF = """
import numpy as np
import pyperf
from work import run

x = np.random.default_rng(1).uniform(-1, 1, 20_000)
pyperf.Runner().bench_func("work", run, x, np.empty_like(x))
"""
PYTEST = """
import numpy as np
from work import run


def test_work(benchmark):
    x = np.random.default_rng(1).uniform(-1, 1, 20_000)
    benchmark(run, x, np.empty_like(x))
"""
FILES = {"kernel.toml": KERNEL, "reference.py": REFERENCE, "work.py": WORK}
# What each answer is worth, by pair.
RIGHT = {"2 % slower": "slower", "the same": "same"}
DIFFERENCES = {"slower", "faster"}
WORDS = ("slower", "faster", "same", "not enough data")


class Try(NamedTuple):
    """One answer of a tool on a pair, and its seconds."""

    tool: str
    pair: str
    seconds: float
    answer: str

    @property
    def is_right(self) -> bool:
        return self.answer == RIGHT[self.pair]

    @property
    def is_wrong(self) -> bool:
        """It tells a difference that is not there, or the wrong one; what it leaves open is not wrong."""
        return self.answer in DIFFERENCES and not self.is_right


def main() -> None:
    """Try each tool on both pairs in turn, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tries", type=int, default=20)
    parser.add_argument("--tools", nargs="+", choices=tuple(TOOLS), default=tuple(TOOLS))
    parser.add_argument("--python", help="of an environment with NumPy, pyperf, pytest and pytest-benchmark")
    parser.add_argument("--options", default="--resolve 2%", help="of paragone")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="verdict-") as folder:
        python = given.python or (make_environment(Path(folder)) if {*given.tools} - {"paragone"} else sys.executable)
        tries = []
        for number in range(given.tries):
            for pair in RIGHT:
                for tool in given.tools:
                    tries.append(attempt(tool, pair, Path(folder) / f"{number}", python, given.options))
                    one = tries[-1]
                    load = os.getloadavg()[0]
                    print(
                        f"{one.pair:<10} {one.tool:<17} {one.seconds:6.1f} s  {one.answer}  (load {load:.1f})",
                        flush=True,
                    )
    print_table(tries)


def make_environment(folder: Path) -> str:
    """The Python of a new environment with the other tools, and with the NumPy of this one."""
    python = folder / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    packages = (f"numpy=={np.__version__}", "pyperf", "pytest", "pytest-benchmark")
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", *packages], check=True)
    return str(python)


def attempt(tool: str, pair: str, folder: Path, python: str, options: str) -> Try:
    """The answer of a tool that begins from nothing."""
    shutil.rmtree(folder, ignore_errors=True)
    for side in ("a", "b"):
        place = folder / side / "pair"
        place.mkdir(parents=True)
        for name, text in FILES.items():
            (place / name).write_text(text, encoding="utf-8")
        for name, text in {"with_pyperf.py": PYPERF, "test_work.py": PYTEST}.items():
            (folder / side / name).write_text(text, encoding="utf-8")
        more = ONE_BLOCK_MORE if (side, pair) == ("b", "2 % slower") else ""
        for work in (place / "work.py", folder / side / "work.py"):
            work.write_text(WORK + more, encoding="utf-8")
    begin = time.perf_counter()
    answer = TOOLS[tool](folder, python, options)
    return Try(tool, pair, time.perf_counter() - begin, answer)


def with_paragone(folder: Path, python: str, options: str) -> str:
    """The word of the one cell."""
    command = [sys.executable, "-m", "paragone", "compare", "--live", "a", "b", "-k", "pair", "-i", "work"]
    command += ["--all", "--plugins", "a", "--results", "results", "--markdown", *shlex.split(options)]
    said = output(command, folder, {"PARAGONE_CACHE": str(folder / "cache")}, codes=(0, 1))
    return word_of(said)


def word_of(comparison: str) -> str:
    """The verdict of the one cell, in the Markdown of a live comparison."""
    rows = [line for line in comparison.splitlines() if line.startswith("| `work")]
    words = [word for row in rows for word in ("failed", *WORDS) if word in row]
    return words[0] if words else f"no verdict: {comparison[-300:]}"


def with_pyperf(folder: Path, python: str, options: str) -> str:
    """By its t test."""
    for side in ("a", "b"):
        output([python, "with_pyperf.py", "-o", "../" + f"{side}.json"], folder / side)
    said = output([python, "-m", "pyperf", "compare_to", "a.json", "b.json"], folder)
    if "not significant" in said:
        return "same"
    return next((word for word in ("slower", "faster") if word in said), f"no verdict: {said}")


def with_pytest_benchmark(folder: Path, python: str, options: str) -> str:
    """Whether the second run fails for being slower by more than 1 %."""
    command = [python, "-m", "pytest", "-q", f"--benchmark-storage={folder / 'storage'}", "test_work.py"]
    output([*command, "--benchmark-save=a"], folder / "a")
    command += ["--benchmark-compare", "--benchmark-compare-fail=median:1%"]
    said = output(command, folder / "b", codes=(0, 1))
    return "slower" if "Performance has regressed" in said else "same"


def output(
    command: Sequence[str], folder: Path, variables: Mapping[str, str] | None = None, codes: Sequence[int] = (0,)
) -> str:
    """What a command says; ends the program where it exits with another code."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **(variables or {})}
    ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if ended.returncode not in codes:
        sys.exit(f"{shlex.join(command)} exited with code {ended.returncode}:\n{ended.stdout}\n{ended.stderr}")
    return ended.stdout + ended.stderr


def print_table(tries: Sequence[Try]) -> None:
    """A row for each tool and pair."""
    print(f"\n{'pair':<10} {'tool':<17} {'median s':>9} {'longest':>8} {'right':>7} {'open':>5} {'wrong':>6}   answers")
    for pair in RIGHT:
        for tool in dict.fromkeys(each.tool for each in tries):
            of_it = [each for each in tries if (each.tool, each.pair) == (tool, pair)]
            seconds = [each.seconds for each in of_it]
            right, wrong = sum(each.is_right for each in of_it), sum(each.is_wrong for each in of_it)
            answers = ", ".join(f"{word} {n}" for word, n in Counter(each.answer for each in of_it).items())
            numbers = f"{statistics.median(seconds):9.1f} {max(seconds):8.1f} {right:4}/{len(of_it):<2}"
            print(f"{pair:<10} {tool:<17} {numbers} {len(of_it) - right - wrong:5} {wrong:6}   {answers}")


TOOLS: dict[str, Callable[[Path, str, str], str]] = {
    "paragone": with_paragone,
    "pyperf": with_pyperf,
    "pytest-benchmark": with_pytest_benchmark,
}


if __name__ == "__main__":
    main()
