"""Who says rightly which of two functions is slower, in how long: `paragone.compare` beside what one would type else.

    python benchmarks/calls_beside_other_tools.py                  ten tries of each pair, a quarter of an hour
    python benchmarks/calls_beside_other_tools.py --tries 2 --tools paragone
    python benchmarks/calls_beside_other_tools.py --python VENV/bin/python     an environment with the other tools

A function works through 100 blocks of equal length. In one pair the second works through three of them twice, so that
it does 3 % more by construction, and gives the same result. In the other pair both are the same, and whoever finds a
difference there is wrong. Each try is a process of its own, which begins with the two functions and an array.

- paragone: the verdict of `paragone.compare({"a": a, "b": b}, x)`, with its default of ten seconds.
- %timeit: of both; they differ where their "mean ± std. dev." do not overlap.
- perfplot: `bench` of both; they differ where the times do by more than 1 %.
- pytest-benchmark: a test of each; they differ where the medians do by more than 1 %.

Without --python, IPython, perfplot and pytest-benchmark are installed into an environment in a temporary folder.
Nothing is asserted. Each line has the load of the machine.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

FUNCTION = """
def {name}(x):
    y = np.empty_like(x)
    for begin in range(0, len(x), 200):
        np.exp(x[begin : begin + 200], out=y[begin : begin + 200])
"""
MORE = """    for begin in (0, 200, 400):  # again: 3 % more
        np.exp(x[begin : begin + 200], out=y[begin : begin + 200])
"""
END = "    return y\n"
X = "x = np.random.default_rng(1).uniform(-1, 1, 20_000)\n"
BOTH = "import numpy as np\nfrom pair import a, b\n" + X
BEYOND_1 = "print('same' if abs(b_s / a_s - 1) <= 0.01 else 'slower' if b_s > a_s else 'faster')\n"
SCRIPTS = {
    "paragone": BOTH
    + """import paragone
if __name__ == "__main__":
    found = paragone.compare({"a": a, "b": b}, x, show_progress=False)
    print(found.frame["verdict"].iloc[-1])
""",
    "%timeit": BOTH
    + """from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.push({"a": a, "b": b, "x": x})
of_a, of_b = (shell.run_line_magic("timeit", f"-q -o {name}(x)") for name in "ab")
a_s, b_s = of_a.average, of_b.average
apart = abs(b_s - a_s) > of_a.stdev + of_b.stdev
print("not told apart" if not apart else "slower" if b_s > a_s else "faster")
""",
    "perfplot": BOTH
    + """import perfplot
found = perfplot.bench(setup=lambda n: x, kernels=[a, b], n_range=[len(x)], show_progress=False)
a_s, b_s = found.timings_s[:, 0]
"""
    + BEYOND_1,
    "pytest-benchmark": """import json, subprocess, sys
options = ["-q", "-p", "no:cacheprovider", "--benchmark-json=times.json"]
command = [sys.executable, "-m", "pytest", *options, "test_pair.py"]
subprocess.run(command, check=True, capture_output=True)
benchmarks = json.load(open("times.json"))["benchmarks"]
a_s, b_s = (each["stats"]["median"] for each in sorted(benchmarks, key=lambda each: each["name"]))
"""
    + BEYOND_1,
}
TESTS = BOTH + "\n\ndef test_a(benchmark):\n    benchmark(a, x)\n\n\ndef test_b(benchmark):\n    benchmark(b, x)\n"
RIGHT = {"3 % slower": ("slower",), "the same": ("same", "not told apart")}


class Try(NamedTuple):
    """One answer of a tool on a pair, and its seconds."""

    tool: str
    pair: str
    seconds: float
    answer: str

    @property
    def is_right(self) -> bool:
        return self.answer.startswith(RIGHT[self.pair])

    @property
    def is_wrong(self) -> bool:
        """It tells a difference that is not there, or the wrong one, or that there is none; else it left it open.

        "same within 4 %" is true of what differs by 3 %.
        """
        is_within = re.search(r"same within (\d+)", self.answer)
        is_open = is_within is not None and int(is_within[1]) >= 3
        return not self.is_right and not is_open and self.answer.startswith(("slower", "faster", "same"))


def main() -> None:
    """Try each tool on both pairs in turn, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tries", type=int, default=10)
    parser.add_argument("--tools", nargs="+", choices=tuple(SCRIPTS), default=tuple(SCRIPTS))
    parser.add_argument("--python", help="of an environment with NumPy, IPython, perfplot and pytest-benchmark")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="calls-") as name:
        folder = Path(name)
        others = {*given.tools} - {"paragone"}
        python = given.python or (make_environment(folder) if others else sys.executable)
        tries = []
        for _ in range(given.tries):
            for pair in RIGHT:
                for tool in given.tools:
                    tries.append(attempt(tool, pair, folder, sys.executable if tool == "paragone" else python))
                    one, load = tries[-1], os.getloadavg()[0]
                    said = f"{one.pair:<10} {one.tool:<17} {one.seconds:6.1f} s  {one.answer}  (load {load:.1f})"
                    print(said, flush=True)
    print_table(tries)


def make_environment(folder: Path) -> str:
    """The Python of a new environment with the other tools, and with the NumPy of this one."""
    python = folder / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    packages = (f"numpy=={np.__version__}", "ipython", "perfplot", "pytest", "pytest-benchmark")
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", *packages], check=True)
    return str(python)


def attempt(tool: str, pair: str, folder: Path, python: str) -> Try:
    """The last line that the script of a tool prints."""
    second = FUNCTION.format(name="b") + (MORE if pair == "3 % slower" else "") + END
    files = {"pair.py": "import numpy as np\n" + FUNCTION.format(name="a") + END + second, "test_pair.py": TESTS}
    for name, text in {**files, "measure.py": SCRIPTS[tool]}.items():
        (folder / name).write_text(text, encoding="utf-8")
    begin = time.perf_counter()
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    ended = subprocess.run([python, "measure.py"], cwd=folder, env=environment, capture_output=True, text=True)
    if ended.returncode:
        sys.exit(f"{tool} exited with code {ended.returncode}:\n{ended.stdout}\n{ended.stderr}")
    return Try(tool, pair, time.perf_counter() - begin, ended.stdout.strip().splitlines()[-1])


def print_table(tries: Sequence[Try]) -> None:
    """A row for each tool and pair."""
    print(f"\n{'pair':<10} {'tool':<17} {'median s':>9} {'right':>7} {'open':>5} {'wrong':>6}   answers")
    for pair in RIGHT:
        for tool in dict.fromkeys(each.tool for each in tries):
            of_it = [each for each in tries if (each.tool, each.pair) == (tool, pair)]
            right, wrong = sum(each.is_right for each in of_it), sum(each.is_wrong for each in of_it)
            answers = ", ".join(f"{word} {n}" for word, n in Counter(each.answer for each in of_it).items())
            seconds = statistics.median(each.seconds for each in of_it)
            numbers = f"{seconds:9.1f} {right:4}/{len(of_it):<2} {len(of_it) - right - wrong:5} {wrong:6}"
            print(f"{pair:<10} {tool:<17} {numbers}   {answers}")


if __name__ == "__main__":
    main()
