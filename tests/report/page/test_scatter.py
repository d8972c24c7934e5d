"""The charts of speed over what an implementation takes: every name of a front has room, whatever lies together."""

import itertools

import pytest

from paragone.report.page.axis import ByteAxis, LineAxis
from paragone.report.page.scatter import NAME_REM, Dot, scatter


def chart(n_dots, axis=None):
    """Return the chart of that many dots that lie almost on each other, all of the front."""
    dots = [Dot(f"way_{n}", 10 + n, f"{50 + n / 100}", {}, "", on_front=True) for n in range(n_dots)]
    return scatter(dots, axis or LineAxis(10 + n_dots))


@pytest.mark.parametrize("n_dots", [1, 5, 40, 120])
def test_names_stand_apart_in_the_order_of_their_dots_and_within_the_chart(n_dots):
    found = chart(n_dots)
    height = float(found["height_rem"])
    levels = [float(dot["level"]) for dot in found["front"]]

    assert [f"way_{n}" for n in range(n_dots)] == [dot["name"] for dot in found["front"]]
    assert all(0 <= level <= 100 for level in levels)
    rems = [height * level / 100 for level in levels]
    least = NAME_REM * (n_dots - 1) / n_dots  # the chart ends with the last name
    assert all(after - before >= least - 0.02 for before, after in itertools.pairwise(rems))


def test_a_long_name_is_cut_and_its_dot_has_the_whole():
    (dot,) = scatter([Dot("x" * 60, 1, "50", {}, "", True)], LineAxis(2))["front"]

    assert ("x" * 60, 28) == (dot["name"], len(dot["shown"]))


@pytest.mark.parametrize("most", [1, 7, 40, 617, 12_345])
def test_lines_have_a_few_round_ticks_from_zero_and_the_longest_stands_within(most):
    axis = LineAxis(most)
    places = [float(at) for at, _ in axis.ticks()]

    assert 0.0 == places[0]
    assert 1 < len(places) <= 5
    assert 90 < float(axis.at(most)) <= 100


def test_what_needs_no_package_has_a_place_of_its_own_before_the_others():
    axis = ByteAxis([0.0, 27e6, 2.1e9])
    places = [float(axis.at(size)) for size in (0.0, 27e6, 2.1e9)]

    assert sorted(places) == places
    assert places[1] - places[0] > 5
    assert "0" == axis.ticks()[0][1]
    assert "0" == ByteAxis([0.0]).ticks()[0][1]
