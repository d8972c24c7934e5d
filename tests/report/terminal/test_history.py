"""A history in a terminal of 80 columns."""

import io
import re

import pytest
from rich.console import Console
from runs_over_time import nights

from paragone.analyse.results import Results
from paragone.comparison.history import history_of, past_run
from paragone.report.terminal.history import print_history


def printed(history, width=80):
    console = Console(file=io.StringIO(), width=width)
    print_history(history, console)
    return console.file.getvalue()


def test_what_changed_stands_below_its_runs_and_what_differs_between_them():
    text = printed(history_of([past_run(Results(run)) for run in nights(8, at=4, factor=1.25)]))
    lines = [line.strip() for line in text.splitlines()]
    place = lines.index("2026-01-05T030405Z (abc1234) → 2026-01-06T030405Z (def5678)")

    assert "numpy: 2.4.0 → 2.5.0" == lines[place + 1]
    assert "numpy_a 10" in text
    assert "slower" in text


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_entry_of_a_change_is_broken_within_the_width(width):
    history = history_of([past_run(Results(run)) for run in nights(8, at=4, factor=1.25)])
    lines = printed(history, width).splitlines()

    assert max(map(len, lines)) <= width
    assert any(re.search(r"numpy_a 10 .*0\.8\d× \[0\.\d\d, 0\.\d\d\] +slower", line) for line in lines)
    assert any("own speed" in line for line in lines)


def test_where_nothing_changed_it_says_so_and_names_what_was_left_out():
    text = printed(history_of([past_run(Results(run)) for run in nights(2)], [("one", "it is quick")]))

    assert "No cell changed." in text
    assert "1 run left out: it is quick (one)." in text
