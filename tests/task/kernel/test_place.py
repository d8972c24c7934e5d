"""Where wrong numbers lie, in words."""

import numpy as np
import pytest

from paragone.task.distance import Distance
from paragone.task.kernel.place import block_around, place_of

RIGHT = np.arange(1.0, 13.0).reshape(3, 4)


def said(*places, allowed=0.01, off=0.5, right=RIGHT):
    got = right.copy()
    for place in places:
        got[place] += off
    return place_of(right, got, Distance("D", 1.0, allowed, 1.0))


def test_one_wrong_number_is_named_with_what_it_is_and_what_is_expected():
    assert "1 of its 12 numbers is off, at [2, 1]: 10.5, 10 is expected" == said((2, 1))


def test_a_wrong_row_is_named_as_the_block_that_it_is():
    assert said(2).startswith("4 of its 12 numbers are off, all within [2, 0:4], most at [2, 0]: 9.5, 9 is expected")


def test_numbers_that_are_off_everywhere_have_no_block():
    assert said(slice(None)).startswith("all of its 12 numbers are off, most at [0, 0]: ")


def test_what_adds_less_than_its_share_is_not_off():
    assert said((0, 0), (1, 1), allowed=0.4 * 12**0.5).startswith("2 of its 12")
    assert "" == said((0, 0), (1, 1), allowed=0.6 * 12**0.5)


def test_an_array_of_one_number_has_no_place():
    assert "" == said(0, right=np.array([1.0]))


@pytest.mark.parametrize(
    ("places", "block"),
    [
        ([(0, 3)], "[0, 3]"),
        ([(0, 0), (0, 3)], "[0, 0:4]"),
        ([(0, 3), (2, 3)], "[0:3, 3]"),
        ([(0, 0), (2, 3)], ""),
    ],
)
def test_the_block_is_the_smallest_around_them_and_none_where_it_is_everything(places, block):
    where = np.zeros((3, 4), bool)
    for place in places:
        where[place] = True

    assert block == block_around(where)
