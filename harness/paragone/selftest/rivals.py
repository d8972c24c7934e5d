"""The same A/A done block by block with pytest-benchmark and with pyperf, each by its own defaults."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from paragone.analyse.summary import CONFIDENCE
from paragone.errors import MeasurementFailed
from paragone.files.paths import PROJECT
from paragone.machine.threads import worker_environment
from paragone.selftest import in_pyperf
from paragone.selftest.trials import BEYOND, Share

Times = Mapping[str, Sequence[float]]  # the name of a cell -> the seconds of its samples


@dataclass(frozen=True)
class Blockwise:
    """An A/A by another tool: its pairs, how many look different, and how long it took."""

    tool: str
    beyond: Share  # the medians of the two differ by more than 3 %
    significant: Share | None  # by the tool's own test, where it has one
    largest: float  # the largest difference of two medians, as a fraction
    elapsed_s: float


def with_pytest_benchmark(settings: Mapping[str, Any], folder: Path) -> Blockwise:
    """Return what pytest-benchmark says of the identical copies, in one process, a cell after the other.

    Raises MeasurementFailed with the end of its output.
    """
    file = folder / "pytest-benchmark.json"
    command = [
        *(sys.executable, "-m", "pytest", str(PROJECT / "benchmarks"), "-q", "-p", "no:cacheprovider"),
        *("--benchmark-only", f"--benchmark-json={file}", "--implementations-folder", settings["folder"]),
        *("--problem", settings["problem"], "--batch-sizes", ",".join(map(str, settings["batch_sizes"]))),
        *("-k", settings["dtype"]),
    ]
    elapsed_s = _run("pytest-benchmark", command, os.environ)
    benchmarks = json.loads(file.read_text())["benchmarks"]
    times = {
        f"{info['implementation']}-B{info['batch_size']}": entry["stats"]["data"]
        for entry in benchmarks
        for info in [entry["extra_info"]]
    }
    return summed_up("pytest-benchmark", times, elapsed_s, has_test=False)


def with_pyperf(settings: Mapping[str, Any], folder: Path) -> Blockwise:
    """Return what pyperf says of the identical copies: 20 processes a cell, a cell after the other.

    Raises MeasurementFailed where it is not installed, or with the end of its output.
    """
    if importlib.util.find_spec("pyperf") is None:
        raise MeasurementFailed("pyperf is not installed. Install: pip install 'paragone[selftest]'")
    import pyperf

    file = folder / "pyperf.json"
    environment = {**worker_environment(1, os.environ)[0], in_pyperf.SETTINGS: json.dumps(settings)}
    command = [sys.executable, "-m", "paragone.selftest.in_pyperf", "--quiet", "-o", str(file)]
    inherit = f"--inherit-environ={','.join(environment)}"
    elapsed_s = _run("pyperf", [*command, inherit], environment)
    suite = pyperf.BenchmarkSuite.load(str(file))
    times = {benchmark.get_name(): benchmark.get_values() for benchmark in suite.get_benchmarks()}
    return summed_up("pyperf", times, elapsed_s, has_test=True)


def summed_up(tool: str, times: Times, elapsed_s: float, has_test: bool) -> Blockwise:
    """Return the differences between copy 1 and 2, 3 and 4, … at every batch size.

    `has_test`: the tool calls a pair different by Student's t on the two means, two-sided, as pyperf does.
    """
    pairs = [
        (np.asarray(values), np.asarray(times[partner]))
        for name, values in times.items()
        if (partner := _partner(name)) in times
    ]
    differences = [abs(np.log(np.median(first) / np.median(second))) for first, second in pairs]
    far = sum(difference > np.log1p(BEYOND) for difference in differences)
    called = sum(stats.ttest_ind(first, second).pvalue < 1 - CONFIDENCE for first, second in pairs)
    significant = Share(int(called), len(pairs)) if has_test else None
    return Blockwise(tool, Share(int(far), len(pairs)), significant, float(np.expm1(max(differences))), elapsed_s)


def _partner(name: str) -> str:
    """Return "copy_2-B10" for "copy_1-B10", and a name that no cell has for "copy_2-B10"."""
    copy, _, size = name.rpartition("-")
    stem, _, number = copy.rpartition("_")
    return f"{stem}_{int(number) + 1}-{size}" if int(number) % 2 else ""


def _run(tool: str, command: Sequence[str], environment: Mapping[str, str]) -> float:
    begin = time.perf_counter()
    done = subprocess.run(command, cwd=PROJECT, env=dict(environment), capture_output=True, text=True)
    if done.returncode:
        raise MeasurementFailed(f"{tool} ended with exit code {done.returncode}: {(done.stdout + done.stderr)[-500:]}")
    return time.perf_counter() - begin
