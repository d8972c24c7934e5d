"""Which implementations of two sides are measured against each other, and why the others are left out."""

import pytest
from small_project import write

from paragone.compare.live import SAME, paired
from paragone.errors import Misuse, UnknownName


def test_what_differs_takes_part_and_the_rest_is_left_out_with_its_reason(sides):
    found = paired(*sides())

    assert ("one",) == found.names
    assert {"other": SAME, "early": "new has none", "late": "old has none"} == found.left_out


def test_what_is_the_same_takes_part_where_everything_is_asked_for(sides):
    assert ("one", "other") == paired(*sides(), everything=True).names


def test_patterns_choose_among_those_that_either_side_has(sides):
    assert {} == paired(*sides(), patterns=["on*"]).left_out
    assert {"other": SAME} == paired(*sides(), patterns=["one", "oth*"]).left_out
    with pytest.raises(UnknownName, match="Did you mean 'other'"):
        paired(*sides(), patterns=["othre"])


def test_where_nothing_differs_that_is_said_with_how_to_measure_it_all_the_same(sides):
    with pytest.raises(Misuse, match=r"nothing differs between old and new; 1 with the same source .*--all"):
        paired(*sides(), patterns=["other"])
    with pytest.raises(Misuse, match=r"there is nothing to compare\. early: new has none"):
        paired(*sides(), patterns=["early"])


def test_what_this_harness_cannot_load_is_a_row_with_its_reason(sides, tmp_path):
    write(tmp_path / "old" / "other", "", impl="from paragone.adapters import gone_since")
    found = paired(*sides())

    assert ("one",) == found.names
    assert ["other@old"] == [entry.name for entry in found.broken]
    assert "cannot import name 'gone_since'" in found.broken[0].reason
    assert found.left_out["other"].startswith("old cannot use it: ")
