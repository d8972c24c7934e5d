"""How a run ends for its user: nothing measured, a complete run without its report, a plan that somebody changed."""

import json
import shutil

import pytest
from made_up_run import BASE, cell, stored_plan, variant

from paragone.report import write
from paragone.store.reader import read_finished
from paragone.store.runs import run_folders

QUICKLY = ("--quick", "--rounds", 3, "--no-curves", "--dtype", "float32", "-i", "numpy_rows[order=C]", "-b", 20)


# --- nothing measured ---


def test_a_run_without_any_sample_does_not_end_as_if_all_were_well(
    paragone, small, without_processes, without_figures, tmp_path, monkeypatch
):
    monkeypatch.setattr("in_process.InProcessWorker.train", lambda self, state, order, n_steps=None: (state, None))
    code, _, err = paragone("bench", *QUICKLY, "-p", small, "--results", tmp_path / "results")

    assert code == 1
    assert "nothing was measured: no cell has a timed sample" in err


# --- a complete run without its report ---


@pytest.fixture
def bench(paragone, small, without_processes, without_figures, tmp_path):
    """Return a function that runs the same bench again, with more options."""
    return lambda *more: paragone("bench", *QUICKLY, "-p", small, "--results", tmp_path / "results", *more)


def full_disk(folder, files):
    raise OSError(28, "No space left on device")


def test_a_report_that_was_not_written_is_written_by_the_same_command_and_nothing_is_measured_again(
    bench, tmp_path, monkeypatch
):
    with monkeypatch.context() as full:
        full.setattr(write, "write_files", full_disk)
        code, _, err = bench()
    (folder,) = run_folders(tmp_path / "results")
    assert code == 5
    said = err.replace("\n", " ")
    assert f"What was measured is kept. Once it can be written: paragone report {folder}" in said
    finished, samples = read_finished(folder), (folder / "samples.jsonl").read_bytes()

    code, _, err = bench()

    assert code == 0
    assert f"Run {folder.name} of this command is complete, and only its report is missing: it is written now" in err
    assert [folder] == run_folders(tmp_path / "results")
    assert (folder / "report.md").is_file()
    assert (finished, samples) == (read_finished(folder), (folder / "samples.jsonl").read_bytes())


def test_a_run_with_its_report_is_followed_by_a_new_one_and_so_is_any_run_by_new(bench, tmp_path):
    bench()
    bench()
    assert len(run_folders(tmp_path / "results")) == 2
    (run_folders(tmp_path / "results")[-1] / "report.md").unlink()
    bench("--new")

    assert len(run_folders(tmp_path / "results")) == 3


def test_a_complete_run_is_not_measured_further_when_it_is_taken_up(bench, tmp_path):
    bench()
    (folder,) = run_folders(tmp_path / "results")
    finished = read_finished(folder)
    code, _, err = bench("--resume", folder.name)

    assert code == 0
    assert f"Run {folder.name} is complete: there is nothing left to measure" in err
    assert finished == read_finished(folder)


# --- a plan that names what there is not ---


@pytest.mark.parametrize("verb", ["report", "export", "compare", "bench --resume"])
@pytest.mark.parametrize("what", ["problem", "variant"])
def test_a_plan_whose_cells_name_what_it_does_not_hold_is_refused(paragone, small, tmp_path, verb, what):
    folder = tmp_path / "results" / "2026-01-01T000000Z"
    folder.mkdir(parents=True)
    plan = stored_plan(run=folder.name, variants=[variant(BASE)], cells=[cell(BASE, 10), cell(BASE, 100)])
    plan["cells"][1][what] = "no_such"
    (folder / "plan.json").write_text(json.dumps(plan))
    (folder / "environment.json").write_text("{}")
    shutil.copytree(folder, tmp_path / "results" / "2026-01-02T000000Z")
    others = [tmp_path / "results" / "2026-01-02T000000Z"] if verb == "compare" else []
    places = [] if verb == "export" else ["--results", tmp_path / "results"]
    code, _, err = paragone(*verb.split(), folder, *others, *places)

    assert code == 5
    assert f"cells[1].{what}: expected a {what} of the plan, got 'no_such'" in " ".join(err.split())


def test_a_plan_whose_cells_are_not_of_its_request_is_not_taken_up(bench, tmp_path):
    bench()
    (folder,) = run_folders(tmp_path / "results")
    (folder / "finished.json").unlink()
    plan = json.loads((folder / "plan.json").read_text())
    plan["variants"].append({**plan["variants"][0], "variant": "other[dtype=float32]"})
    plan["cells"][0]["variant"] = "other[dtype=float32]"
    (folder / "plan.json").write_text(json.dumps(plan))
    code, _, err = bench("--resume", folder.name)

    assert code == 5
    assert "plan.json names cells of other[dtype=float32], which its own request does not choose" in " ".join(
        err.split()
    )
