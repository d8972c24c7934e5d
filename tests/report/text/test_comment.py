"""A table of any length becomes a comment that GitHub takes, with what matters first and nothing silently left out."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paragone.report.text.comment import KINDS, MOST_CHARACTERS, Row, code, cut, kind_of, table_that_fits, with_rows

HEADINGS = ["cell", "verdict"]


def row(kind, number=0, slowness=0.0, length=1):
    return Row(kind, (f"`c{number}`{'x' * length}", kind), slowness)


def cells_of(text):
    return [line.split(" | ")[0].removeprefix("| ") for line in text.splitlines() if line.startswith("| `c")]


rows = st.lists(
    st.builds(row, st.sampled_from(KINDS), st.integers(0, 99), st.floats(-9, 9), st.integers(1, 400)), max_size=60
)


@given(rows, st.integers(600, 12_000), st.integers(0, 300))
def test_it_never_has_more_characters_than_are_allowed_and_counts_what_is_not_shown(rows, most, before):
    text = with_rows("\n".join(["words"] * before), HEADINGS, rows, "how to read", most)
    left_out = re.search(r"Not shown for want of room: (\d+) cells?, (.*)\.", text)

    assert len(text) <= most
    assert text.endswith("how to read\n")
    assert len(rows) == len(cells_of(text)) + (int(left_out[1]) if left_out else 0)
    if left_out:
        assert int(left_out[1]) == sum(int(number) for number in re.findall(r"(\d+) [a-z]", left_out[2]))


@given(rows)
def test_what_fits_is_shown_whole(rows):
    text = with_rows("before", HEADINGS, rows, "")

    assert len(rows) == len(cells_of(text))
    assert "want of room" not in text


def test_what_failed_comes_first_then_the_slowest_then_the_fastest_and_the_rest_is_folded_away():
    given = [
        row("same", 1), row("slower", 2, 0.1), row("faster", 3, 1.1), row("slower", 4, 0.9), row("failed", 5),
        row("faster", 6, 3.0), row("not enough data", 7), row("same", 8),
    ]  # fmt: skip
    text = with_rows("", HEADINGS, given, "")
    shown, folded = text.split("<details>")

    assert ["`c5`x", "`c4`x", "`c2`x", "`c6`x", "`c3`x"] == cells_of(shown)
    assert ["`c7`x", "`c1`x", "`c8`x"] == cells_of(folded)
    assert folded.startswith("<summary>3 other cells</summary>\n\n| cell | verdict |")


def test_a_few_cells_without_a_difference_stand_open_where_there_are_no_others():
    assert "<details>" not in with_rows("", HEADINGS, [row("same", n) for n in range(10)], "")
    assert "<details><summary>11 other cells" in with_rows("", HEADINGS, [row("same", n) for n in range(11)], "")


def test_where_there_is_no_room_the_last_in_that_order_are_counted():
    text = with_rows("", HEADINGS, [row("same", n, length=50) for n in range(90)] + [row("slower", 99)], "", 4_000)

    assert "`c99`x" == cells_of(text)[0]
    assert f"Not shown for want of room: {91 - len(cells_of(text))} cells, {91 - len(cells_of(text))} same." in text
    assert len(text) > 3_900


def test_a_text_that_is_too_long_is_cut_at_a_line_and_says_so():
    text = cut("\n".join(["twelve signs"] * 100), 400)

    assert len(text) <= 400
    assert {"twelve signs", "", "*The rest has no room in a comment.*"} == {*text.splitlines()}


@pytest.mark.parametrize(
    ("verdict", "kind"),
    [("same within 3 %", "same"), ("slower", "slower"), ("not enough data", "not enough data"), ("", "not compared")],
)
def test_a_verdict_is_counted_without_its_width(verdict, kind):
    assert kind == kind_of(verdict)


def test_a_table_says_how_many_of_its_rows_had_no_room():
    assert table_that_fits(["a"], [["b"]] * 5, 100).endswith("| b |")
    assert table_that_fits(["a"], [["b"]] * 5, 13).endswith("| b |\n| b |\n\nand 3 more.")


def test_text_from_outside_is_code_and_cut():
    assert "`by @bob, #12`" == code("by @bob, #12")
    assert f"`{'x' * 199}…`" == code("x" * 300)


def test_the_limit_is_the_one_that_github_names():
    assert MOST_CHARACTERS == 65_536
