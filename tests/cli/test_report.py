"""How a run ends for its user: nothing measured, a complete run without its report, a plan that somebody changed."""

import json
import shutil

import pytest
import typer
from made_up_run import BASE, OTHER, cell, made_up_run, outcome, stored_plan, variant, with_plan

from paragone.analyse.results import Results
from paragone.cli.report import refuse_failures
from paragone.report import write
from paragone.report.text.gaps import HEADING
from paragone.store.reader import read_finished
from paragone.store.runs import run_folders

WRONG = """
from paragone.implementation.registry import IMPLEMENTATIONS, read_folder

(Rows,) = read_folder(IMPLEMENTATIONS / "numpy_rows")


class Wrong(Rows):
    name = "wrong"
    maths = ()

    def params(self):
        return {name: array * 2 for name, array in super().params().items()}
"""
QUICKLY = ("--quick", "--rounds", 3, "--no-curves", "--dtype", "float32", "-i", "numpy_rows[order=C]", "-b", 20)


# --- nothing measured ---


def test_a_run_without_any_sample_does_not_end_as_if_all_were_well(
    paragone, small, without_processes, without_figures, tmp_path, monkeypatch
):
    monkeypatch.setattr("in_process.InProcessWorker.train", lambda self, state, order, n_steps=None: (state, None))
    code, _, err = paragone("bench", *QUICKLY, "-p", small, "--results", tmp_path / "results")

    assert code == 1
    assert "nothing was measured: no cell has a timed sample" in err


# --- something failed ---

TIMES = {(BASE, 10): [[2e-5] * 3], (OTHER, 10): [[1e-5] * 3]}
GONE = {(BASE, 10): [[2e-5] * 3], (OTHER, 10): [[None] * 3]}
FAILS, PASSES = [outcome(BASE), outcome(OTHER, "failed", 10)], [outcome(BASE), outcome(OTHER)]


def code_of(*names, times=TIMES, outcomes=PASSES, own=("numpy_rows",), strict=False, unusable=(), plugins=()):
    """The exit code of a finished run in which these were asked for."""
    run = made_up_run(None, times, outcomes=outcomes)
    run = with_plan(run, request={"implementations": names, "plugins": plugins}, unusable=unusable)
    try:
        refuse_failures(Results(run), own, strict)
    except typer.Exit as ending:
        return ending.exit_code
    return 0


@pytest.mark.parametrize("name", ["numpy_tuned", "numpy_t*", "numpy_tuned[dtype=float32]"])
def test_what_is_named_and_fails_ends_the_command_with_code_1_though_its_baseline_was_measured(name, capsys):
    assert code_of(name) == 0
    assert code_of(name, outcomes=FAILS) == 1
    said = " ".join(capsys.readouterr().err.split())
    assert f"error: failed: numpy_tuned. {OTHER}: " in said
    assert f"All reasons stand in the report, under “{HEADING}”" in said


def test_each_name_must_have_given_a_sample(capsys):
    """Such as one that cannot run here, or whose step is too slow."""
    assert code_of("numpy_rows", "numpy_tuned", times=GONE) == 1
    assert "error: nothing was measured of numpy_tuned." in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("names", [(), ("numpy_rows",)])
def test_one_that_nobody_named_fails_the_command_by_strict_alone(names):
    assert code_of(*names, outcomes=FAILS) == 0
    assert code_of(*names, outcomes=FAILS, strict=True) == 1
    assert code_of(*names, outcomes=PASSES, strict=True) == 0


def test_ones_own_need_no_other_name():
    """Those of --plugins, and the baseline."""
    assert code_of(outcomes=FAILS, own=("numpy_rows", "numpy_tuned")) == 1


def test_a_folder_of_plugins_that_cannot_be_used_fails_where_no_other_name_is_given():
    broken = [{"name": "mine", "reason": "impl.py: SyntaxError"}]

    assert code_of(unusable=broken) == 0
    assert code_of(unusable=broken, strict=True) == 1
    assert code_of(unusable=broken, plugins=["/mine"]) == 1
    assert code_of("numpy_rows", unusable=broken, plugins=["/mine"]) == 0


def test_a_run_knows_that_its_own_plugin_failed(paragone, small, without_processes, without_figures, tmp_path):
    (tmp_path / "wrong").mkdir()
    (tmp_path / "wrong" / "impl.py").write_text(WRONG)
    code, _, err = paragone(
        *("bench", *QUICKLY, "-p", small, "--results", tmp_path / "results", "--no-memory"),
        *("-i", "wrong", "--plugins", tmp_path / "wrong"),
    )

    assert code == 1
    assert "error: failed: wrong; nothing was measured of wrong." in " ".join(err.split())


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
