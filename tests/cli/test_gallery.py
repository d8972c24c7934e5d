"""paragone gallery: the newest run of each kernel, or those that are named."""

import json

import msgspec
import pytest
from made_up_run import stored_plan
from runs_of_two_kernels import network_run, pairwise_run

from paragone.cli.gallery import newest_of_each_kernel


@pytest.fixture
def stored(tmp_path, monkeypatch):
    """Folders of runs by their names, with what chooses among them alone: the plan, the machine, the end."""

    def store(name, run, machine="this", finished=True, **plan):
        folder = tmp_path / name
        folder.mkdir()
        problems = msgspec.to_builtins(run.plan, enc_hook=lambda problem: problem.to_json())["problems"]
        content = stored_plan(run=name, problems=problems, **plan)
        (folder / "plan.json").write_text(json.dumps(content))
        (folder / "environment.json").write_text(json.dumps({"machine": {"id": machine}}))
        if finished:
            (folder / "finished.json").write_text(json.dumps({"finished": True, "elapsed_s": 1.0}))

    store.folder = tmp_path
    return store


def names(stored):
    return [folder.name for folder in newest_of_each_kernel(stored.folder)]


def test_the_newest_run_of_each_kernel_is_taken(stored):
    stored("2026-01-01T000000Z", pairwise_run())
    stored("2026-01-02T000000Z", network_run())
    stored("2026-01-03T000000Z", pairwise_run())

    assert names(stored) == ["2026-01-02T000000Z", "2026-01-03T000000Z"]


def test_a_run_that_was_interrupted_and_one_of_another_machine_are_not_taken(stored):
    stored("2026-01-01T000000Z", pairwise_run(), machine="other")
    stored("2026-01-02T000000Z", network_run())
    stored("2026-01-03T000000Z", network_run(), finished=False)

    assert names(stored) == ["2026-01-02T000000Z"]


def test_a_damaged_run_is_told_and_left_out(stored, capsys):
    stored("2026-01-01T000000Z", network_run())
    stored("2026-01-02T000000Z", pairwise_run())
    (stored.folder / "2026-01-02T000000Z" / "plan.json").write_text("{")

    assert names(stored) == ["2026-01-01T000000Z"]
    assert "Left out: " in capsys.readouterr().err


def test_without_a_run_the_command_that_measures_is_named(paragone, tmp_path):
    code, _, err = paragone("gallery", "--results", tmp_path)

    assert code == 5
    assert "has no finished run. To measure every kernel: paragone bench -k all" in err
