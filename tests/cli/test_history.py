"""paragone history: which runs it takes, what it writes where, and what it says where there are too few."""

import json

import pytest
from pair_of_runs import written
from runs_over_time import nights


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A folder of six runs; from the fourth on a variant is a quarter slower."""
    results = tmp_path_factory.mktemp("results")
    for run in nights(6, at=3, factor=1.25):
        written(run, results)
    return results


def test_the_page_and_the_table_lie_in_a_folder_of_the_machine(paragone, stored):
    code, out, _ = paragone("history", "--results", stored)
    path = stored / "history-0123abcd" / "history.html"

    assert 0 == code
    assert f"History: {path}, as a table {path.with_suffix('.csv')}" in out
    assert "numpy: 2.4.0 → 2.5.0" in out
    assert "2026-01-05T030405Z" in path.read_text()
    assert path.with_suffix(".csv").read_text().startswith("run,created,commit,problem,")


def test_the_runs_that_are_named_are_taken_alone(paragone, stored):
    code, out, _ = paragone("history", "2026-01-02T030405Z", "2026-01-03T030405Z", "--results", stored)

    assert 0 == code
    assert "2 runs, 2026-01-02 to 2026-01-03" in out


def test_quick_unfinished_foreign_and_damaged_runs_are_left_out_each_with_its_reason(paragone, tmp_path):
    folders = [written(run, tmp_path) for run in nights(6)]
    _change(folders[0] / "plan.json", launches=1)
    (folders[1] / "finished.json").unlink()
    _change(folders[2] / "environment.json", machine={"id": "other"})
    (folders[3] / "samples.jsonl").write_text("{\n")
    code, out, err = paragone("history", "--results", tmp_path)

    assert 0 == code
    assert "2 runs, 2026-01-06 to 2026-01-07" in out
    for reason in ("one launch (--quick) has no interval", "it was not finished", "it is of another machine"):
        assert f"1 run left out: {reason} (2026-01-0" in out
    assert "Left out: " in err
    assert "samples.jsonl, line 1" in err


def _change(path, **changes):
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_one_run_is_too_few_and_the_command_that_measures_is_named(paragone, tmp_path):
    written(nights(1)[0], tmp_path)
    code, _, err = paragone("history", "--results", tmp_path)

    assert 5 == code
    assert "a history takes 2 runs or more of one machine, got 1. To measure one: paragone bench" in err


def test_an_empty_folder_is_an_error_and_no_traceback(paragone, tmp_path):
    code, _, err = paragone("history", "--results", tmp_path)

    assert 5 == code
    assert "got 0" in err


def test_a_history_of_some_cells_has_a_folder_of_its_own(paragone, stored):
    code, out, err = paragone("history", "-p", "niel*", "-i", "numpy_a", "--results", stored)
    (page,) = (path / "history.html" for path in stored.glob("history-0123abcd-*"))

    assert 0 == code
    assert str(page) in out
    assert "numpy_a" in page.read_text()
    assert 'id="cells-nielsen-numpy-b' not in page.read_text()
    assert "reading runs" in err


def test_a_run_without_the_cells_that_are_asked_for_is_left_out_and_said(paragone, tmp_path):
    folders = [written(run, tmp_path) for run in nights(3)]
    for name in ("plan.json", "samples.jsonl", "launches.jsonl", "outcomes.jsonl"):
        path = folders[0] / name
        path.write_text(path.read_text().replace("numpy_a", "numpy_z"))
    code, out, _ = paragone("history", "-i", "numpy_a", "--results", tmp_path)

    assert 0 == code
    assert "1 run left out: it has none of these cells (2026-01-02T030405Z)" in " ".join(out.split())


@pytest.mark.parametrize(
    ("option", "words"), [(("-p", "nielson"), "unknown problem 'nielson'"), (("-i", "no*"), "unknown implementation")]
)
def test_what_no_run_has_is_named(paragone, stored, option, words):
    code, _, err = paragone("history", *option, "--results", stored)

    assert 2 == code
    assert words in " ".join(err.split())
