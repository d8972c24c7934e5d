"""The first call of a callable."""

import threading

import numpy as np

from paragone.calls.first_calls import completed, first_call

X = np.array([3.0, 1.0, 2.0])


def test_a_call_gets_copies_and_what_it_changes_is_part_of_its_outcome():
    found = first_call(lambda x: x.sort(), (X,))

    assert found.outcome.returned is None
    assert found.changes_arguments
    assert np.array_equal(found.outcome.changed["argument 1"], [1, 2, 3])
    assert X[0] == 3


def test_a_result_that_is_a_view_of_an_argument_is_kept_as_it_was():
    buffer = np.zeros(3)

    def into_buffer(x):
        buffer[:] += x
        return buffer[::-1]

    found = first_call(into_buffer, (X,))
    into_buffer(X)

    assert np.array_equal(found.outcome.returned, X[::-1])


def test_a_result_that_cannot_be_copied_is_kept_itself():
    lock = threading.Lock()

    assert first_call(lambda x: lock, (X,)).outcome.returned is lock


def test_an_iterator_is_used_up():
    found = first_call(lambda x: (2 * i for i in x), ([1, 2],))

    assert (found.way, found.outcome.returned) == ("used up", [2, 4])
    assert completed(lambda x: iter(x), "used up")([1, 2]) == [1, 2]


def test_a_callable_that_returns_what_is_complete_is_timed_as_it_is():
    assert completed(abs, first_call(abs, (X,)).way) is abs
