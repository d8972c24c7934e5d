"""Figures stay while all that they follow from stays, and are drawn again where anything is another."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from full_run import TIMES, full_run
from made_up_run import BASE, made_up_run, with_plan

import paragone
from paragone.analyse.results import Results
from paragone.report.figures import catalogue, kept
from paragone.report.figures.drawing import Drawing
from paragone.report.write import write_figures, write_report

STORED_RUN = Path(__file__).parents[2] / "store" / "old_run"
REPORT = """
import sys
from pathlib import Path
from paragone.cli.report import write_and_print
write_and_print(Path(sys.argv[1]))
print([name for name in ("matplotlib", "scipy") if name in sys.modules])
"""


@pytest.fixture
def drawn(monkeypatch):
    """Return the list to which every drawing of a run's figures adds the names of its figures; nothing is drawn."""
    calls = []

    def run_figures(results):
        figures = [Drawing(f"cold-{number}", "A caption.", lambda form: form.encode()) for number in range(2)]
        calls.append([figure.name for figure in figures])
        return figures, ["accuracy-nielsen: no network was trained for its accuracy (nielsen)."]

    monkeypatch.setattr(catalogue, "run_figures", run_figures)
    return calls


def a_run(folder, step_seconds=1e-5):
    return made_up_run(folder, {(BASE, 10): [[step_seconds] * 3] * 2})


def report_of(run):
    return write_report(Results(run)).read_text()


def test_of_the_same_data_they_are_drawn_once_and_the_report_stays_the_same(tmp_path, drawn):
    first = report_of(a_run(tmp_path))
    page = (tmp_path / "report.html").read_bytes()

    assert report_of(a_run(tmp_path)) == first
    assert (tmp_path / "report.html").read_bytes() == page
    assert len(drawn) == 1
    assert "figures/cold-1.png" in first
    assert "no network was trained" in first


def remeasured(folder, monkeypatch):
    return a_run(folder, 2e-5)


def replanned(folder, monkeypatch):
    return with_plan(a_run(folder), seed=2)


def with_other_limits(folder, monkeypatch):
    where = {"problem": "nielsen", "dtype": "float32", "threads": 1, "launch": 0, "what": "cache", "per_second": 1e10}
    return made_up_run(folder, {(BASE, 10): [[1e-5] * 3] * 2}, limits=[where])


def with_another_version(folder, monkeypatch):
    monkeypatch.setattr(paragone, "__version__", "99")
    return a_run(folder)


def with_other_sources(folder, monkeypatch):
    monkeypatch.setattr(kept, "folder_hash", lambda folder: "another")
    return a_run(folder)


def with_a_figure_painted_over(folder, monkeypatch):
    (folder / "figures/cold-0.png").write_bytes(b"another picture")
    return a_run(folder)


def without_a_figure(folder, monkeypatch):
    (folder / "figures/cold-1.svg").unlink()
    return a_run(folder)


def without_a_record(folder, monkeypatch):
    (folder / kept.RECORD).unlink()
    return a_run(folder)


def with_a_record_of_nonsense(folder, monkeypatch):
    (folder / kept.RECORD).write_text('{"inputs": 1}')
    return a_run(folder)


def with_a_name_that_leads_out(folder, monkeypatch):
    record = json.loads((folder / kept.RECORD).read_text())
    record["figures"][0]["name"] = "../cold-0"
    (folder / kept.RECORD).write_text(json.dumps(record))
    return a_run(folder)


CHANGES = (remeasured, replanned, with_other_limits, with_another_version, with_other_sources)
CHANGES += (with_a_figure_painted_over,)
DAMAGES = (without_a_figure, without_a_record, with_a_record_of_nonsense, with_a_name_that_leads_out)


@pytest.mark.parametrize("change", [*CHANGES, *DAMAGES])
def test_where_anything_is_another_they_are_drawn_again(tmp_path, drawn, monkeypatch, change):
    report_of(a_run(tmp_path))
    report_of(change(tmp_path, monkeypatch))

    assert len(drawn) == 2
    assert (tmp_path / "figures/cold-0.png").read_bytes() == b"png"


def quick_run(folder):
    return made_up_run(folder, {key: launches[:1] for key, launches in TIMES.items()})


def test_a_first_look_gets_none_until_somebody_asks_and_keeps_them_then(tmp_path, drawn):
    run = quick_run(tmp_path)

    assert "To draw them: `paragone report made-up --figures`" in report_of(run)
    assert drawn == []
    assert "--figures</code>" not in (tmp_path / "report.html").read_text()
    write_figures(Results(run))
    write_figures(Results(run))
    assert "figures/cold-1.png" in report_of(run)
    assert len(drawn) == 1


def test_a_first_look_measured_further_loses_figures_of_the_time_before(tmp_path, drawn):
    run = quick_run(tmp_path)
    write_figures(Results(run))
    fewer = replace(run, samples=run.samples.iloc[:-1])

    assert "To draw them" in report_of(fewer)
    assert list((tmp_path / "figures").iterdir()) == []


def test_those_that_are_kept_are_those_that_were_drawn(tmp_path):
    run = full_run(tmp_path)
    write_report(Results(run))
    inputs = kept.inputs_of(Results(run))
    figures, left_out = kept.kept_figures(tmp_path, inputs)
    drawn_now, absent = catalogue.run_figures(Results(run))

    assert [(one.name, one.caption, one.svg) for one in figures] == [(o.name, o.caption, o.svg) for o in drawn_now]
    assert left_out == absent


def test_where_nothing_is_drawn_neither_matplotlib_nor_scipy_is_loaded(tmp_path):
    run = shutil.copytree(STORED_RUN, tmp_path / "run")
    plan = json.loads((run / "plan.json").read_text())
    (run / "plan.json").write_text(json.dumps({**plan, "quick": True}))
    made = subprocess.run([sys.executable, "-c", REPORT, str(run)], capture_output=True, text=True, check=True)

    assert made.stdout.splitlines()[-1] == "[]"
    assert (run / "report.html").exists()
