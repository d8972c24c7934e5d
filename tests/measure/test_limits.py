"""Asking for the machine's limits: once in a launch for each problem, dtype and number of threads."""

from dataclasses import replace

import pytest
from everyone import EVERYONE as FOUND
from in_process import ScriptedWorker

from paragone.errors import MeasurementFailed
from paragone.files.json_lines import read_rows
from paragone.implementation.registry import find_variant
from paragone.measure import limits
from paragone.measure.limits import PARTS, LimitsOfLaunch, cached_length, one_for_each
from paragone.measure.yardstick import problem_of
from paragone.plan.cells import Contender
from paragone.store.plan_records import Cell
from paragone.store.run_folder import RunFolder
from paragone.task.kernel.family import DrawnData
from paragone.task.mlp.problem_files import find_problem
from paragone.worker.commands import Load, TakeSample
from paragone.worker.handle import WorkerHandle
from paragone.worker.replies import Loaded, Timing

PROBLEM = find_problem("nielsen")
ROWS32, ROWS64, TUNED32 = (
    Contender(PROBLEM, FOUND[0], find_variant(FOUND, name), 1)
    for name in ("numpy_rows[dtype=float32]", "numpy_rows[dtype=float64]", "numpy_tuned[dtype=float32]")
)
CONTROL32 = replace(ROWS32, variant=replace(ROWS32.variant, control=True))
ROOFS = ("gemm", "read", "cache")
OF_MACHINE = [("numpy_dot", "float64"), ("numpy_cached_dot", "float64")]
SECOND_CACHE = 1 << 20
CELLS = [Cell("nielsen", "any", size, 1, 5, 1, 1e-3, once_per_launch=False) for size in (100, 1)]
# Seconds of a step of each yardstick; of the products also by size.
SECONDS = {"numpy_dot": 0.01, "numpy_matmul": 0.02, "step_products": 0.04, "numpy_cached_dot": 1e-5}
PARTS_SECONDS = {"numpy_exp": 1e-4, "numpy_take": 1e-3}


class Machine(ScriptedWorker):
    """A worker in which a step of a yardstick takes its seconds; `fails` names one whose sample fails."""

    def __init__(self, loaded, fails):
        super().__init__()
        self.loaded, self.fails = loaded, fails

    def call_with_arrays(self, command, arrays=None):
        self.commands.append(command)
        if isinstance(command, Load):
            self.name = command.implementation
            self.loaded.append((command.implementation, command.axis["dtype"]))
            return Loaded(load_seconds=0, loaded_memory_bytes=1, threads_found={}, build_info={}), {}
        if isinstance(command, TakeSample):
            if self.name == self.fails:
                raise MeasurementFailed("no memory")
            n_steps, size = arrays["order"].shape
            seconds = (SECONDS | PARTS_SECONDS)[self.name] * (size if self.name == "step_products" else 1)
            return Timing(n_steps=n_steps, elapsed_ns=round(n_steps * seconds * 1e9), runner_ns=None, cpu_ns=0), {}
        return None, {}


@pytest.fixture(autouse=True)
def second_cache(monkeypatch):
    """A machine whose second cache has 1 MiB."""
    monkeypatch.setattr(limits, "second_cache_bytes", lambda: SECOND_CACHE)


@pytest.fixture
def asked(tmp_path):
    """Return a function that records the limits of a launch; the rows so far, and what was loaded by each worker."""
    workers, loaded = [], []

    def ask(contenders, launch=0, fails=None, cells=CELLS, **named):
        def open_worker(contender):
            loaded.append([])
            workers.append(Machine(loaded[-1], fails))
            return workers[-1]

        with RunFolder(tmp_path) as folder:
            LimitsOfLaunch(DrawnData(), open_worker, 1, **named).record(folder, contenders, cells, launch)
        assert not any(worker.alive for worker in workers)
        return read_rows(tmp_path / "limits.jsonl"), loaded

    return ask


def rates(rows, dtype):
    return [(row["what"], row["size"], row["per_second"]) for row in rows if row["dtype"] == dtype]


def test_rates_count_operations_bytes_and_images_of_each_size(asked):
    rows, _ = asked([ROWS32, TUNED32, ROWS64])

    assert rates(rows, "float32") == [
        ("gemm", None, pytest.approx(2 * 1024**3 / 0.02)),
        ("read", None, pytest.approx(2 * 64 * 2**20 / 0.01)),
        ("cache", None, pytest.approx(SECOND_CACHE / 2 / 1e-5)),
        ("products", 1, pytest.approx(1 / 0.04)),
        ("products", 100, pytest.approx(100 / 4)),
    ]
    assert rates(rows, "float64") == rates(rows, "float32")


def test_the_cache_is_read_in_vectors_that_fill_half_of_it_on_every_cpu():
    lengths = [cached_length(replace(ROWS32, threads=threads)) for threads in (1, 2)]

    assert lengths == [SECOND_CACHE // 2 // (2 * 8), SECOND_CACHE // 2 // 8]


def test_a_profile_has_the_speeds_of_exp_and_gather_in_each_dtype_too(asked):
    rows, loaded = asked([ROWS32, ROWS64], parts=PARTS, cells=[])

    for dtype in ("float32", "float64"):
        found = {what: per_second for what, _, per_second in rates(rows, dtype)}
        assert {"gemm", "read", "cache", "exp", "gather"} == {*found}
        assert found["exp"] == pytest.approx(16_384 / 1e-4)
        assert found["gather"] == pytest.approx(256 * 784 / 1e-3)
    assert {("numpy_exp", "float32"), ("numpy_take", "float64")} <= {*loaded[0]}


def test_one_process_measures_memory_once_and_products_in_each_dtype(asked):
    _, loaded = asked([ROWS32, TUNED32, ROWS64])

    of_dtype = [[("numpy_matmul", dtype), ("step_products", dtype)] for dtype in ("float32", "float64")]
    assert loaded == [[*OF_MACHINE, *of_dtype[0], *of_dtype[1]]]


def test_each_number_of_threads_has_a_process_of_its_own(asked):
    rows, loaded = asked([ROWS32, replace(ROWS32, threads=2)])

    assert len(loaded) == 2
    assert {row["threads"] for row in rows} == {1, 2}


def test_a_kernel_has_the_limits_of_the_roofline_and_no_products(asked):
    kernel = replace(ROWS32, problem=problem_of("product"))
    rows, loaded = asked([kernel], cells=[])

    assert [(row["what"], row["problem"]) for row in rows] == [(what, "product") for what in ROOFS]
    assert loaded == [[*OF_MACHINE, ("numpy_matmul", "float32")]]


def test_limits_are_measured_once_per_launch(asked):
    asked([ROWS32])
    asked([ROWS32])
    rows, loaded = asked([ROWS32], launch=1)

    assert len(loaded) == 2
    assert {row["launch"] for row in rows} == {0, 1}


def test_the_control_stands_for_its_dtype():
    assert one_for_each([TUNED32, CONTROL32, ROWS32]) == [CONTROL32]


def test_a_process_that_fails_leaves_the_rows_before_and_no_harm(asked):
    rows, _ = asked([ROWS32, ROWS64], fails="step_products")

    assert [(row["what"], row["dtype"]) for row in rows] == [(what, "float32") for what in ROOFS]


def test_a_process_that_cannot_be_started_has_no_limit_and_ends_nothing(tmp_path):
    with RunFolder(tmp_path) as folder:
        LimitsOfLaunch(DrawnData(), lambda contender: WorkerHandle({}, (), 5, "gone"), 1).record(
            folder, [ROWS32], CELLS, 0
        )

    assert read_rows(tmp_path / "limits.jsonl") == []
