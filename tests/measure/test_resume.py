"""What a run still wants, read from the rows that it has; and whose code its plan may name."""

from types import SimpleNamespace

import pytest

from paragone.errors import Misuse
from paragone.files.paths import PROJECT
from paragone.measure import resume
from paragone.measure.resume import refuse_unnamed_code, remaining_samples
from paragone.plan.request import Request
from paragone.store.plan_records import Cell
from paragone.task.kernel.problem import KernelProblem
from paragone.task.mlp.problem_files import find_problem

CELL = Cell("p", "v", 10, 1, n_steps=5, prefix_steps=0, step_seconds=0.01, once_per_launch=False)


def test_remaining_samples_are_the_plan_without_the_rows(tmp_path):
    row = '{"problem": "p", "variant": "v", "threads": 1, "size": 10, "wave": 0, "launch": %d, "round": %d, '
    row += (
        '"kind": "%s", "attempt": 2, "n_steps": 3, "elapsed_ns": 7, "cpu_ns": 7, "waiting_cpu_ns": 0, "digest": "d"}\n'
    )
    (tmp_path / "samples.jsonl").write_text(row % (0, 1, "timed") + row % (0, -1, "cold") + row % (1, 0, "timed"))

    remaining, attempts = remaining_samples(tmp_path, rounds=3)

    assert [True, False, True] == [remaining.wants(CELL, 0, round_) for round_ in range(3)]
    assert [False, True, True] == [remaining.wants(CELL, 1, round_) for round_ in range(3)]
    assert {(0, 0): 2, (1, 0): 2} == attempts


def test_a_failure_ends_its_cell_and_a_failure_to_load_ends_all(tmp_path):
    row = '{"problem": "p", "variant": "v", "threads": 1, "size": %s, "stage": "head", "status": "failed"}\n'
    (tmp_path / "outcomes.jsonl").write_text(row % 100)
    assert remaining_samples(tmp_path, rounds=3)[0].wants(CELL, 0, 0)

    (tmp_path / "outcomes.jsonl").write_text(row % 10)
    assert not remaining_samples(tmp_path, rounds=3)[0].wants(CELL, 0, 0)

    (tmp_path / "outcomes.jsonl").write_text(row % "null")
    assert not remaining_samples(tmp_path, rounds=3)[0].wants(CELL, 0, 0)


def test_the_seconds_left_are_those_of_the_samples_still_wanted(tmp_path):
    remaining, _ = remaining_samples(tmp_path, rounds=3)

    assert abs(2 * 3 * 0.05 - remaining.seconds(CELL, launches=2)) < 1e-12


@pytest.mark.parametrize("others", [(), ("other",)])
def test_a_plan_that_needs_more_plugins_than_the_user_names_is_refused(tmp_path, others):
    planned = Request((find_problem("nielsen"),), plugins=("/plugins/mine", "/plugins/its own"))

    with pytest.raises(Misuse) as refused:
        refuse_unnamed_code(tmp_path / "a_run", planned, ["/plugins/mine", *others])
    assert "paragone bench --resume" in str(refused.value)
    assert str(refused.value).endswith("--plugins /plugins/mine --plugins '/plugins/its own'")


def test_a_plan_whose_plugins_the_user_names_goes_on(tmp_path):
    planned = Request((find_problem("nielsen"),), plugins=("/plugins/mine",))

    refuse_unnamed_code(tmp_path / "a_run", planned, ["/plugins/other", "/plugins/mine"])


@pytest.mark.parametrize(
    ("problem", "command"),
    [
        (find_problem("nielsen"), "paragone compare --live A B"),
        (KernelProblem.of(PROJECT / "impls" / "heat"), "paragone compare --live A B -k heat"),
    ],
    ids=["networks", "kernel"],
)
def test_a_live_comparison_goes_on_by_its_own_command(tmp_path, problem, command):
    planned = Request((problem,), sides=("old=/there", "new=/elsewhere"))

    with pytest.raises(Misuse) as raised:
        refuse_unnamed_code(tmp_path, planned, [])
    assert str(raised.value).endswith(f"compares two versions, old and new: name them again, and it goes on: {command}")


@pytest.mark.parametrize(("problem", "said"), [("nielsen", 1), ("mlp4", 0)])
def test_only_an_unfinished_run_of_the_same_problems_is_spoken_of(tmp_path, monkeypatch, problem, said):
    """Of another kernel's run, every source had "changed"."""
    monkeypatch.setattr(resume, "run_folders", lambda results: [results / "a_run"])
    monkeypatch.setattr(resume, "is_finished", lambda folder: False)
    plan = SimpleNamespace(problems={problem: find_problem(problem)})
    monkeypatch.setattr(resume, "read_plan", lambda folder: plan)
    monkeypatch.setattr(resume.RunIdentity, "differing", lambda identity, folder: "source of numpy_rows")
    sentences = []
    identity = resume.RunIdentity(Request((find_problem("nielsen"),)), (), "", None)

    assert identity.unfinished(tmp_path, sentences.append) is None
    assert said == len(sentences)
