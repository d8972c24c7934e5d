"""The report of runs of every kind: it is complete, it is the same twice, and nothing absent breaks it."""

import itertools
import re
import xml.etree.ElementTree as ElementTree
from collections import Counter
from dataclasses import asdict
from io import StringIO

import matplotlib
import msgspec
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_run import BASE, CONTROL, OTHER, change_plan, launch_row, made_up_run, outcome, sample, variant
from matplotlib.text import Text
from rich.console import Console

from paragone import METHOD_VERSION
from paragone.analyse import results as results_module
from paragone.analyse.results import Results
from paragone.report.figures import heatmap, throughput
from paragone.report.figures.catalogue import file_name
from paragone.report.figures.figure import Sheet, figure_style, sizes_to_label, text_width, wrapped
from paragone.report.figures.labels import spread
from paragone.report.terminal.run import print_summary
from paragone.report.text import call_cost, formatting, markdown
from paragone.report.text.answer import answer
from paragone.report.text.findings import findings
from paragone.report.text.gaps import gaps_table
from paragone.report.text.markdown import table
from paragone.report.text.run_report import run_report
from paragone.report.write import write_report

IN_F = BASE.replace("order=C", "order=F")
TIMES = {
    **{(name, size): [[2e-5, 2.1e-5, 2e-5], [2e-5] * 3] for name in (BASE, CONTROL) for size in (1, 10, 1000)},
    **{(IN_F, size): [[3e-5] * 3, [3.1e-5] * 3] for size in (1, 10, 1000)},
    **{(OTHER, size): [[1e-5] * 3, [1.02e-5] * 3] for size in (1, 10, 1000)},
}
QUIET = {(BASE, 10): [[2e-5] * 3] * 2, (CONTROL, 10): [[2e-5] * 3] * 2}
KINDS = ("throughput", "speedup", "layout", "cold", "memory", "accuracy")
EPOCHS = [
    {"problem": "nielsen", "variant": name, "batch_size": 10, "epoch": epoch, "correct": 1000 + 4000 * epoch,
     "n_test": 10_000, "elapsed_s": epoch * 1.5}
    for name in (BASE, OTHER) for epoch in range(3)
]  # fmt: skip


def full_run(folder, **others):
    return made_up_run(folder, TIMES, **{"accuracy": EPOCHS, **others})


def written(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """Return a run of every kind of figure, its folder with the report in it."""
    run = full_run(tmp_path_factory.mktemp("full"))
    write_report(Results(run))
    return run


# --- the whole ---


def test_the_report_is_the_summary_the_text_and_every_figure_in_both_forms(full):
    figures = {f"figures/{kind}-nielsen.{form}" for kind, form in itertools.product(KINDS, ("png", "svg"))}

    assert set(written(full.folder)) == {"summary.csv", "report.md", "report.html"} | figures


def test_the_summary_is_made_once_for_report_and_terminal(tmp_path, monkeypatch):
    calls = Counter()
    for name in ("summarise", "launch_medians", "timed_samples", "cells_with_statuses", "fastest", "crossovers"):
        function = getattr(results_module, name)

        def counted(*given, name=name, function=function):
            calls[name] += 1
            return function(*given)

        monkeypatch.setattr(results_module, name, counted)
    results = Results(full_run(tmp_path))
    write_report(results)
    print_summary(results, Console(width=80, file=StringIO()))

    assert set(calls.values()) == {1}
    assert len(calls) == 6


def test_made_again_every_file_is_the_same_byte_for_byte(full, tmp_path):
    again = full_run(tmp_path)
    with matplotlib.rc_context({"font.size": 20, "lines.linewidth": 9, "svg.hashsalt": None, "savefig.dpi": 30}):
        write_report(Results(again))

    assert written(full.folder) == written(tmp_path)


def test_drawing_leaves_the_users_settings_and_pyplot_alone(full, tmp_path):
    before = dict(matplotlib.rcParams)
    write_report(Results(small_run(tmp_path)))

    assert dict(matplotlib.rcParams) == before


def test_the_summary_reads_back_as_it_was_computed(full):
    read = pd.read_csv(full.folder / "summary.csv", keep_default_na=False, na_values=[""])
    frame = Results(full).summary

    assert list(read.columns) == list(frame.columns)
    assert list(read["variant"]) == list(frame["variant"])
    assert read["ratio_low"].to_numpy() == pytest.approx(frame["ratio_low"].to_numpy(), rel=1e-5, nan_ok=True)


def test_every_picture_of_the_text_exists(full):
    text = (full.folder / "report.md").read_text()
    names = re.findall(r"\]\((figures/[^)]+)\)", text)

    assert len(names) == 2 * len(KINDS)
    assert all((full.folder / name).is_file() for name in names)


def small_run(folder):
    return made_up_run(folder, {(BASE, 10): [[1e-5] * 3] * 2})


def test_figures_of_an_earlier_report_that_have_no_data_now_are_removed(tmp_path):
    (tmp_path / "figures").mkdir()
    for name in ("accuracy-nielsen.png", "accuracy-nielsen.svg", "notes.txt"):
        (tmp_path / "figures" / name).write_text("from before")
    text = write_report(Results(small_run(tmp_path))).read_text()

    assert not list((tmp_path / "figures").glob("accuracy*"))
    assert (tmp_path / "figures/notes.txt").exists()
    assert "no network was trained" in text


def test_no_draft_is_left_behind(full):
    assert not [name for name in written(full.folder) if "/." in name or name.startswith(".")]


def test_the_text_names_all_that_made_the_numbers(full):
    text = (full.folder / "report.md").read_text()

    for word in ("Test CPU", "openblas 0.3.30 Haswell", "MNIST", "paragone bench", "paragone report made-up", "abc1234",
                 "| seed | 1 |", f"| method version | {METHOD_VERSION} |", "| launches × rounds | 2 × 3 |",
                 "same within"):  # fmt: skip
        assert word in text


# --- runs that lack something ---


def empty_run(folder):
    return made_up_run(folder, {}, cells=[], launches=[])


def interrupted_run(folder):
    cut = {key: times if key[1] == 1 else [[None] * 3] * 2 for key, times in TIMES.items()}
    return made_up_run(folder, cut, finished=False)


def failed_run(folder):
    return full_run(folder, outcomes=[outcome(name, "failed", reason="wrong") for name in (BASE, CONTROL, IN_F, OTHER)])


def quick_run(folder):
    return made_up_run(folder, {key: launches[:1] for key, launches in TIMES.items()})


@pytest.mark.parametrize("make", [empty_run, interrupted_run, failed_run, quick_run])
def test_a_run_that_lacks_something_has_a_report_that_says_so(make, tmp_path):
    run = make(tmp_path)
    text = write_report(Results(run)).read_text()

    assert {
        empty_run: "Nothing was measured",
        interrupted_run: "the run was interrupted before it",
        failed_run: "wrong",
        quick_run: "one launch, no intervals",
    }[make] in text
    assert "nan" not in re.sub(r"\w*nan\w+|\w+nan\w*", "", text.lower())


def text_of(run):
    """Return report.md without its figures, which take most of the time."""
    return run_report(Results(run), [], [])


def test_a_failed_implementation_has_no_time_anywhere_in_the_text(tmp_path):
    run = full_run(
        tmp_path, outcomes=[outcome(BASE), outcome(CONTROL), outcome(IN_F), outcome(OTHER, "failed", reason="W1")]
    )
    text = text_of(run)
    row = next(line for line in text.splitlines() if line.startswith("| `numpy_tuned` | *"))

    assert row == "| `numpy_tuned` | *failed* | *failed* | *failed* |"
    assert "`paragone verify 'numpy_tuned[dtype=float32]' --problem nielsen --batch-sizes 1 --seed 1`" in text


def test_what_is_not_installed_is_listed_with_its_reason_and_takes_no_row_of_the_results(tmp_path):
    absent = outcome("torch_rows[dtype=float32]", "unavailable", stage="available", reason="Install: make torch")
    run = made_up_run(tmp_path, TIMES, outcomes=[*(outcome(name) for name in (BASE, CONTROL, IN_F, OTHER)), absent])
    change_plan(run, variants=[*msgspec.to_builtins(run.plan.variants), variant("torch_rows[dtype=float32]")])
    text = text_of(run)
    out = StringIO()
    print_summary(Results(run), Console(width=80, file=out))

    assert [line.split(" | ")[-3:-1] for line in text.splitlines() if line.startswith("| `torch_rows[")] == [
        ["unavailable", "Install: make torch"]
    ]
    assert "| `torch_rows` | *" not in text
    assert "torch" not in out.getvalue()


def test_text_from_outside_cannot_break_out_of_a_table(tmp_path):
    reason = "a | b\n<script>alert(1)</script> `x` *y* [z](http://w)"
    run = full_run(tmp_path, outcomes=[outcome(name, "failed", reason=reason) for name in (BASE, OTHER)])
    change_plan(run, unusable=[{"name": "bad|name`", "reason": reason}])
    text = text_of(run)

    assert "<script>" not in text
    assert not re.search(r"(?<!\\)\]\(http", text)
    for line in text.splitlines():
        if line.startswith("|"):
            columns = len(re.findall(r"(?<!\\)\|", line))
            assert columns in {3, 4, 5, 6, 7}
    assert "a \\| b &lt;script&gt;" in text


def test_problems_of_any_names_get_different_files(tmp_path):
    run = small_run(tmp_path)
    odd = "my $work/load$"
    for table_ in (run.samples, run.launches, run.outcomes, run.accuracy):
        table_["problem"] = odd
    cells = [{**cell, "problem": odd} for cell in msgspec.to_builtins(run.plan.cells)]
    change_plan(run, problems={odd: asdict(run.plan.problems["nielsen"])}, cells=cells)
    write_report(Results(run))

    assert len(list((tmp_path / "figures").glob("throughput-my-work-load-*.png"))) == 1
    assert file_name("a b") != file_name("a-b") != file_name("a/b")


# --- figures ---


def test_every_svg_is_well_formed_and_carries_no_date(full):
    for path in (full.folder / "figures").glob("*.svg"):
        ElementTree.parse(path)
        assert "dc:date" not in path.read_text()


def sheets_drawn(monkeypatch, run, draw):
    """Return the axes of every figure that `draw` makes of a run."""
    sheets = []
    finish = Sheet.render
    monkeypatch.setattr(Sheet, "render", lambda self, *words: sheets.append(self) or finish(self, *words))
    with figure_style():
        draw(Results(run).summary)
    return [axes for sheet in sheets for axes in sheet.figure.axes]


def test_the_throughput_figure_draws_every_variant_but_the_control_and_labels_each(monkeypatch):
    (axes,) = sheets_drawn(monkeypatch, full_run(None), lambda frame: throughput.draw(frame, "x", "Noise."))

    assert sorted(text.get_text() for text in axes.texts) == ["numpy_rows C · baseline", "numpy_rows F", "numpy_tuned"]
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "10", "1\N{NARROW NO-BREAK SPACE}000"]


def test_twenty_lines_that_end_close_together_have_labels_that_do_not_touch_and_stay_on_the_sheet(monkeypatch):
    times = {(BASE, size): [[1e-5] * 3] * 2 for size in (1, 10)}
    times |= {(f"c_way_{n}[dtype=float32]", s): [[1e-5 * (1 + n / 1000)] * 3] * 2 for n in range(20) for s in (1, 10)}
    axes, *_ = sheets_drawn(monkeypatch, made_up_run(None, times), lambda frame: throughput.draw(frame, "x", ""))
    axes.figure.canvas.draw()
    # Of the words alone: an annotation's own extent includes the line that joins it to its curve.
    boxes = sorted((Text.get_window_extent(label) for label in axes.texts), key=lambda box: box.y0)

    assert len(boxes) == 21
    assert all(below.y1 <= above.y0 + 1 for below, above in itertools.pairwise(boxes))
    width, height = axes.figure.canvas.get_width_height()
    assert all(0 <= box.x0 and box.x1 <= width and 0 <= box.y0 and box.y1 <= height for box in boxes)


def test_a_variant_without_any_time_is_named_under_the_title(monkeypatch):
    run = full_run(None, outcomes=[outcome(BASE), outcome(IN_F), outcome(CONTROL), outcome(OTHER, "failed")])
    (axes,) = sheets_drawn(monkeypatch, run, lambda frame: throughput.draw(frame, "x", ""))

    assert any("Not drawn: numpy_tuned float32 (failed)" in text.get_text() for text in axes.figure.texts)


# --- labels ---


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


# --- axes and words ---


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


@pytest.mark.parametrize(
    ("value", "text"),
    [(311_234, "311 k"), (999_600, "1.00 M"), (1_710_000, "1.71 M"), (412, "412"), (0.42, "0.420"), (999.7, "1.00 k")],
)
def test_rates_have_three_digits_and_a_prefix(value, text):
    assert formatting.rate(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(1.354, "1.35×"), (12.44, "12.4×"), (0.996, "1.00×"), (0.0214, "0.021×"), (np.nan, "–")]
)
def test_ratios_have_the_digits_that_matter(value, text):
    assert formatting.ratio(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(3.2e-6, "3.20 µs"), (0.045, "45.0 ms"), (12, "12.0 s"), (119, "119 s"), (246, "4.10 min"), (np.nan, "–")],
)
def test_durations_have_the_unit_that_suits_them(value, text):
    assert formatting.seconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.0312, "0.0312"), (9.996, "10.0"), (12_345, "12300"), (0, "0"), (-2.5, "-2.50")]
)
def test_significant_digits_have_no_exponent(value, text):
    assert formatting.significant(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(12.25, "12.3"), (12.35, "12.4"), (12.2499996, "12.3"), (12.24994, "12.2"), (-0.12345, "-0.123")],
)
def test_halves_are_rounded_away_from_zero_in_the_six_digits_that_the_summary_has(value, text):
    assert formatting.significant(value) == text


def test_a_ratio_that_is_a_half_in_decimals_is_rounded_up_whatever_its_binary_is():
    assert [formatting.ratio(value) for value in (1.005, 1.015, 9.9999996)] == ["1.01×", "1.02×", "10.0×"]


@pytest.mark.parametrize(
    ("low", "value", "high", "text"),
    [
        (302e3, 311e3, 320e3, "[302–320]"), (948e3, 973e3, 1.02e6, "[948–1020]"), (97e4, 1.05e6, 1.1e6, "[0.970–1.10]"),
        (990, 999.6, 1005, "[0.990–1.01]"), (np.nan, 1.0, np.nan, ""),
    ],
)  # fmt: skip
def test_an_interval_has_the_unit_of_the_number_that_it_stands_beside(low, value, high, text):
    assert formatting.rate_interval(low, high, value) == text


def test_words_are_counted_in_english():
    assert [formatting.plural(2, noun) for noun in ("launch", "epoch", "cell")] == ["2 launches", "2 epochs", "2 cells"]


def test_code_survives_backticks_and_bars():
    assert markdown.code("a`b|c") == "`` a`b\\|c ``"
    assert table(["x"], [["1"]]) == "| x |\n| --- |\n| 1 |"


def test_the_report_begins_with_the_answer_then_the_findings_then_the_crossovers():
    times = {**TIMES, (IN_F, 1): [[1e-5 / 3] * 3, [1.01e-5 / 3] * 3]}
    text = text_of(made_up_run(None, times))
    before, _, after = text.partition("- `numpy_rows F` is the fastest at batch 1 ")

    assert "Of 6 cells compared with the baseline: 4 faster, 2 slower" in before
    assert "Compared, against `numpy_rows C`: 3 ways" in before
    assert "\n- `numpy_tuned` overtakes `numpy_rows F` between batch 1 and 10: " in after
    assert "## Who overtakes whom along batch size" in after
    assert "| `numpy_rows C` | `numpy_rows F` | 1 and 10 |" in after


def test_a_run_without_crossovers_has_no_section_on_them():
    assert "Who overtakes" not in text_of(full_run(None))


def test_gaps_of_one_variant_with_one_reason_share_a_line():
    run = full_run(None, outcomes=[outcome(OTHER, "failed", reason="W1")])
    lines = [line for line in gaps_table(Results(run).summary, run.plan).splitlines() if OTHER in line]

    assert len(lines) == 1
    assert "| 1, 10, 1\N{NARROW NO-BREAK SPACE}000 | failed | W1 |" in lines[0]


def test_the_command_that_repeats_a_check_names_the_problem_as_the_user_gave_it():
    run = full_run(None, outcomes=[outcome(OTHER, "failed", reason="W1")])
    change_plan(run, problem_arguments={"nielsen": "my work/nielsen.toml"})

    assert "--problem 'my work/nielsen.toml' --batch-sizes 1 --seed" in gaps_table(Results(run).summary, run.plan)


# --- the terminal ---


@pytest.mark.parametrize("width", [40, 80, 120])
def test_the_summary_on_the_terminal_fits_and_holds_every_cell(width):
    run = full_run(None, launches=[launch_row(BASE, 0)])
    out = StringIO()
    print_summary(Results(run), Console(width=width, file=out))
    lines = out.getvalue().splitlines()

    assert max(map(len, lines)) <= width
    text = out.getvalue()
    assert text.count("numpy_tuned") == (1 if width >= 80 else 2)
    for size, speed in ((1, "99.0k"), (10, "990k"), (1000, "99.0M")):
        assert speed in text, size
    assert "(A/A)" not in text.replace("itself (A/A)", "")


def test_the_terminal_says_failed_where_there_is_no_time_and_marks_what_is_within_noise():
    times = {**TIMES, **{(IN_F, size): TIMES[BASE, size] for size in (1, 10, 1000)}}
    said = [outcome(name) for name in (BASE, CONTROL, IN_F)] + [outcome(OTHER, "failed", 10), outcome(OTHER)]
    out = StringIO()
    print_summary(Results(made_up_run(None, times, outcomes=said)), Console(width=80, file=out))
    lines = out.getvalue().splitlines()

    assert "failed" in next(line for line in lines if line.startswith("numpy_tuned"))
    assert next(line for line in lines if line.startswith("numpy_rows F")).count("≈1.00") == 3


def printed(run, width=80):
    out = StringIO()
    print_summary(Results(run), Console(width=width, file=out))
    return out.getvalue()


@pytest.mark.parametrize("launches", [1, 2])
def test_the_terminal_says_where_the_time_went_within_eighty_columns(launches):
    where = {"problem": "nielsen", "threads": 1, "wave": 0, "launch": 0, "attempt": 0, "round": 0, "elapsed_s": 0.5}
    run = made_up_run(None, {key: times[:launches] for key, times in TIMES.items()}, rounds=[where])
    change_plan(run, pilot_seconds=42)
    text = printed(run)

    # 1000 steps of 20, 20, 30 and 10 µs at three batch sizes in half a second of rounds.
    assert "Rounds took 500 ms, 48 % of it inside timed samples." in " ".join(text.split())
    seconds = formatting.seconds(4.0 * launches)
    beside = f"starting processes {seconds}, loading {seconds}, verification {seconds}, first calls and warm-ups"
    # … and half a second for the peak memory of each of 12 cells.
    assert f"Besides: {beside} {seconds}, peak memory 6.00 s, all before the plan 42.0 s." in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 80


def test_the_terminal_counts_the_warnings_and_says_where_they_are():
    times = {**QUIET, (OTHER, 10): [[1e-5] * 3] * 2}
    launches = [launch_row(OTHER, 0, status="failed", reason="killed")]

    assert "warning" not in printed(made_up_run(None, times))
    assert "1 warning; see report.md." in printed(made_up_run(None, times, launches=launches))
    assert "2 warnings; see report.md." in printed(made_up_run(None, times, launches=launches, finished=False))


def test_what_was_not_checked_is_legible_in_every_table_and_compared_nowhere(monkeypatch):
    said = [outcome(BASE), outcome(CONTROL), outcome(IN_F), outcome(OTHER, "not checked", reason="it diverges")]
    run = full_run(None, outcomes=said)
    text = text_of(run)
    (axes, *_) = sheets_drawn(monkeypatch, run, lambda frame: heatmap.draw(frame, "x", ""))
    line = next(line for line in printed(run).splitlines() if line.startswith("numpy_tuned"))

    assert text.count("<br>*not verified* |") == 3
    assert "numpy_tuned" not in answer(Results(run)) + " ".join(findings(Results(run)))
    assert [label.get_text() for label in axes.texts].count("unverified") == 3
    assert line.count("!") == 3
    assert "! not verified" in " ".join(printed(run).split())
    assert "! not verified" not in printed(full_run(None))
    (axes,) = sheets_drawn(monkeypatch, run, lambda frame: throughput.draw(frame, "x", ""))
    assert "Not verified: numpy_tuned float32 at batch 1, 10" in " ".join(t.get_text() for t in axes.figure.texts)


def test_a_skipped_stress_problem_is_listed_although_its_cells_passed():
    said = [outcome(name, stage=stage) for name in (BASE, CONTROL, IN_F, OTHER) for stage in ("head", "tail")]
    said += [outcome(OTHER, "not checked", size, stage="stress", reason="a step is slow") for size in (10, 1)]
    text = text_of(full_run(None, outcomes=said))

    assert f"- stress problem of `{OTHER}` at batch 1, 10: a step is slow" in text
    assert "not verified* |" not in text


def test_a_run_of_which_nothing_was_verified_has_no_answer():
    run = full_run(None, outcomes=[outcome(name, "not checked") for name in (BASE, CONTROL, IN_F, OTHER)])

    assert "could be verified" in answer(Results(run))


def test_an_empty_run_prints_a_sentence():
    out = StringIO()
    print_summary(Results(empty_run(None)), Console(width=80, file=out))

    assert "No cell was planned." in out.getvalue()


def test_a_cell_measured_once_and_never_cold_leaves_the_cold_figure_out(tmp_path):
    samples = [sample(BASE, 10, launch, round_, 1e-5) for launch in range(2) for round_ in range(3)]
    write_report(Results(made_up_run(tmp_path, {(BASE, 10): [[1e-5] * 3] * 2}, samples=samples, memory=[])))

    assert sorted(path.stem for path in (tmp_path / "figures").glob("*.png")) == [
        "speedup-nielsen",
        "throughput-nielsen",
    ]


# --- other languages ---

CALLS = [
    {"bridge": "c", "n_images": 1, "call_seconds": 1.2e-6, "reason": ""},
    {"bridge": "c", "n_images": 50_000, "call_seconds": 1.3e-6, "reason": ""},
    {"bridge": "julia", "n_images": 1, "call_seconds": None, "reason": "no Julia"},
    {"bridge": "julia", "n_images": 50_000, "call_seconds": None, "reason": "no Julia"},
]


def with_receipts(folder, build_info, **others):
    launches = [launch_row(name, launch, build_info=build_info) for name in (BASE, CONTROL) for launch in range(2)]
    return made_up_run(folder, QUIET, launches=launches, **others)


def test_a_run_without_other_languages_has_no_section_on_them(tmp_path):
    assert call_cost.section(made_up_run(tmp_path, QUIET)) == ""
    assert call_cost.section(with_receipts(tmp_path, {})) == ""


def test_call_costs_have_a_row_for_each_adapter_and_a_column_for_each_size(tmp_path):
    run = made_up_run(tmp_path, QUIET)
    change_plan(run, calls=CALLS)
    *_, c, julia = call_cost.section(run).splitlines()

    assert ["shared library (C ABI)", "1.20 µs", "1.30 µs"] == cells_of(c)
    assert ["Julia in the same process", "no Julia", "no Julia"] == cells_of(julia)


def test_variants_with_the_same_build_share_a_line(tmp_path):
    *_, line = call_cost.section(with_receipts(tmp_path, {"compiler": "gcc 12", "flags": "-O3 | x"})).splitlines()

    assert line.count("compiler: gcc 12") == 1
    assert f"`{BASE}`, `{CONTROL}`" in line
    assert "-O3 \\| x" in line


def test_the_columns_of_the_results_say_that_they_are_batch_sizes(full):
    text = (full.folder / "report.md").read_text()

    assert "| implementation | batch 1 | batch 10 | batch 1\N{NARROW NO-BREAK SPACE}000 |" in text


def test_builds_are_sorted_by_the_names_of_their_variants(tmp_path):
    launches = [launch_row(name, 0, build_info={"made of": name}) for name in (OTHER, CONTROL, BASE)]
    *_, first, second, third = call_cost.section(made_up_run(tmp_path, QUIET, launches=launches)).splitlines()

    assert [line.split("`")[1] for line in (first, second, third)] == [BASE, CONTROL, OTHER]


def test_the_time_outside_a_programs_clock_is_a_share_of_the_sample(tmp_path):
    samples = [
        sample(BASE, 10, launch, round_, 2e-5, runner_ns=share * 2e-5 * 1000 * 1e9)
        for launch in range(2)
        for round_, share in enumerate((0.99, 0.98, 0.9))
    ]
    *_, line = call_cost.section(made_up_run(tmp_path, QUIET, samples=samples)).splitlines()

    assert [f"`{BASE}`", "2.0 %", "10 %"] == cells_of(line)


def cells_of(line):
    return [cell.strip() for cell in line.strip("| ").split(" | ")]
