"""Asking for the machine's limits: once in a launch for each problem, dtype and number of threads."""

from dataclasses import replace

import pytest
from everyone import EVERYONE as FOUND
from in_process import ScriptedWorker

from paragone.errors import MeasurementFailed
from paragone.files.json_lines import read_rows
from paragone.implementation.registry import find_variant
from paragone.measure.limits import one_for_each, record_limits
from paragone.plan.cells import Contender
from paragone.store.plan_records import Cell
from paragone.store.run_folder import RunFolder
from paragone.task.mlp.problem_files import find_problem
from paragone.worker.commands import MeasureLimits
from paragone.worker.handle import WorkerHandle
from paragone.worker.replies import MachineLimits

PROBLEM = find_problem("nielsen")
ROWS32, ROWS64, TUNED32 = (
    Contender(PROBLEM, FOUND[0], find_variant(FOUND, name), 1)
    for name in ("numpy_rows[dtype=float32]", "numpy_rows[dtype=float64]", "numpy_tuned[dtype=float32]")
)
CONTROL32 = replace(ROWS32, variant=replace(ROWS32.variant, control=True))
CELLS = [Cell("nielsen", "any", size, 1, 5, 1, 1e-3, once_per_launch=False) for size in (100, 1)]


@pytest.fixture
def asked(tmp_path):
    """Return a function that records the limits of a launch, and all workers that it opened."""
    workers, commands = [], []

    def ask(contenders, launch=0, fault=None):
        def answer(command):
            if fault:
                raise MeasurementFailed(fault)
            commands.append(command)
            return MachineLimits(gemm=2e11, read=3e10, products={1: 5.0, 100: 6.0})

        def open_worker(contender):
            workers.append(ScriptedWorker(answer))
            return workers[-1]

        with RunFolder(tmp_path) as folder:
            record_limits(folder, contenders, CELLS, open_worker, launch)
        assert not any(worker.alive for worker in workers)
        return read_rows(tmp_path / "limits.jsonl"), commands

    return ask


def test_each_dtype_is_measured_once_in_the_shapes_of_the_grid(asked):
    rows, commands = asked([ROWS32, TUNED32, ROWS64])

    shapes = {"problem": PROBLEM, "sizes": (1, 100)}
    assert commands == [MeasureLimits(dtype=dtype, **shapes) for dtype in ("float32", "float64")]
    assert [(row["what"], row["size"], row["per_second"]) for row in rows if row["dtype"] == "float32"] == [
        ("gemm", None, 2e11),
        ("read", None, 3e10),
        ("products", 1, 5.0),
        ("products", 100, 6.0),
    ]


def test_limits_are_measured_once_per_launch(asked):
    asked([ROWS32])
    asked([ROWS32])
    rows, commands = asked([ROWS32], launch=1)

    assert len(commands) == 2
    assert {row["launch"] for row in rows} == {0, 1}


def test_the_control_stands_for_its_dtype():
    assert one_for_each([TUNED32, CONTROL32, ROWS32]) == [CONTROL32]


def test_a_process_that_fails_leaves_no_row_and_no_harm(asked):
    assert asked([ROWS32], fault="no memory") == ([], [])


def test_a_process_that_cannot_be_started_has_no_limit_and_ends_nothing(tmp_path):
    with RunFolder(tmp_path) as folder:
        record_limits(folder, [ROWS32], CELLS, lambda contender: WorkerHandle({}, (), 5, "gone"), 0)

    assert read_rows(tmp_path / "limits.jsonl") == []
