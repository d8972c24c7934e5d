"""The report of runs of every kind: it is complete, it is the same twice, and nothing absent breaks it."""

import itertools
import re
import xml.etree.ElementTree as ElementTree
from collections import Counter
from dataclasses import asdict
from io import StringIO

import matplotlib
import msgspec
import pandas as pd
import pytest
from full_run import IN_F, TIMES, empty_run, full_run, printed, results_of, text_of
from made_up_run import BASE, CONTROL, OTHER, change_plan, made_up_run, outcome, sample, variant
from matplotlib.text import Text
from rich.console import Console

from paragone import METHOD_VERSION
from paragone.analyse import results as results_module
from paragone.analyse.results import Results
from paragone.report.figures import heatmap, throughput
from paragone.report.figures.catalogue import file_name
from paragone.report.figures.figure import Sheet, figure_style
from paragone.report.terminal.run import print_summary
from paragone.report.text.answer import answer
from paragone.report.text.findings import findings
from paragone.report.write import write_report
from paragone.task.mlp.words import WORDS

KINDS = ("throughput", "speedup", "layout", "cold", "memory", "accuracy")


def written(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """Return a run of every kind of figure, its folder with the report in it."""
    run = full_run(tmp_path_factory.mktemp("full"))
    write_report(Results(run))
    return run


def test_the_report_is_the_summary_the_text_and_every_figure_in_both_forms(full):
    figures = {f"figures/{kind}-nielsen.{form}" for kind, form in itertools.product(KINDS, ("png", "svg"))}

    assert set(written(full.folder)) == {"summary.csv", "report.md", "report.html", "figures/drawn.json"} | figures


def test_the_summary_is_made_once_for_report_and_terminal(tmp_path, monkeypatch, without_contents):
    calls = Counter()
    for name in ("summarise", "launch_medians", "timed_samples", "cells_with_statuses", "fastest", "crossovers"):
        function = getattr(results_module, name)

        def counted(*given, name=name, function=function):
            calls[name] += 1
            return function(*given)

        monkeypatch.setattr(results_module, name, counted)
    results = Results(small_run(tmp_path))
    write_report(results)
    print_summary(results, Console(width=80, file=StringIO()))

    assert set(calls.values()) == {1}
    assert len(calls) == 6


def test_made_again_every_file_is_the_same_byte_for_byte(full, tmp_path):
    again = full_run(tmp_path)
    with matplotlib.rc_context({"font.size": 20, "lines.linewidth": 9, "svg.hashsalt": None, "savefig.dpi": 30}):
        write_report(Results(again))

    assert written(full.folder) == written(tmp_path)


def test_drawing_leaves_the_users_settings_and_pyplot_alone(tmp_path):
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


def test_figures_of_an_earlier_report_that_have_no_data_now_are_removed(tmp_path, without_contents):
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


def interrupted_run(folder):
    cut = {key: times if key[1] == 1 else [[None] * 3] * 2 for key, times in TIMES.items()}
    return made_up_run(folder, cut, finished=False)


def failed_run(folder):
    return full_run(folder, outcomes=[outcome(name, "failed", reason="wrong") for name in (BASE, CONTROL, IN_F, OTHER)])


def quick_run(folder):
    return made_up_run(folder, {key: launches[:1] for key, launches in TIMES.items()})


@pytest.mark.parametrize("make", [empty_run, interrupted_run, failed_run, quick_run])
def test_a_run_that_lacks_something_has_a_report_that_says_so(make, tmp_path, without_pixels):
    run = make(tmp_path)
    text = write_report(Results(run)).read_text()

    assert {
        empty_run: "Nothing was measured",
        interrupted_run: "the run was interrupted before it",
        failed_run: "wrong",
        quick_run: "one launch, no intervals",
    }[make] in text
    assert "nan" not in re.sub(r"\w*nan\w+|\w+nan\w*", "", text.lower())


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


def test_problems_of_any_names_get_different_files(tmp_path, without_contents):
    run = small_run(tmp_path)
    odd = "my $work/load$"
    for table_ in (run.samples, run.launches, run.outcomes, run.accuracy):
        table_["problem"] = odd
    cells = [{**cell, "problem": odd} for cell in msgspec.to_builtins(run.plan.cells)]
    change_plan(run, problems={odd: asdict(run.plan.problems["nielsen"])}, cells=cells)
    write_report(Results(run))

    assert len(list((tmp_path / "figures").glob("throughput-my-work-load-*.png"))) == 1
    assert file_name("a b") != file_name("a-b") != file_name("a/b")


def test_every_svg_is_well_formed_and_carries_no_date(full):
    for path in (full.folder / "figures").glob("*.svg"):
        ElementTree.parse(path)
        assert "dc:date" not in path.read_text()


def sheets_drawn(monkeypatch, run, draw):
    """Return the axes of every figure that `draw` makes of a run."""
    sheets = []
    finish = Sheet.drawing
    monkeypatch.setattr(Sheet, "drawing", lambda self, *words: sheets.append(self) or finish(self, *words))
    with figure_style():
        draw(results_of(run).summary)
    return [axes for sheet in sheets for axes in sheet.figure.axes]


def test_the_throughput_figure_draws_every_variant_but_the_control_and_labels_each(monkeypatch):
    (axes,) = sheets_drawn(monkeypatch, full_run(None), lambda frame: throughput.draw(frame, "x", WORDS, "Noise."))

    assert sorted(text.get_text() for text in axes.texts) == ["numpy_rows C · baseline", "numpy_rows F", "numpy_tuned"]
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "10", "1\N{NARROW NO-BREAK SPACE}000"]


def test_twenty_lines_that_end_close_together_have_labels_that_do_not_touch_and_stay_on_the_sheet(monkeypatch):
    times = {(BASE, size): [[1e-5] * 3] * 2 for size in (1, 10)}
    times |= {(f"c_way_{n}[dtype=float32]", s): [[1e-5 * (1 + n / 1000)] * 3] * 2 for n in range(20) for s in (1, 10)}
    axes, *_ = sheets_drawn(monkeypatch, made_up_run(None, times), lambda frame: throughput.draw(frame, "x", WORDS, ""))
    axes.figure.canvas.draw()
    # Of the words alone: an annotation's own extent includes the line that joins it to its curve.
    boxes = sorted((Text.get_window_extent(label) for label in axes.texts), key=lambda box: box.y0)

    assert len(boxes) == 21
    assert all(below.y1 <= above.y0 + 1 for below, above in itertools.pairwise(boxes))
    width, height = axes.figure.canvas.get_width_height()
    assert all(0 <= box.x0 and box.x1 <= width and 0 <= box.y0 and box.y1 <= height for box in boxes)


def test_a_variant_without_any_time_is_named_under_the_title(monkeypatch):
    run = full_run(None, outcomes=[outcome(BASE), outcome(IN_F), outcome(CONTROL), outcome(OTHER, "failed")])
    (axes,) = sheets_drawn(monkeypatch, run, lambda frame: throughput.draw(frame, "x", WORDS, ""))

    assert any("Not drawn: numpy_tuned float32 (failed)" in text.get_text() for text in axes.figure.texts)


def test_the_report_begins_with_the_answer_then_the_findings_then_the_crossovers():
    times = {**TIMES, (IN_F, 1): [[1e-5 / 3] * 3, [1.01e-5 / 3] * 3]}
    text = text_of(made_up_run(None, times))
    before, _, after = text.partition("- `numpy_rows F` is the fastest at batch 1 ")

    assert "Of 6 cells compared with the baseline: 4 faster, 2 slower" in before
    assert "Compared, against `numpy_rows C`: 2 implementations" in before
    assert "\n- `numpy_tuned` overtakes `numpy_rows F` between batch 1 and 10: " in after
    assert "## Who overtakes whom along batch size" in after
    assert "| `numpy_rows C` | `numpy_rows F` | 1 and 10 |" in after


def test_a_run_without_crossovers_has_no_section_on_them():
    assert "Who overtakes" not in text_of(full_run(None))


def test_what_was_not_checked_is_legible_in_every_table_and_compared_nowhere(monkeypatch):
    said = [outcome(BASE), outcome(CONTROL), outcome(IN_F), outcome(OTHER, "not checked", reason="it diverges")]
    run = Results(full_run(None, outcomes=said))
    text = text_of(run)
    (axes, *_) = sheets_drawn(monkeypatch, run, lambda frame: heatmap.draw(frame, "x", WORDS, ""))
    line = next(line for line in printed(run).splitlines() if line.startswith("numpy_tuned"))

    assert text.count("<br>*not verified* |") == 3
    assert "numpy_tuned" not in answer(run) + " ".join(findings(run))
    assert [label.get_text() for label in axes.texts].count("unverified") == 3
    assert line.count("!") == 3
    assert "! not verified" in " ".join(printed(run).split())
    assert "! not verified" not in printed(full_run(None))
    (axes,) = sheets_drawn(monkeypatch, run, lambda frame: throughput.draw(frame, "x", WORDS, ""))
    assert "Not verified: numpy_tuned float32 at batch 1, 10" in " ".join(t.get_text() for t in axes.figure.texts)


def test_a_run_of_which_nothing_was_verified_has_no_answer():
    run = full_run(None, outcomes=[outcome(name, "not checked") for name in (BASE, CONTROL, IN_F, OTHER)])

    assert "could be verified" in answer(Results(run))


def test_a_cell_measured_once_and_never_cold_leaves_the_cold_figure_out(tmp_path, without_contents):
    samples = [sample(BASE, 10, launch, round_, 1e-5) for launch in range(2) for round_ in range(3)]
    write_report(Results(made_up_run(tmp_path, {(BASE, 10): [[1e-5] * 3] * 2}, samples=samples, memory=[])))

    assert sorted(path.stem for path in (tmp_path / "figures").glob("*.png")) == [
        "speedup-nielsen",
        "throughput-nielsen",
    ]


def test_the_columns_of_the_results_say_that_they_are_batch_sizes(full):
    text = (full.folder / "report.md").read_text()

    assert "| implementation | batch 1 | batch 10 | batch 1\N{NARROW NO-BREAK SPACE}000 |" in text
