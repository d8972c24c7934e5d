"""The sheet of a figure: its ticks and its subtitle."""

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
