"""Parts: how many calls, and with which arguments."""

import pytest

from paragone.calls.timing import MOST_COPIES, PART_S, Part, parts_of, time_part


def test_a_part_calls_as_often_as_it_says_and_returns_the_last_result():
    seen = []
    timed = time_part(lambda x: seen.append(x) or len(seen), ("x",), Part(3, False))

    assert (seen, timed.returned) == (["x"] * 3, 3)
    assert timed.seconds > 0


def test_callables_without_arguments_are_called_too():
    assert time_part(lambda: 7, (), Part(2, False)).returned == 7


def test_each_call_has_arguments_of_its_own_where_that_is_asked_for():
    assert time_part(lambda x: x.append(1) or len(x), ([],), Part(5, True)).returned == 1
    assert time_part(lambda x: x.append(1) or len(x), ([],), Part(5, False)).returned == 5


def test_callables_about_as_fast_have_as_many_calls_and_others_fill_their_part():
    parts = parts_of({"a": 1e-4, "b": 1.5e-4, "c": 1e-2, "d": 1e-6}, False, 0)

    assert parts["a"].n_calls == parts["b"].n_calls == int(PART_S / 1.5e-4)
    assert (parts["c"].n_calls, parts["d"].n_calls) == (1, pytest.approx(5000, abs=1))


def test_copies_are_limited_in_number_and_in_memory():
    assert parts_of({"a": 1e-9}, True, 8)["a"].n_calls == MOST_COPIES
    assert parts_of({"a": 1e-6}, True, 1 << 25)["a"].n_calls == 2
    assert parts_of({"a": 1e-6}, True, 1 << 40)["a"].n_calls == 1
