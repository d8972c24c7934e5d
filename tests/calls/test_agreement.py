"""Whether two outcomes agree: what is equal, what rounding explains, and the words for the rest."""

import datetime

import numpy as np
import pandas as pd
import pytest

from paragone.calls.agreement import Judge
from paragone.calls.outcome import Outcome

X = np.random.default_rng(1).random((20, 30))


def disagreement(right, got, **options):
    return Judge((X,), **options).disagreement(Outcome(right), Outcome(got))


@pytest.mark.parametrize(
    ("right", "got"),
    [
        (X, X.copy()),
        (X, X * (1 + 1e-15)),
        (X.sum(), sum(sum(row) for row in X)),
        ([1.0, np.nan, np.inf], np.array([1, np.nan, np.inf])),
        ((1, {"a": X}), [1, {"a": X}]),
        (3, 3.0),
        (X.astype("f4"), X),
        (np.fft.fft(X), np.fft.fft(X) * (1 + 1e-15)),
        (X, X + 0j),
        (X + 0j, X),
        (pd.DataFrame({"a": [1.0]}), pd.DataFrame({"a": [1.0 + 1e-15]})),
        (np.array(["a", "b"]), np.array(["a", "b"])),
        (np.array(["NaT"], "M8[s]"), np.array(["NaT"], "M8[s]")),
        (datetime.date(2026, 1, 2), datetime.date(2026, 1, 2)),
        (None, None),
    ],
)
def test_what_differs_by_rounding_or_not_at_all_agrees(right, got):
    assert disagreement(right, got) == ""


def changed(where, value):
    found = X.copy()
    found[where] = value
    return found


@pytest.mark.parametrize(
    ("right", "got", "told"),
    [
        (X, changed((3, 4), 9.0), "1 of its 600 numbers is off, at [3, 4]: 9, "),
        (X, changed((3, 4), np.nan), "the result is nan at [3, 4]"),
        (X, -X, "all of its 600 numbers are off"),
        (X, X[1:], "the result has the shape (19, 30), (20, 30) is expected"),
        (X, None, "the result is None, an array of shape (20, 30) is expected"),
        ({"a": X}, {"b": X}, "the reference has the result['a'], and it does not"),
        ({"a": (1, 2)}, {"a": (1, 3)}, "1 of the 2 values of the result['a'] differ, first at [1]: 3, 2 is expected"),
        ("abc", "abd", "the result is abd, abc is expected"),
        (1.0, 1.1, "1.1, 1 is expected"),
        (True, False, "False, True is expected"),
        (np.inf, -np.inf, "the result is -inf, inf is expected"),
        (1j, 1 + 1j, "the result differs by 1.0e+00 of its size"),
    ],
)
def test_what_differs_is_told_with_its_place_and_how_far(right, got, told):
    assert told in disagreement(right, got)


def test_a_tolerance_takes_the_place_of_the_calculated_bound():
    assert disagreement(X, X * 1.001, tolerance=0.01) == ""
    assert disagreement(X, X * (1 + 1e-15), tolerance=0.0)


def test_what_the_rounding_of_the_inputs_does_to_the_reference_is_allowed_too():
    """The difference of two numbers near 1 has an error of eps over the difference."""

    def difference(x):
        return x[0] - x[1]

    x = np.array([1.0, 1.0 - 1e-6])
    right, got = Outcome(difference(x)), Outcome(difference(x * (1 + np.array([2e-15, 0]))))
    with_spread = Judge((x,), lambda change: Outcome(difference(change(x))))

    assert Judge((x,)).disagreement(right, got)
    assert with_spread.disagreement(right, got) == ""


def test_a_reference_that_refuses_other_inputs_leaves_the_bound_as_it_is():
    def refuse(change):
        raise ValueError("only these")

    assert Judge((X,), refuse).disagreement(Outcome(X), Outcome(X * 1.001))


def test_changed_arguments_are_results_unless_both_return_something_and_one_alone_changes_them():
    sorts = Outcome(None, {"argument 1": np.sort(X)})

    assert Judge((X,)).disagreement(sorts, Outcome(None, {"argument 1": np.sort(X)})) == ""
    assert "and it does not" in Judge((X,)).disagreement(sorts, Outcome(None))
    assert "argument 1 differs" in Judge((X,)).disagreement(sorts, Outcome(None, {"argument 1": X}))
    assert Judge((X,)).disagreement(Outcome(X), Outcome(X, {"argument 1": -X})) == "", "scratch space"


def test_what_may_be_right_after_all_is_told_with_what_to_do():
    assert "tolerance=2e-08" in disagreement(X, X * (1 + 1e-8))
    assert "what rounding left of 0" in disagreement(np.float64(1e-17), np.float64(0.0))
