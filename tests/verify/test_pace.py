"""The pace of a contender: whether a step at a larger size is too slow to be measured."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from paragone.plan.request import Request
from paragone.task.mlp.problem_files import find_problem
from paragone.verify.pace import PROBE_SECONDS, Pace, largest_within, pace_at

PROBLEM = replace(find_problem("nielsen"), batch_sizes=(1, 10, 100, 1000, 10000))
REQUEST = Request((PROBLEM,))


class Timed:
    """A worker whose step takes `seconds(size)`; it notes the sizes that were tried."""

    def __init__(self, seconds):
        self.seconds, self.tried = seconds, []

    def call_from(self, start, command):
        self.tried.append(command.size)
        return SimpleNamespace(step_seconds=self.seconds(command.size))


def paced(seconds, size):
    worker = Timed(seconds)
    return pace_at(size, worker, PROBLEM, None, REQUEST), worker


@pytest.mark.parametrize("constant", [1e-4, 2e-3, 0.05, 0.1])
@pytest.mark.parametrize("size", [1000, 10000])
def test_a_constant_cost_is_not_taken_for_one_that_grows(constant, size):
    pace, _ = paced(lambda size: constant, size)

    assert pace.predict(size) <= REQUEST.too_slow_seconds


def test_a_step_that_grows_with_the_work_is_too_slow_after_one_more_look():
    pace, worker = paced(lambda size: 0.005 * size, 1000)

    assert [10, 40] == worker.tried
    assert pytest.approx(5.0) == pace.predict(1000)


def test_no_step_is_tried_that_might_take_long():
    _, worker = paced(lambda size: 1e-3 + 2e-4 * size, 10000)

    assert all(1e-3 + 2e-4 * size <= 1.5 * PROBE_SECONDS for size in worker.tried)


def test_a_step_that_takes_long_itself_is_not_looked_at_again():
    pace, worker = paced(lambda size: 0.5, 1000)

    assert [10] == worker.tried
    assert pace.predict(1000) > REQUEST.too_slow_seconds


def test_what_is_fast_enough_is_predicted_from_one_estimate():
    _, worker = paced(lambda size: 1e-5 * size, 10000)

    assert [10] == worker.tried


def test_a_probe_of_a_kernel_is_chosen_by_its_work_not_by_its_size():
    cubic = SimpleNamespace(work=lambda n: n**3)
    pace = Pace(cubic, 10, 1e-3)

    assert 58 == largest_within(0.2, pace, 1000)
    assert 50 == largest_within(0.2, pace, 50)
    assert 10 == largest_within(1e-4, pace, 1000)
