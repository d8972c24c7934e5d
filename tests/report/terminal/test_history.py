"""A history in a terminal of 80 columns."""

import io

from rich.console import Console
from runs_over_time import nights

from paragone.analyse.results import Results
from paragone.comparison.history import history_of, past_run
from paragone.report.terminal.history import print_history


def printed(history):
    console = Console(file=io.StringIO(), width=80)
    print_history(history, console)
    return console.file.getvalue()


def test_what_changed_stands_below_its_runs_and_what_differs_between_them():
    text = printed(history_of([past_run(Results(run)) for run in nights(8, at=4, factor=1.25)]))
    lines = [line.strip() for line in text.splitlines()]
    place = lines.index("2026-01-05T030405Z (abc1234) → 2026-01-06T030405Z (def5678)")

    assert "numpy: 2.4.0 → 2.5.0" == lines[place + 1]
    assert "numpy_a 10" in text
    assert "slower" in text


def test_where_nothing_changed_it_says_so_and_names_what_was_left_out():
    text = printed(history_of([past_run(Results(run)) for run in nights(2)], [("one", "it is quick")]))

    assert "No cell changed." in text
    assert "1 run left out: it is quick (one)." in text
