"""What a call costs across each bridge: measured in a worker of its own, told with a reason where it cannot be."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from described_here import registered, variants_of
from in_process import SHORT, ScriptedWorker

from paragone.errors import MeasurementFailed
from paragone.implementation.contract import FLOATS, Implementation
from paragone.measure import call_cost
from paragone.measure.call_cost import call_costs, nulls
from paragone.plan.cells import Contender
from paragone.store.plan_records import CallCostRow
from paragone.task.mlp.problem_files import find_problem
from paragone.worker.commands import TimeCall
from paragone.worker.replies import CallCost

PROBLEM = replace(find_problem("nielsen"), n_train=60)
DATA = SimpleNamespace(folder="data")


class Null(Implementation):
    """A null implementation of a made-up bridge."""

    name, bridge, axes = "some_null", "made up", {"dtype": FLOATS}
    load = reset = train = params = None


class Crosses(Null):
    """An implementation that is reached through the made-up bridge."""

    name = "crosses"


class InPython(Null):
    name, bridge = "in_python", None


def cost_of(command):
    """A call costs a microsecond for each image."""
    return CallCost(command.size * 1e-6) if isinstance(command, TimeCall) else None


def crash(command):
    if isinstance(command, TimeCall):
        raise MeasurementFailed("call: it crashed")


@pytest.fixture
def null(monkeypatch):
    monkeypatch.setattr(call_cost, "nulls", lambda: {"made up": registered(Null)})
    return Null


def contenders_of(*implementations):
    return [
        Contender(PROBLEM, registered(implementation, "folder"), variant, 1)
        for implementation in implementations
        for variant in variants_of(implementation)
    ]


def costs(worker, *implementations):
    opened = []

    def open_worker(contender):
        opened.append(contender)
        return worker

    return call_costs(contenders_of(*implementations), DATA, open_worker, 1), opened


def test_a_call_is_timed_with_one_image_and_with_the_whole_training_set(null):
    worker = ScriptedWorker(cost_of)
    rows, _ = costs(worker, Crosses)

    assert rows == [CallCostRow(bridge="made up", size=n, call_seconds=pytest.approx(n * 1e-6)) for n in (1, 60)]
    (loaded, *_) = worker.commands
    assert (loaded.implementation, loaded.axis) == ("some_null", {"dtype": "float32"})
    assert not worker.alive


def test_calls_are_timed_within_the_budgets(null):
    worker = ScriptedWorker(cost_of)
    call_costs(contenders_of(Crosses), DATA, lambda contender: worker, 1, SHORT)

    assert [SHORT] * 2 == [command.budgets for command in worker.commands if isinstance(command, TimeCall)]


def test_each_bridge_is_crossed_once_and_python_is_none(null):
    _, opened = costs(ScriptedWorker(cost_of), InPython, Crosses, Crosses)

    assert len(opened) == 1


def test_no_worker_is_opened_where_everything_is_python(null):
    assert costs(ScriptedWorker(cost_of), InPython) == ([], [])


def test_a_null_that_cannot_run_here_is_a_row_with_its_reason(null, monkeypatch):
    monkeypatch.setattr(Null, "missing", classmethod(lambda cls: "no compiler"))
    rows, opened = costs(ScriptedWorker(cost_of), Crosses)

    assert [(row.call_seconds, row.reason) for row in rows] == [(None, "no compiler")] * 2
    assert opened == []


def test_a_null_that_fails_is_a_row_with_its_reason_and_its_worker_is_ended(null):
    worker = ScriptedWorker(crash)
    rows, _ = costs(worker, Crosses)

    assert [(row.call_seconds, row.reason) for row in rows] == [(None, "call: it crashed")] * 2
    assert not worker.alive


def test_every_bridge_that_ships_has_a_null_implementation():
    assert set(nulls()) == {"c", "julia", "process"}
