"""The callables by name."""

import numpy as np
import pytest

from paragone.calls.callables import named
from paragone.errors import Misuse


def test_a_mapping_is_taken_as_it_is_and_others_by_their_own_names():
    assert list(named({"a": np.sort, "b": np.sort})) == ["a", "b"]
    assert list(named([np.sort, sorted])) == ["sort", "sorted"]
    assert list(named(np.sort)) == ["sort"]


def test_two_of_one_name_are_told_apart():
    assert list(named([np.sort, np.sort, np.sort])) == ["sort", "sort 2", "sort 3"]


async def later(x):
    return x


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "got none"),
        (3, "got int"),
        ({"a": 3}, "a is no callable but int"),
        ({"a": later}, "a is async"),
        ({1: sum, "1": sum}, "two callables have one name"),
        ({"a (A/A)": sum}, "what a control is called"),
        ({"": sum}, "expected names that print"),
        ({"\x1b[31m": sum}, "expected names that print"),
        ({"\udc80": sum}, "expected names that print"),
    ],
)
def test_what_cannot_be_called_is_refused_with_an_example(given, told):
    with pytest.raises(Misuse, match=told):
        named(given)
