"""The answer on the terminal: bars as long as the speeds, the fastest first, the A/A control behind the baseline."""

from io import StringIO

import pytest
from full_run import QUIET, empty_run
from made_up_run import made_up_run
from ranked_run import ranked_run
from rich.console import Console

from paragone.analyse.results import Results
from paragone.report.terminal.ranking import MOST_BARS, bar, print_ranking


@pytest.fixture(scope="module")
def results():
    return Results(ranked_run())


def printed(results, width=80, encoding="utf-8"):
    out = StringIO()
    console = type("Encoded", (Console,), {"encoding": encoding})(width=width, file=out)
    print_ranking(results, "nielsen", 1, console)
    return out.getvalue()


def test_the_fastest_is_named_and_comes_first_and_the_control_stands_behind_the_baseline(results):
    text = printed(results)
    names = [line.split("  ")[0] for line in text.splitlines() if "×" in line or "baseline  " in line]

    assert "At batch 1 000, float32, c_loops is the fastest" in " ".join(text.replace("\u202f", " ").split())
    assert [name for name in names if name[0].islower()][:1] == ["c_loops"]
    assert names[names.index("numpy_rows") + 1] == "numpy_rows (A/A)"
    assert "rust_loops" not in text, "it has failed"


def test_a_bar_is_as_long_as_the_speed(results):
    lengths = {line.split()[0]: line.count("█") for line in printed(results, 120).splitlines() if "█" in line}

    assert lengths["c_loops"] == pytest.approx(2 * lengths["numpy_rows"], abs=2)
    assert lengths["torch_compile"] == pytest.approx(0.75 * lengths["c_loops"], abs=1)


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_no_line_is_wider_than_the_terminal_and_an_interval_gives_way_to_the_bar(results, width):
    lines = printed(results, width).splitlines()

    assert max(map(len, lines)) <= width
    assert any("[" in line and "█" in line for line in lines) == (width >= 60)


def test_where_the_encoding_lacks_blocks_bars_are_of_ascii(results):
    text = printed(results, encoding="latin-1")

    assert "##########" in text
    assert "█" not in text


@pytest.mark.parametrize(("share", "drawn"), [(1, "█" * 10), (0.5, "█" * 5), (0.52, "█████▎"), (0.0001, "▏")])
def test_a_bar_has_eighths_and_is_never_empty(share, drawn):
    assert bar(share, 10, is_ascii=False) == drawn


def test_of_many_the_first_are_drawn_with_the_baseline_and_its_control(results, monkeypatch):
    monkeypatch.setattr("paragone.report.terminal.ranking.MOST_BARS", 4)
    text = printed(results)

    assert MOST_BARS > 4
    assert text.count("█\n") + text.count("█ ") <= 4
    assert "numpy_rows (A/A)" in text
    assert "python_lists" not in text
    assert "3 more: see the table." not in text
    assert "2 more: see the table." in text


def test_one_cell_alone_and_an_empty_run_have_no_ranking():
    one = {key: times for key, times in QUIET.items() if key[0].startswith("numpy_tuned")}

    assert printed(Results(made_up_run(None, one))) == ""
    assert printed(Results(empty_run(None))) == ""
