"""The export is what pytest-benchmark itself reads."""

import json
import statistics
import subprocess
import sys
from pathlib import Path

import pytest
from made_up_run import BASE, CONTROL, OTHER, made_up_run, outcome

from paragone.analyse.results import Results
from paragone.report.export.cells import cell_id
from paragone.report.export.pytest_benchmark import pytest_benchmark_json

TIMES = {
    (BASE, 10): [[2e-5, 3e-5, 2e-5], [2e-5] * 3],
    (CONTROL, 10): [[2e-5] * 3] * 2,
    (OTHER, 10): [[1e-5] * 3] * 2,
    (OTHER, 100): [[1e-4] * 3] * 2,
}


def by_name(exported):
    return {(entry["params"]["variant"], entry["params"]["size"]): entry for entry in exported["benchmarks"]}


def test_every_timed_sample_is_a_value_in_seconds_per_step():
    entry = by_name(pytest_benchmark_json(Results(made_up_run(None, TIMES))))[BASE, 10]

    assert entry["stats"]["data"] == pytest.approx([2e-5, 3e-5, 2e-5, 2e-5, 2e-5, 2e-5])
    assert entry["stats"]["mean"] == pytest.approx(statistics.mean(entry["stats"]["data"]))
    assert entry["stats"]["rounds"] == 6
    assert "seconds per step" in entry["extra_info"]["unit"]
    assert entry["params"] == {"problem": "nielsen", "variant": BASE, "size": 10, "threads": 1}


def test_only_cells_that_passed_are_exported_and_the_control_is_not():
    said = [outcome(BASE), outcome(CONTROL), outcome(OTHER), outcome(OTHER, "failed", 100)]

    exported = pytest_benchmark_json(Results(made_up_run(None, TIMES, outcomes=said)))
    assert set(by_name(exported)) == {
        (BASE, 10),
        (OTHER, 10),
    }


def test_one_launch_has_no_interval_in_the_export_and_the_file_is_plain_json():
    exported = pytest_benchmark_json(Results(made_up_run(None, {key: launches[:1] for key, launches in TIMES.items()})))

    assert "ratio_low" not in by_name(exported)[OTHER, 10]["extra_info"]
    assert json.loads(json.dumps(exported, allow_nan=False)) == exported


def test_an_empty_run_exports_no_benchmark():
    assert pytest_benchmark_json(Results(made_up_run(None, {}, cells=[])))["benchmarks"] == []


def test_what_may_be_compared_shares_a_group_and_nothing_else_does():
    entries = by_name(pytest_benchmark_json(Results(made_up_run(None, TIMES))))

    assert entries[BASE, 10]["group"] == entries[OTHER, 10]["group"] != entries[OTHER, 100]["group"]


def compare(*arguments, folder):
    """Return what the command `pytest-benchmark compare` prints."""
    command = [sys.executable, "-c", "from pytest_benchmark.cli import main; main()", "compare", *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


def test_pytest_benchmark_compares_two_exports_side_by_side(tmp_path):
    slower = {key: [[2 * seconds for seconds in rounds] for rounds in launches] for key, launches in TIMES.items()}
    for name, times in (("before", TIMES), ("after", slower)):
        Path(tmp_path / f"{name}.json").write_text(json.dumps(pytest_benchmark_json(Results(made_up_run(None, times)))))
    printed = compare("before.json", "after.json", "--columns=median,rounds", folder=tmp_path)

    assert f"test_training_step[{cell_id(OTHER, 'nielsen', 10, 1)}] (before)" in printed
    assert f"test_training_step[{cell_id(OTHER, 'nielsen', 10, 1)}] (after)" in printed
    assert "benchmark 'nielsen float32 B=10 threads=1': 4 tests" in printed
    assert "20.0000 (2.00)" in printed  # the other variant afterwards, in microseconds
