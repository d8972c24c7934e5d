"""Copies of arguments, and which of them a call has changed."""

import numpy as np
import pandas as pd
import pytest

from paragone.calls.arguments import changed_arguments, copied, counted, n_bytes, of_size, refuse_without_size
from paragone.errors import Misuse

X = np.arange(24.0).reshape(4, 6)


@pytest.mark.parametrize(
    "view", [X, X.T, X[:, 1:3], X[::2, ::-2], X.T[1:, ::3], X[::-1], np.broadcast_to(X[0], (3, 6))]
)
def test_a_copy_lies_in_memory_as_the_original_does(view):
    (copy,) = copied((view,))

    assert np.array_equal(copy, view)
    assert copy.strides == view.strides
    assert not np.shares_memory(copy, view)


def test_a_view_inside_a_dictionary_keeps_its_strides():
    (copy,) = copied(({"x": [X[:, ::2]]},))

    assert copy["x"][0].strides == X[:, ::2].strides


def test_what_is_given_twice_is_one_thing_in_the_copies_too():
    first, second = copied((X, X))

    assert first is second
    assert first is not X


def test_what_cannot_be_copied_is_named():
    with pytest.raises(Misuse, match=r"argument 2, a generator, cannot be copied .* such as a list"):
        copied((X, (i for i in range(3))))


def test_changed_arguments_are_found_bit_by_bit():
    frame = pd.DataFrame({"a": [1.0, np.nan]})
    before = (X, frame, [1, 2], "text", np.array([np.nan]))
    after = copied(before)
    assert changed_arguments(before, after) == {}

    after[0][1, 1] = -1
    after[1].loc[0, "a"] = 2.0
    after[2].append(3)

    assert list(changed_arguments(before, after)) == ["argument 1", "argument 2", "argument 3"]


class Counter:
    def __init__(self):
        self.count = 0


def test_an_object_that_knows_no_equality_has_changed_where_its_attributes_have():
    before = (Counter(),)
    after = copied(before)
    assert changed_arguments(before, after) == {}

    after[0].count = 1

    assert list(changed_arguments(before, after)) == ["argument 1"]


def test_the_memory_of_arguments_is_that_of_their_arrays():
    assert n_bytes((X, {"y": X})) == 2 * X.nbytes


def test_an_argument_that_is_callable_makes_its_own_and_a_tuple_is_several():
    assert of_size((lambda n: [n], 7, lambda n: (n, -n)), 3) == ([3], 7, 3, -3)
    assert of_size((abs,), None) == (abs,), "without sizes, a callable is an argument"


def test_sizes_on_which_nothing_depends_are_refused():
    with pytest.raises(Misuse, match="no argument depends on them"):
        refuse_without_size((X, 3))


def test_a_function_among_the_arguments_is_named_where_a_call_fails():
    assert counted((1, lambda n: n)) == (
        "2 arguments; argument 2 is a function itself, which sizes=(10, 100) calls with each size"
    )
    assert counted((1,)) == "1 argument"
