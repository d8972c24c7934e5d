"""What a call gave, taken apart."""

from collections import namedtuple
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from paragone.calls.outcome import leaves, same_bits

Pair = namedtuple("Pair", "mean deviation")


@dataclass
class Fit:
    slope: float
    points: list


@pytest.mark.parametrize(
    ("value", "paths"),
    [
        (1.5, [""]),
        ([1, 2.5], [""]),
        ([1, "a"], ["[0]", "[1]"]),
        ({"a": 1, "b": (np.ones(3), None)}, ["['a']", "['b'][0]", "['b'][1]"]),
        (Pair(np.ones(2), "x"), ["[0]", "[1]"]),
        (Fit(1.0, ["a"]), [".slope", ".points[0]"]),
        (pd.DataFrame({"a": [1], "b": [2]}), [".index", "['a']", "['b']"]),
        (pd.Series([1.0]), [".index", ""]),
        ([], [""]),
        (None, [""]),
    ],
)
def test_a_value_is_taken_apart_into_arrays_and_values_by_their_paths(value, paths):
    assert list(leaves(value)) == paths


def test_a_list_of_numbers_and_other_libraries_arrays_are_arrays():
    class Tensor:
        def __array__(self, dtype=None, copy=None):
            return np.arange(3.0)

    assert np.array_equal(leaves(Tensor())[""], leaves([0.0, 1.0, 2.0])[""])


def test_how_a_sparse_matrix_stores_its_zeros_is_no_part_of_its_value():
    plain = csr_array(([1.0], ([0], [1])), shape=(2, 2))
    with_zero = csr_array(([1.0, 0.0], ([0, 1], [1, 1])), shape=(2, 2))

    assert same_bits(leaves(plain), leaves(with_zero))


def test_the_same_bits_are_the_same_nan_and_not_the_same_sign_of_zero():
    assert same_bits(leaves([np.nan, 1.0]), leaves([np.nan, 1.0]))
    assert not same_bits(leaves(np.array([0.0])), leaves(np.array([-0.0])))
    assert not same_bits(leaves({"a": 1}), leaves({"b": 1}))
    assert not same_bits(leaves(np.ones(2, "f4")), leaves(np.ones(2)))
