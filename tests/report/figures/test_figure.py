"""The sheet of a figure: its ticks, its subtitle, its files."""

import numpy as np
import pytest
from matplotlib.path import Path

from paragone.report.figures import figure
from paragone.report.figures.drawing import Drawing
from paragone.report.figures.figure import sizes_to_label, text_width, wrapped


def test_ticks_leave_out_batch_sizes_that_would_touch_but_keep_both_ends():
    assert sizes_to_label([1, 10, 100, 1000, 10_000]) == [1, 10, 100, 1000, 10_000]
    assert sizes_to_label([500, 510, 520, 1000]) == [500, 1000]
    assert sizes_to_label([9_000, 9_500, 10_000]) == [9_000, 10_000]
    assert sizes_to_label([7]) == [7]


def test_long_subtitles_are_broken_between_words():
    lines = wrapped("one two three four five six", 1.0, 9)

    assert " ".join(lines) == "one two three four five six"
    assert len(lines) > 1
    assert all(text_width(line, 9) <= 1.0 for line in lines)


@pytest.fixture
def outlines(monkeypatch):
    """Return the outlines whose widths are taken."""
    taken, width = [], figure._outline_width
    monkeypatch.setattr(figure, "_outline_width", lambda outline: taken.append(outline) or width(outline))
    return taken


@pytest.mark.parametrize("weight", ["normal", "bold"])
def test_the_width_of_a_text_is_that_of_its_outline_to_the_last_bit(outlines, weight):
    printable = "".join(filter(str.isprintable, map(chr, range(0x21, 0x180)))) + "⅓●\N{CJK UNIFIED IDEOGRAPH-6570}"
    widths = [text_width(text, 8.5, weight) for text in (*printable, "Oil: 95 % of £ 3 – “ﬁgures” (×)")]

    assert [outline.get_extents().width / 72 for outline in outlines] == widths


@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize(
    ("codes", "x"),
    [((Path.CURVE3, Path.CURVE3), (0, 3, 1)), ((Path.CURVE4, Path.CURVE4, Path.CURVE4), (0, 3, 3, 1))],
)
def test_a_curve_that_reaches_beyond_the_points_on_it_is_as_wide_as_it_reaches(codes, x, side):
    vertices = np.array([(side * place, number) for number, place in enumerate(x)], float)
    outline = Path(vertices, [Path.MOVETO, *codes])

    assert 1 < outline.get_extents().width == figure._outline_width(outline)


def test_a_file_is_rendered_when_it_is_first_asked_for_and_once():
    asked = []
    drawing = Drawing("x", "Words.", lambda form: asked.append(form) or form.encode())

    assert asked == []
    assert [drawing.svg, drawing.svg, drawing.png] == [b"svg", b"svg", b"png"]
    assert asked == ["svg", "png"]
