"""How long a run takes, as it is said before it has begun, and with its plan."""

from dataclasses import replace

import pytest
from everyone import FOUND
from msgspec import structs

from paragone.measure import forecast
from paragone.measure.forecast import CURVE, LIMIT, REPORT, planned_seconds, usual_seconds
from paragone.plan.cells import contenders_of
from paragone.plan.request import Request
from paragone.store.plan_records import Cell
from paragone.task.mlp.problem_files import find_problem
from paragone.verify.pilot_result import OVERHEAD_SECONDS, PilotResult

PROBLEM = replace(find_problem("nielsen"), batch_sizes=(10, 100))
ALONE = Request((PROBLEM,), implementations=("numpy_rows",), dtypes=("float32",), memory=False, curves=False)


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Two workers at once where nothing is timed."""
    monkeypatch.setattr(forecast, "untimed_slots", lambda threads, most: [(1,), (0,)])


def contenders(asked):
    return contenders_of(asked, [FOUND["numpy_rows"]], FOUND.values())


def usual(verified=(), **changes):
    asked = structs.replace(ALONE, **changes)
    return usual_seconds(asked, contenders(asked), verified)


def test_the_forecast_counts_samples_comparisons_loads_limits_and_the_report():
    contender, *_ = contenders(ALONE)
    cell = Cell(*contender.key[:2], 10, 1, n_steps=4, prefix_steps=1, step_seconds=0.01, once_per_launch=False)
    once = structs.replace(cell, size=100, n_steps=1, prefix_steps=0, step_seconds=1.0, once_per_launch=True)
    result = PilotResult(contender, [cell, once], load_seconds=0.6, check_seconds={10: 0.5, 100: 0.25})

    # In each launch: a cold sample, a warm-up and ten rounds, three of them compared; a cold and a timed sample.
    samples = 12 * (0.05 + OVERHEAD_SECONDS) + 3 * 0.5 + 2 * (1.0 + OVERHEAD_SECONDS) + 2 * 0.25
    expected = 2 * (samples + LIMIT + 0.6 / 2) + REPORT
    assert planned_seconds(ALONE, [cell, once], 2, 10, [result]) == pytest.approx(expected)
    with_curves = structs.replace(ALONE, curves=True)
    assert planned_seconds(with_curves, [cell, once], 2, 10, [result]) == pytest.approx(expected + CURVE / 2)


def test_a_comparison_of_two_versions_measures_no_limits():
    cell = Cell(*contenders(ALONE)[0].key[:2], 10, 1, 4, 1, 0.01, once_per_launch=False)
    result = PilotResult(contenders(ALONE)[0], [cell])
    live = structs.replace(ALONE, sides=("A=a", "B=b"))

    assert usual(sides=live.sides) < usual()
    with_limits, without = (planned_seconds(asked, [], 3, 10, [result]) for asked in (ALONE, live))
    assert with_limits - without == pytest.approx(3 * LIMIT)


def test_what_was_verified_before_takes_no_time_to_verify():
    verified = {each.key for each in contenders(ALONE)}
    assert usual(verified) < usual()


@pytest.mark.parametrize("more", [{"launches": 10}, {"rounds": 20}, {"memory": True}, {"curves": True}])
def test_more_work_takes_longer(more):
    assert usual(**more) > usual()


def test_a_quick_run_takes_less():
    assert usual(quick=True) < usual()
