"""The summary on the terminal: it fits, and it shows every cell."""

import re
from io import StringIO

import pytest
from full_run import IN_F, QUIET, TIMES, empty_run, full_run, printed
from made_up_run import BASE, CONTROL, OTHER, change_plan, launch_row, made_up_run, outcome
from rich.console import Console

from paragone.analyse.results import Results
from paragone.report.terminal.run import print_summary


def in_the_table(text):
    """Return the lines that begin with the name of an implementation, without those of the bars."""
    return [line for line in text.splitlines() if line.startswith("numpy_") and not re.search("[█-▏]", line)]


@pytest.mark.parametrize("width", [40, 80, 120])
def test_the_summary_on_the_terminal_fits_and_holds_every_cell(width):
    run = full_run(None, launches=[launch_row(BASE, 0)])
    out = StringIO()
    print_summary(Results(run), Console(width=width, file=out))
    lines = out.getvalue().splitlines()

    assert max(map(len, lines)) <= width
    text = out.getvalue()
    assert sum(line.startswith("numpy_tuned") for line in in_the_table(text)) == (1 if width >= 80 else 2)
    for size, speed in ((1, "99.0k"), (10, "990k"), (1000, "99.0M")):
        assert speed in text, size
    assert not any("(A/A)" in line for line in in_the_table(text))


def test_the_terminal_says_failed_where_there_is_no_time_and_marks_what_is_within_noise():
    times = {**TIMES, **{(IN_F, size): TIMES[BASE, size] for size in (1, 10, 1000)}}
    said = [outcome(name) for name in (BASE, CONTROL, IN_F)] + [outcome(OTHER, "failed", 10), outcome(OTHER)]
    out = StringIO()
    print_summary(Results(made_up_run(None, times, outcomes=said)), Console(width=80, file=out))
    lines = in_the_table(out.getvalue())

    assert "failed" in next(line for line in lines if line.startswith("numpy_tuned"))
    assert next(line for line in lines if line.startswith("numpy_rows F")).count("≈1.00") == 3


@pytest.mark.parametrize("launches", [1, 2])
def test_the_terminal_says_where_the_time_went_within_eighty_columns(launches):
    where = {"problem": "nielsen", "threads": 1, "wave": 0, "launch": 0, "attempt": 0, "round": 0, "elapsed_s": 0.5}
    stages = [{"stage": name, "elapsed_s": s} for name, s in (("verification", 2.0), ("loading", 1.0), ("rounds", 5.0))]
    times = {key: times[:launches] for key, times in TIMES.items()}
    run = made_up_run(None, times, rounds=[where], stages=[*stages, {"stage": "cost of a call", "elapsed_s": 0.001}])
    text = printed(run)

    # One round was recorded: 1000 steps of 20, 20, 30 and 10 µs at three batch sizes.
    assert "The run took 8.00 s, 3.0 % of it inside timed samples: " in " ".join(text.split())
    assert "rounds 5.00 s, verification 2.00 s, loading 1.00 s." in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 80


def test_the_terminal_counts_the_warnings_and_says_where_they_are():
    times = {**QUIET, (OTHER, 10): [[1e-5] * 3] * 2}
    launches = [launch_row(OTHER, 0, status="failed", reason="killed")]

    assert "warning" not in printed(made_up_run(None, times))
    assert "1 warning; see report.md." in printed(made_up_run(None, times, launches=launches))
    assert "2 warnings; see report.md." in printed(made_up_run(None, times, launches=launches, finished=False))


def quick_run():
    """Return a run of one launch: A/A at 1.2, one variant within it, one far beyond."""
    speeds = {BASE: (1, 1), CONTROL: (1, 1.2), IN_F: (1.15, 0.5), OTHER: (3, 1.1)}
    times = {
        (name, size): [[1e-5 / speed] * 3]
        for name, found in speeds.items()
        for size, speed in zip((10, 1000), found, strict=True)
    }
    run = made_up_run(None, times)
    change_plan(run, command="paragone bench --quick -b 10,1000 -i 'numpy_*'")
    return run


@pytest.mark.parametrize("width", [80, 120])
def test_one_launch_marks_what_lies_within_a_a_and_says_what_that_was(width):
    text = printed(quick_run(), width)
    tuned, rows, in_f = (line.split() for line in in_the_table(text))

    assert tuned[1:] == ["3.00M", "3.00", "110M", "≈1.10"]
    assert rows[2:] == ["1.00M", "1", "100M", "1"]
    assert in_f[2:] == ["1.15M", "≈1.15", "50.0M", "0.50"]
    said = " ".join(text.split())
    assert "by up to 1.20× (float32, batch 1 000)" in said.replace("\u202f", " ")
    assert "Too noisy to tell" in said
    assert "≈ and grey: within A/A, not told apart from the baseline." in said
    assert "no interval: one launch" not in text


def test_the_fastest_at_the_largest_size_is_the_first_row():
    lines = in_the_table(printed(quick_run()))

    assert [line.split("M")[0].rsplit(maxsplit=1)[0] for line in lines] == [
        "numpy_tuned",
        "numpy_rows C",
        "numpy_rows F",
    ]


def test_what_was_not_measured_at_the_largest_size_stands_below_by_its_next_smaller_one():
    times = {key: times[:1] for key, times in TIMES.items() if key != (OTHER, 1000)}
    lines = in_the_table(printed(made_up_run(None, times)))

    assert lines[-1].startswith("numpy_tuned")


def test_the_command_for_sure_numbers_is_on_a_line_of_its_own_however_narrow_the_terminal():
    assert "For sure numbers: paragone bench -b 10,1000 -i 'numpy_*'" in printed(quick_run(), 40).splitlines()


def test_in_colour_what_lies_within_a_a_is_grey():
    out = StringIO()
    print_summary(Results(quick_run()), Console(width=80, file=out, force_terminal=True, color_system="standard"))

    assert re.search(r"\x1b\[90m *110M ≈1\.10", out.getvalue())


def test_marks_that_do_not_occur_are_not_explained():
    assert "≈" not in printed(made_up_run(None, QUIET))


def test_an_empty_run_prints_a_sentence():
    out = StringIO()
    print_summary(Results(empty_run(None)), Console(width=80, file=out))

    assert "No cell was planned." in out.getvalue()
