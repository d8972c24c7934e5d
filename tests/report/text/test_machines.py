"""Several runs side by side: nothing is averaged across machines, and every panel has the same axes."""

import re
import xml.etree.ElementTree as ElementTree

import pandas as pd
import pytest
from made_up_run import BASE, CONTROL, OTHER, change_plan, made_up_run, outcome, with_environment, with_plan
from pair_of_runs import noisy_run

from paragone.analyse.results import Results
from paragone.errors import Incomparable
from paragone.report.figures import machine_panels
from paragone.report.figures.figure import Sheet
from paragone.report.text.machines import joined_summaries
from paragone.report.write import folder_of_several, write_machines_report
from paragone.task.mlp.words import WORDS

TIMES = {(name, size): [[2e-5] * 3] * 3 for name in (BASE, CONTROL) for size in (10, 1000)}
TIMES |= {(OTHER, size): [[1e-5] * 3] * 3 for size in (10, 1000)}
GEMM = [
    {"problem": "nielsen", "dtype": "float32", "threads": 1, "size": size, "launch": launch, "what": what,
     "per_second": value}
    for launch in range(3)
    for size, what, value in (
        (None, "gemm", 2e13), (None, "read", 3e10), (10, "products", 1e6), (1000, "products", 2e6),
    )
]  # fmt: skip


def machine(name, cpu, factor=1.0, **others):
    times = {key: [[value * factor for value in rounds] for rounds in launches] for key, launches in TIMES.items()}
    run = made_up_run(None, times, limits=GEMM, **others)
    return with_environment(with_plan(run, run=name), machine={"cpu": cpu, "id": cpu})


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Return the report of two machines, one ten times slower, and its folder."""
    results = tmp_path_factory.mktemp("results")
    path = write_machines_report([machine("one", "Fast CPU"), machine("two", "Slow CPU", 10.0)], results)
    return path.read_text(), path.parent


def test_each_machine_has_its_own_columns_and_its_own_baseline(written):
    text, _ = written
    [line] = [line for line in text.splitlines() if line.startswith("| `numpy_tuned") and "| 10 |" in line]

    assert "| implementation | batch size | A, images/s | A, × | B, images/s | B, × |" in text
    assert "**1.00 M**" in line
    assert "**100 k**" in line
    assert len(re.findall(r"2\.00×", line)) == 2, "twice its own baseline on either machine"


def test_no_number_is_formed_across_machines(written):
    _, folder = written
    summary = pd.read_csv(folder / "summary.csv")
    alone = [Results(machine("one", "Fast CPU")).summary, Results(machine("two", "Slow CPU", 10.0)).summary]

    assert summary.groupby("run").size().tolist() == [len(frame) for frame in alone]
    for letter, frame in zip("AB", alone, strict=True):
        found = summary[summary["run"] == letter]["work_per_second"].tolist()
        assert found == pytest.approx(frame["work_per_second"].tolist(), rel=1e-5)


def test_the_differences_and_the_limit_of_each_machine_are_shown(written):
    text, _ = written

    assert "| CPU | Fast CPU | Slow CPU |" in text
    assert text.count("20000 GFLOP/s") == 2


def test_the_same_runs_make_the_same_folder_with_the_same_bytes(written, tmp_path):
    _, folder = written
    path = write_machines_report([machine("one", "Fast CPU"), machine("two", "Slow CPU", 10.0)], tmp_path)

    files = [file for file in folder.rglob("*") if file.is_file()]
    assert path.parent.name == folder.name
    assert len(files) == 4
    assert all((path.parent / file.relative_to(folder)).read_bytes() == file.read_bytes() for file in files)


def test_other_runs_make_another_folder():
    one, two, three = (machine(name, "CPU") for name in ("one", "two", "three"))

    assert len({folder_of_several(runs, "joined") for runs in ([one, two], [one, three], [two, one])}) == 3


def test_failed_and_unplanned_cells_are_not_left_blank(tmp_path):
    failed = machine("two", "CPU", outcomes=[outcome(BASE), outcome(CONTROL), outcome(OTHER, "failed")])
    fewer = noisy_run("three", 1)

    text = write_machines_report([machine("one", "CPU"), failed, fewer], tmp_path).read_text()

    [line] = [line for line in text.splitlines() if line.startswith("| `numpy_tuned") and "| 10 |" in line]
    assert "*failed*" in line
    assert line.endswith("| – | – |")


def test_runs_of_different_work_are_joined_only_on_request_and_the_report_says_so(tmp_path):
    one, other = machine("one", "CPU"), machine("two", "CPU")
    change_plan(other, seed=5)

    with pytest.raises(Incomparable, match="B and A: start and order of the images differ"):
        write_machines_report([one, other], tmp_path)
    assert "Joined all the same" in write_machines_report([one, other], tmp_path, anyway=True).read_text()


def panels(monkeypatch, runs):
    """Draw; return the axes of the panels by title."""
    made = []
    original = Sheet.axes
    monkeypatch.setattr(Sheet, "axes", lambda self, *place: made.append(original(self, *place)) or made[-1])
    names = {letter: f"machine {letter}" for letter in "ABCDE"[: len(runs)]}
    drawn = machine_panels.draw(joined_summaries(runs), "machines", WORDS, names)
    return drawn, {axes.get_title(loc="left"): axes for axes in made}


def test_there_is_a_panel_for_each_machine_and_all_have_the_same_axes(monkeypatch):
    drawn, axes = panels(monkeypatch, [machine("one", "Fast"), machine("two", "Slow", 10.0)])

    assert list(axes) == ["A · float32 · images per second", "B · float32 · images per second"]
    assert len({(one.get_xlim(), one.get_ylim()) for one in axes.values()}) == 1
    ElementTree.fromstring(drawn.svg)


def test_the_limit_of_each_machine_is_drawn(monkeypatch):
    _, axes = panels(monkeypatch, [machine("one", "Fast"), machine("two", "Slow", 10.0)])

    limits = Results(machine("one", "Fast")).summary.drop_duplicates("size")["limit_work_per_second"].tolist()
    assert len(limits) == 2
    for one in axes.values():
        assert limits in [pytest.approx(list(line.get_ydata())[1:-1]) for line in one.lines]


def test_four_machines_take_two_rows(monkeypatch):
    _, axes = panels(monkeypatch, [machine(name, name) for name in "abcd"])
    tops = {round(one.get_position().y1, 3) for one in axes.values()}

    assert (len(axes), len(tops)) == (4, 2)


def test_a_machine_that_measured_nothing_of_a_dtype_says_so(monkeypatch):
    wide = {(name.replace("32", "64"), size): value for (name, size), value in TIMES.items()}
    both = made_up_run(None, {**TIMES, **wide})

    _, axes = panels(monkeypatch, [both, machine("two", "CPU")])

    assert [text.get_text() for text in axes["B · float64 · images per second"].texts] == ["not measured"]


def test_runs_in_which_nothing_was_measured_have_no_figure():
    nothing = joined_summaries(
        [machine("one", "CPU", outcomes=[outcome(name, "failed") for name in (BASE, CONTROL, OTHER)])]
    )

    assert machine_panels.draw(nothing, "machines", WORDS, {"A": "machine"}) is None
