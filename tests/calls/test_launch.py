"""The rounds of a launch."""

import sys

import numpy as np
import pytest

from paragone.calls.launch import Contender, Point, Task, take_launch
from paragone.calls.outcome import Outcome
from paragone.calls.timing import Part
from paragone.errors import MeasurementFailed

X = np.array([3.0, 1.0, 2.0])


def contender(name, expected, callable_=None, fresh=False):
    return Contender(name, callable_ or name, Part(1, fresh), "returned", expected)


def launch(calls, expected, n_rounds=4, fresh=False, seed=1):
    contenders = tuple(contender(name, expected, fresh=fresh) for name in calls)
    control = contender("a (A/A)", expected, "a", fresh)
    return take_launch(Task(calls, (Point(0, (X,), (*contenders, control)),)), n_rounds, seed)


def noting(name, log):
    return lambda x: log.append(name) or x.sum()


def test_each_is_called_once_untimed_and_then_in_every_round_in_a_new_order():
    log = []
    (times,) = launch({"a": noting("a", log), "b": noting("b", log)}, Outcome(X.sum()))
    rounds = [log[begin : begin + 3] for begin in range(2, len(log), 3)]

    assert log[:2] == ["a", "b"]
    assert [sorted(each) for each in rounds] == [["a", "a", "b"]] * 4
    assert len({tuple(each) for each in rounds}) > 1
    assert {name: len(parts) for name, parts in times.items()} == {"a": 4, "b": 4, "a (A/A)": 4}


def test_a_callable_that_gives_something_else_later_is_told():
    count = iter(range(100))

    with pytest.raises(MeasurementFailed, match="a gives something else in a later call: the result"):
        launch({"a": lambda x: x * (2 if next(count) > 3 else 1)}, Outcome(X))


def test_what_a_callable_changes_is_looked_at_in_every_part_too():
    count = iter(range(100))

    def sort(x):
        x[:] = sorted(x, reverse=next(count) > 3)

    with pytest.raises(MeasurementFailed, match="argument 1 differs"):
        launch({"a": sort}, Outcome(None, {"argument 1": np.sort(X)}), fresh=True)


def test_a_callable_that_raises_later_is_told():
    count = iter(range(3))

    with pytest.raises(MeasurementFailed, match="a raised StopIteration"):
        launch({"a": lambda x: next(count) * 0 + X}, Outcome(X))


def test_a_result_that_differs_by_rounding_is_the_same():
    random = np.random.default_rng(1)

    assert launch({"a": lambda x: X * (1 + 1e-16 * random.integers(0, 3))}, Outcome(X))


def test_a_callable_that_ends_the_program_later_is_told():
    count = iter(range(100))

    with pytest.raises(MeasurementFailed, match="a raised SystemExit: 3 in a later call"):
        launch({"a": lambda x: sys.exit(3) if next(count) > 3 else X}, Outcome(X))
