"""Run pytest with the arguments given, then print where its time went: by file, and the slowest cases.

    python scripts/time_tests.py -n 2 -m "not slow" tests

A case has the time of its fixtures too; a fixture that several cases share counts in the first of them.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

SLOWEST = 15


def cases_of(report: Path) -> list[tuple[str, str, float]]:
    """Return file, name and seconds of every case in a report that pytest has written in JUnit's format."""
    return [
        (_file(case.attrib["classname"]), case.attrib["name"], float(case.attrib["time"]))
        for case in ElementTree.parse(report).iter("testcase")
    ]


def _file(module: str) -> str:
    """Return "tests/plan/test_waves.py" for "tests.plan.test_waves", or for a class in it."""
    parts = module.split(".")
    of_the_file = next((place for place, part in enumerate(parts) if part.startswith("test_")), len(parts) - 1)
    return "/".join(parts[: of_the_file + 1]) + ".py"


def times_of(cases: Sequence[tuple[str, str, float]]) -> list[str]:
    """Return the lines to print: files and cases, slowest first."""
    seconds: Counter[str] = Counter()
    for file, _, elapsed in cases:
        seconds[file] += elapsed
    counts = Counter(file for file, _, _ in cases)
    slowest = sorted(cases, key=lambda case: -case[2])[:SLOWEST]
    return [
        f"{'seconds':>8} {'cases':>6}  file",
        *(f"{elapsed:8.1f} {counts[file]:6}  {file}" for file, elapsed in seconds.most_common()),
        f"{sum(seconds.values()):8.1f} {len(cases):6}  all",
        "",
        f"The {len(slowest)} slowest cases:",
        *(f"{elapsed:8.1f}  {file}::{name}" for file, name, elapsed in slowest),
    ]


def main(arguments: Sequence[str]) -> int:
    """Return the exit code of pytest."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        code = subprocess.run([sys.executable, "-m", "pytest", f"--junit-xml={report}", *arguments]).returncode
        if report.is_file():
            print("", *times_of(cases_of(report)), sep="\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
