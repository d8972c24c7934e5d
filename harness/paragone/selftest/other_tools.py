"""The same A/A by pytest-benchmark and by pyperf, each with its own defaults: cell after cell, not interleaved."""

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

from paragone.analyse.intervals import CONFIDENCE
from paragone.errors import MeasurementFailed
from paragone.files.paths import shipped
from paragone.machine.threads import worker_environment
from paragone.selftest import pyperf_script
from paragone.selftest.detection import NOTICEABLE, Share

Times = Mapping[str, Sequence[float]]  # the name of a cell -> the seconds of its samples


@dataclass(frozen=True)
class BlockwiseResult:
    """An A/A by another tool, which measures one cell after the other."""

    tool: str
    noticeable: Share  # of the pairs: their medians differ by more than 3 %
    significant: Share | None  # by the tool's own test, where it has one
    largest: float  # the largest difference of two medians, as a fraction
    elapsed_s: float


def with_pytest_benchmark(settings: Mapping[str, Any], folder: Path) -> BlockwiseResult:
    """Measure the identical copies in one process. Raises MeasurementFailed with the end of its output."""
    file = folder / "pytest-benchmark.json"
    command = [
        *(sys.executable, "-m", "pytest", str(shipped("benchmarks")), "-q", "-p", "no:cacheprovider"),
        *("--benchmark-only", f"--benchmark-json={file}", "--implementations-folder", settings["folder"]),
        *("--problem", settings["problem"], "--batch-sizes", ",".join(map(str, settings["sizes"]))),
        *("-k", settings["dtype"]),
    ]
    # pytest would write compiled files beside the benchmarks, which may be installed.
    elapsed_s = _run("pytest-benchmark", command, {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}, folder)
    benchmarks = json.loads(file.read_text())["benchmarks"]
    times = {
        f"{info['implementation']}-B{info['size']}": entry["stats"]["data"]
        for entry in benchmarks
        for info in [entry["extra_info"]]
    }
    return compared_pairs("pytest-benchmark", times, elapsed_s, has_test=False)


def with_pyperf(settings: Mapping[str, Any], folder: Path) -> BlockwiseResult:
    """Measure the identical copies, each cell in 20 processes.

    Raises MeasurementFailed where pyperf is not installed, or with the end of its output.
    """
    if importlib.util.find_spec("pyperf") is None:
        raise MeasurementFailed("pyperf is not installed. Install: pip install 'paragone[selftest]'")
    import pyperf

    file = folder / "pyperf.json"
    environment = {**worker_environment(1, os.environ)[0], pyperf_script.SETTINGS: json.dumps(settings)}
    command = [sys.executable, "-m", "paragone.selftest.pyperf_script", "--quiet", "-o", str(file)]
    inherit = f"--inherit-environ={','.join(environment)}"
    elapsed_s = _run("pyperf", [*command, inherit], environment, folder)
    suite = pyperf.BenchmarkSuite.load(str(file))
    times = {benchmark.get_name(): benchmark.get_values() for benchmark in suite.get_benchmarks()}
    return compared_pairs("pyperf", times, elapsed_s, has_test=True)


def compared_pairs(tool: str, times: Times, elapsed_s: float, has_test: bool) -> BlockwiseResult:
    """Compare copy 1 with 2, 3 with 4, … at every batch size.

    `has_test`: the tool calls a pair different by a two-sided t-test on the two means, as pyperf does.
    """
    pairs = [
        (np.asarray(values), np.asarray(times[partner]))
        for name, values in times.items()
        if (partner := _partner(name)) in times
    ]
    differences = [abs(np.log(np.median(first) / np.median(second))) for first, second in pairs]
    far = sum(difference > np.log1p(NOTICEABLE) for difference in differences)
    called = sum(stats.ttest_ind(first, second).pvalue < 1 - CONFIDENCE for first, second in pairs)
    significant = Share(int(called), len(pairs)) if has_test else None
    return BlockwiseResult(tool, Share(int(far), len(pairs)), significant, float(np.expm1(max(differences))), elapsed_s)


def _partner(name: str) -> str:
    """ "copy_2-B10" for "copy_1-B10"; "", which no cell is called, for "copy_2-B10"."""
    copy, _, size = name.rpartition("-")
    stem, _, number = copy.rpartition("_")
    return f"{stem}_{int(number) + 1}-{size}" if int(number) % 2 else ""


def _run(tool: str, command: Sequence[str], environment: Mapping[str, str], folder: Path) -> float:
    begin = time.perf_counter()
    ended = subprocess.run(command, cwd=folder, env=dict(environment), capture_output=True, text=True)
    if ended.returncode:
        output = (ended.stdout + ended.stderr)[-500:]
        raise MeasurementFailed(f"{tool} ended with exit code {ended.returncode}: {output}")
    return time.perf_counter() - begin
