"""What a call costs across each bridge: measured in a worker of its own, told with a reason where it cannot be."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from described_here import described, registered, variants_of
from in_process import SHORT, ScriptedWorker

from paragone.errors import MeasurementFailed
from paragone.implementation.contract import FLOATS, Implementation
from paragone.measure import call_cost, yardstick
from paragone.measure.call_cost import CallCosts, null_for
from paragone.measure.yardstick import FOLDER, problem_of, yardsticks
from paragone.plan.cells import Contender
from paragone.store.plan_records import CallCostRow
from paragone.task.mlp.problem_files import find_problem
from paragone.worker.commands import EstimateStep, Load, TakeSample
from paragone.worker.replies import Loaded, StepCost, Timing

PROBLEM = replace(find_problem("nielsen"), n_train=60)
DATA = SimpleNamespace(folder="data")
CALL_NS = 1000


class Null(Implementation):
    """A null implementation of a made-up bridge."""

    name, bridge, language, axes = "some_null", "made up", "Any", {"dtype": FLOATS}
    load = reset = train = params = None


class Crosses(Null):
    """An implementation that is reached through the made-up bridge."""

    name = "crosses"


class InPython(Null):
    name, bridge = "in_python", None


class Machine(ScriptedWorker):
    """A worker whose samples take a microsecond, and as much for each image or, in a kernel, for each call.

    The first sample takes ten times as long; `fault` is what all of them fail with.
    """

    def __init__(self, fault=""):
        super().__init__()
        self.fault, self.samples = fault, 0

    def call_with_arrays(self, command, arrays=None):
        self.commands.append(command)
        if isinstance(command, Load):
            return Loaded(load_seconds=0, loaded_memory_bytes=1, threads_found={}, build_info={}), {}
        if isinstance(command, EstimateStep):
            return StepCost(CALL_NS / 1e9), {}
        if isinstance(command, TakeSample):
            if self.fault:
                raise MeasurementFailed(self.fault)
            self.samples += 1
            elapsed_ns = CALL_NS * (1 + arrays["order"].size) * (10 if self.samples == 1 else 1)
            return Timing(n_steps=len(arrays["order"]), elapsed_ns=elapsed_ns, runner_ns=None, cpu_ns=0), {}
        return None, {}


@pytest.fixture
def null(monkeypatch):
    found = {"some_null": registered(Null)}
    monkeypatch.setattr(call_cost, "yardsticks", lambda folder: found)
    monkeypatch.setattr(yardstick, "yardsticks", lambda folder: found)
    return Null


def contenders_of(*implementations, problem=PROBLEM):
    return [
        Contender(problem, registered(implementation, "folder"), variant, 1)
        for implementation in implementations
        for variant in variants_of(implementation)
    ]


def costs(worker, *implementations, problem=PROBLEM):
    opened = []

    def open_worker(contender):
        opened.append(contender)
        return worker

    return CallCosts(DATA, open_worker, 1, SHORT).rows(contenders_of(*implementations, problem=problem)), opened


def test_a_call_is_timed_with_one_image_and_with_the_whole_training_set_and_the_first_does_not_count(null):
    worker = Machine()
    rows, _ = costs(worker, Crosses)

    names = tuple(f"crosses[dtype={dtype}]" for dtype in FLOATS)
    assert rows == [
        CallCostRow(bridge="made up", size=n, call_seconds=pytest.approx((1 + n) * 1e-6), variants=names)
        for n in (1, 60)
    ]
    (loaded, *_) = worker.commands
    assert (loaded.implementation, loaded.axis) == ("some_null", {"dtype": FLOATS[-1]})
    assert not worker.alive


def test_a_kernels_function_is_called_once_in_a_sample_and_often_in_another(null, monkeypatch):
    monkeypatch.setattr(call_cost, "problem_of", lambda folder: problem_of("empty"))
    monkeypatch.setattr(yardstick, "problem_of", lambda folder: problem_of("empty"))
    rows, _ = costs(Machine(), Crosses, problem=problem_of("product"))

    n_steps = round(SHORT.limit_group_seconds / 1e-6)
    assert [(row.bridge, row.size, row.n_steps, row.call_seconds) for row in rows] == [
        ("some_null", 1, 1, pytest.approx(2e-6)),
        ("some_null", 1, n_steps, pytest.approx(1e-6 * (1 + n_steps) / n_steps)),
    ]


def test_each_bridge_is_crossed_once_and_python_is_none(null):
    _, opened = costs(Machine(), InPython, Crosses, Crosses)

    assert len(opened) == 1


def test_no_worker_is_opened_where_everything_is_python(null):
    assert costs(Machine(), InPython) == ([], [])


def test_a_null_that_cannot_run_here_is_a_row_with_its_reason(null, monkeypatch):
    monkeypatch.setattr(call_cost, "unavailable_reason", lambda *_: "no compiler")
    rows, opened = costs(Machine(), Crosses)

    assert [(row.call_seconds, row.reason) for row in rows] == [(None, "no compiler")] * 2
    assert opened == []


def test_a_null_that_fails_is_a_row_with_its_reason_and_its_worker_is_ended(null):
    worker = Machine("sample: it crashed")
    rows, _ = costs(worker, Crosses)

    assert [(row.call_seconds, row.reason) for row in rows] == [(None, "sample: it crashed")] * 2
    assert not worker.alive


def test_every_bridge_that_networks_cross_has_a_null_implementation():
    assert {found.implementation.bridge for found in yardsticks("networks").values()} == {"c", "julia", "process"}


def implementation(bridge, language):
    return described(type("Any", (Null,), {"bridge": bridge, "language": language}))


@pytest.mark.parametrize(
    ("bridge", "language", "name"),
    [
        ("c", "Rust", "c_function"),
        ("julia", "Julia", "julia_function"),
        ("process", "Julia", "julia_process"),
        ("process", "JavaScript", "node_process"),
        ("process", "Java", "java_process"),
        (None, "Numba", "numba_function"),
        (None, "JAX", "jax_function"),
        (None, "CuPy", "python_function"),
    ],
)
def test_a_kernel_is_called_as_the_yardstick_of_its_language_is(bridge, language, name):
    nulls = [found.implementation for found in yardsticks("empty").values()]

    assert null_for(implementation(bridge, language), nulls).name == name


def test_a_program_in_a_language_without_a_yardstick_has_no_cost_of_a_call():
    nulls = [found.implementation for found in yardsticks("empty").values()]

    assert null_for(implementation("process", "Haskell"), nulls) is None


def test_every_yardstick_of_kernels_has_words_in_the_report():
    from paragone.report.text.call_cost import YARDSTICKS

    assert {*yardsticks("empty")} == {*YARDSTICKS}
    assert FOLDER.is_dir()
