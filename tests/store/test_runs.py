"""Where runs live: their names, the making of a new one, and finding the others."""

import errno
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import msgspec
import pytest
from made_up_run import stored_plan

from paragone.errors import Misuse, ResultsUnusable, UnknownName
from paragone.files.json_lines import read_json
from paragone.files.paths import PROJECT
from paragone.machine.environment_record import Environment
from paragone.store import runs
from paragone.store.plan_records import Plan, ProfilePlan
from paragone.store.reader import read_plan, read_profile_plan
from paragone.store.runs import (
    find_run,
    new_profile_folder,
    new_run_folder,
    refuse_unwritable,
    results_folder,
    run_folders,
)
from paragone.task.families import decode

PLAN = msgspec.convert(stored_plan(), Plan, dec_hook=decode)
PROFILE_PLAN = msgspec.convert(stored_plan(), ProfilePlan, dec_hook=decode)
NOW = datetime(2025, 3, 4, 5, 6, 7, tzinfo=UTC)


def test_a_run_is_named_by_its_time_in_utc(tmp_path):
    elsewhere = NOW.astimezone(timezone(timedelta(hours=-8)))
    folder = new_run_folder(tmp_path / "new" / "results", elsewhere, PLAN, Environment(packages={"numpy": "2.4.0"}))

    assert tmp_path / "new" / "results" / "2025-03-04T050607Z" == folder
    assert folder.name == read_plan(folder).run
    assert read_json(folder / "environment.json")["packages"] == {"numpy": "2.4.0"}


def test_runs_of_the_same_second_have_names_of_their_own_in_their_order(tmp_path):
    folders = [new_run_folder(tmp_path, NOW, PLAN, Environment()) for n in range(12)]

    assert folders == run_folders(tmp_path)
    assert [f"2025-03-04T050607Z{end}" for end in ("", "-2", "-3")] == [folder.name for folder in folders[:3]]
    assert all(read_json(folder / "plan.json")["run"] == folder.name for folder in folders)


def test_a_name_that_a_file_has_is_left_to_it(tmp_path):
    (tmp_path / "2025-03-04T050607Z").write_text("mine")

    assert "2025-03-04T050607Z-2" == new_run_folder(tmp_path, NOW, PLAN, Environment()).name
    assert "mine" == (tmp_path / "2025-03-04T050607Z").read_text()


@pytest.mark.parametrize("fails", ["environment.json", "plan.json"])
def test_a_run_that_cannot_be_made_leaves_nothing(tmp_path, monkeypatch, fails):
    def full(path, content):
        if path.name == fails:
            raise OSError(errno.ENOSPC, "No space left on device")
        path.write_text("{}")

    monkeypatch.setattr(runs, "write_json", full)
    with pytest.raises(ResultsUnusable, match=r"No space left on device.*--results PATH"):
        new_run_folder(tmp_path, NOW, PLAN, Environment())
    assert [] == list(tmp_path.iterdir())


def test_a_folder_that_runs_can_be_written_to_is_not_made_before_there_is_one(tmp_path):
    refuse_unwritable(tmp_path / "new" / "results")

    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("results", ["file", "file/results", "file/new/results"])
def test_a_folder_that_runs_cannot_be_written_to_is_refused_with_the_way_out(tmp_path, results):
    (tmp_path / "file").write_text("")

    with pytest.raises(ResultsUnusable, match=r"cannot be written: Not a directory\. .*--results PATH"):
        refuse_unwritable(tmp_path / results)


def test_a_disk_that_is_full_or_locks_no_files_is_found_by_the_first_try(tmp_path, monkeypatch):
    def fails(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    for name in ("os.fsync", "fcntl.flock"):
        with monkeypatch.context() as broken:
            broken.setattr(f"paragone.store.runs.{name}", fails)
            with pytest.raises(ResultsUnusable, match=r"No space left on device\. Choose another folder"):
                refuse_unwritable(tmp_path)
    assert [] == list(tmp_path.iterdir())


def test_a_run_that_is_being_made_is_no_run_yet(tmp_path, monkeypatch):
    seen = []
    rename = Path.rename
    monkeypatch.setattr(Path, "rename", lambda *args: seen.append(run_folders(tmp_path)) or rename(*args))
    folder = new_run_folder(tmp_path, NOW, PLAN, Environment())

    assert [[]] == seen
    assert [folder] == run_folders(tmp_path)


def test_a_results_folder_inside_a_file_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ResultsUnusable, match=r"cannot be written: .*--results PATH"):
        new_run_folder(tmp_path / "file" / "results", NOW, PLAN, Environment())


@pytest.fixture
def results(tmp_path):
    for day in (1, 2, 3):
        new_run_folder(tmp_path / "results", NOW.replace(day=day), PLAN, Environment())
    return tmp_path / "results"


def test_the_latest_run_is_the_last_by_time(results):
    assert results / "2025-03-03T050607Z" == find_run(results, "latest")


def test_a_run_is_found_by_its_name_and_by_its_path(results, monkeypatch):
    folder = results / "2025-03-02T050607Z"
    monkeypatch.chdir(results.parent)
    monkeypatch.setenv("HOME", str(results))

    assert folder == find_run(results, folder.name)
    assert folder == find_run(results.parent / "elsewhere", str(folder))
    assert folder == find_run(results.parent / "elsewhere", f"results/{folder.name}").absolute()
    assert folder == find_run(results.parent / "elsewhere", f"~/{folder.name}")


@pytest.mark.parametrize("name", ["2025-03-22T050607Z", "x" * 5000, "~nobody/run", "a\0b", ""])
def test_an_unknown_run_is_an_error_that_names_the_folder_searched(results, name, monkeypatch):
    monkeypatch.chdir(results.parent)
    with pytest.raises(UnknownName) as raised:
        find_run(results, name)
    assert f"Runs are looked for in {results}." in str(raised.value)


def test_the_closest_run_is_offered(results):
    with pytest.raises(UnknownName, match="Did you mean '2025-03-02T050607Z'"):
        find_run(results, "2025-03-02T050607")


def test_there_is_no_latest_run_where_there_is_none(tmp_path):
    with pytest.raises(UnknownName, match=r"unknown run 'latest'. There are none."):
        find_run(tmp_path / "none", "latest")


def test_folders_without_a_plan_are_no_runs(results):
    (results / "notes").mkdir()

    assert 3 == len(run_folders(results))
    with pytest.raises(UnknownName):
        find_run(results, "notes")


def test_a_profile_is_no_run_and_never_the_latest_one(results):
    folders = [new_profile_folder(results, NOW.replace(day=4), PROFILE_PLAN, Environment()) for _ in range(2)]

    assert ["2025-03-04T050607Z-profile", "2025-03-04T050607Z-profile-2"] == [folder.name for folder in folders]
    assert folders[0].name == read_profile_plan(folders[0]).run
    assert 3 == len(run_folders(results))
    assert results / "2025-03-03T050607Z" == find_run(results, "latest")
    with pytest.raises(Misuse, match=r"Z-profile is a profile, not a run: the claims that it settles: paragone claims"):
        find_run(results, folders[0].name)
    (folders[0] / "profile.md").write_text("")
    with pytest.raises(Misuse, match=r"Z-profile is a profile, not a run: read .*profile\.md"):
        find_run(results, folders[0].name)


@pytest.mark.parametrize(
    ("chosen", "variable", "expected"),
    [("/a", "/b", "/a"), (None, "/b", "/b"), ("~/a", None, "/home/me/a"), (None, "~/b", "/home/me/b")],
)
def test_the_option_comes_before_the_variable_and_homes_are_known(monkeypatch, chosen, variable, expected):
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.delenv("PARAGONE_RESULTS", raising=False)
    if variable:
        monkeypatch.setenv("PARAGONE_RESULTS", variable)

    assert Path(expected) == results_folder(chosen and Path(chosen))


@pytest.mark.parametrize("variable", [None, ""])
def test_without_a_choice_results_lie_in_the_project(monkeypatch, variable):
    monkeypatch.delenv("PARAGONE_RESULTS", raising=False)
    if variable is not None:
        monkeypatch.setenv("PARAGONE_RESULTS", variable)

    assert PROJECT / "results" == results_folder()
