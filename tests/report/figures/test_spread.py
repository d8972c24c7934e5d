"""Labels at the ends of lines: apart, inside, and in the order of their lines."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paragone.report.figures.spread import spread


def test_labels_with_room_enough_stay_where_they_are():
    assert spread([0.9, 0.1, 0.5], 0.1, 0, 1) == pytest.approx([0.9, 0.1, 0.5])


def test_two_labels_on_one_spot_move_apart_by_the_same_amount():
    assert spread([0.5, 0.5], 0.2, 0, 1) == pytest.approx([0.4, 0.6])


def test_labels_at_the_edge_are_pushed_inwards():
    assert spread([1.0, 1.0, 1.0], 0.1, 0, 1) == pytest.approx([0.8, 0.9, 1.0])


def test_more_labels_than_fit_share_the_room_evenly():
    assert spread([0.5] * 5, 1.0, 0, 1) == pytest.approx([0, 0.25, 0.5, 0.75, 1])


def test_no_labels_give_no_positions():
    assert len(spread([], 0.1, 0, 1)) == 0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), st.floats(0, 0.05))
def test_labels_are_apart_inside_and_in_the_order_of_their_lines(wanted, gap):
    places = spread(wanted, gap, 0, 1)
    order = np.argsort(wanted, kind="stable")

    assert np.all(np.diff(places[order]) >= gap - 1e-9)
    assert places.min() >= -1e-9
    assert places.max() <= 1 + 1e-9
