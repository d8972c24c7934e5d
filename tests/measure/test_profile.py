"""A profile from the command line to its folder: who is measured, who is not and why, and that no bit may change."""

import csv
import re
from dataclasses import replace

import pytest
from easy_data import N_TRAIN, easy_data
from in_process import SHORT, in_process
from quiet_display import QuietDisplay

from paragone.analyse.profiled import read_profile
from paragone.files.json_lines import read_json, read_rows
from paragone.files.paths import PROJECT
from paragone.implementation.registry import discover
from paragone.measure.profile import Profile
from paragone.plan.request import Request
from paragone.store.runs import run_folders
from paragone.task.mlp.problem_files import find_problem

PAGE = (PROJECT / "docs" / "process.md").read_text()
RUNNER = re.search(r"runner.py`; then `paragone verify my_step`:\n\n```python\n(.*?)```", PAGE, re.DOTALL)[1]

IMPL = '''
import sys
from paragone.adapters.process import ProcessImplementation
from paragone.implementation.registry import IMPLEMENTATIONS, read_folder

(Rows,) = read_folder(IMPLEMENTATIONS / "numpy_rows")
COMMON = {"layout": "samples in rows", "source": "a test", "axes": {"dtype": ("float32",)}}


class Honest(Rows):
    name, idea, maths, axes = "honest", "As the baseline.", ("impl.py",), {"dtype": ("float32",)}

    def formulas(self):
        maths = super().formulas()
        maths.PARTS = {"t2 slope": "slope"}
        maths.slope = lambda A: A * (1 - A)
        return maths


class Careless(Honest):
    """Whose clocks disturb what it computes."""

    name = "careless"

    def load_clocked(self, problem, images, labels):
        super().load_clocked(problem, images * images.dtype.type(0.999), labels)


class Breaks(Honest):
    name = "breaks"

    def load_clocked(self, problem, images, labels):
        raise ValueError("the clock fell off the wall")


class Wrong(Honest):
    """Which the gate must stop before anything is timed."""

    name = "wrong"

    def reset(self, state):
        super().reset(state)
        self.W[0] *= 1.5


class Hides(Honest):
    name = "hides"

    @classmethod
    def hides_phases(cls):
        return "its step is compiled as one"


class Silent(ProcessImplementation):
    """The program of docs/process.md, which knows nothing of phases."""

    name, language, layout, source, idea = "silent", "Python", "samples in rows", "a test", "A program of its own."
    maths, axes = ("runner.py",), {"dtype": ("float32",)}

    def command(self):
        return [sys.executable, "runner.py"]
'''
NAMES = ("honest", "careless", "breaks", "wrong", "hides", "silent")


@pytest.fixture
def mine(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "impl.py").write_text(IMPL)
    (folder / "runner.py").write_text(RUNNER)
    return folder


@pytest.fixture
def profiled(paragone, small, mine, tmp_path):
    """Profile these implementations; return the exit code, what was printed, and the folder."""

    def run(*names, rounds=3):
        chosen = [word for name in names for word in ("-i", name)]
        results = tmp_path / "results"
        arguments = ["--plugins", mine, "-p", small, "-b", "20", "--rounds", rounds, "--results", results, *chosen]
        code, out, err = paragone("profile", *arguments)
        (folder,) = results.iterdir()
        return code, out, err, folder

    return run


# --- without processes ---


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return easy_data(tmp_path_factory.mktemp("cache"))


def profile_of(data, mine, results, display=None):
    """Profile all but the program, in two launches of three rounds."""
    names = tuple(name for name in NAMES if name != "silent")
    problem = replace(find_problem("nielsen"), n_train=N_TRAIN, layers=(784, 4, 10))
    request = Request((problem,), SHORT, implementations=names, sizes=(20,), launches=2, rounds=3)
    found, _ = discover(plugins=[str(mine)])
    return Profile(request, found, data, results, "paragone profile", display or QuietDisplay(), in_process).run()


def test_every_live_cell_has_a_pair_in_every_round_of_every_launch_and_the_others_a_reason(
    no_processes, data, mine, tmp_path
):
    folder, finished = profile_of(data, mine, tmp_path / "results")
    pairs = read_rows(folder / "pairs.jsonl")
    reasons = {
        row["variant"].partition("[")[0]: row["reason"]
        for row in read_rows(folder / "outcomes.jsonl")
        if row["status"] in ("failed", "not told apart")
    }

    assert finished
    assert [("honest[dtype=float32]", launch, round_) for launch in range(2) for round_ in range(3)] == [
        (row["variant"], row["launch"], row["round"]) for row in pairs
    ]
    assert {True, False} == {row["plain_first"] for row in pairs}
    assert all({"gather", "forward", "backward", "update"} == set(row["phases"]) for row in pairs)
    assert {"careless", "breaks", "wrong", "hides"} == set(reasons)
    assert "the same steps gave other parameters or losses" in reasons["careless"]
    assert "differs from the reference" in reasons["wrong"]


def test_the_machines_speeds_are_measured_once_in_each_launch_in_the_dtype_of_what_is_profiled(
    no_processes, data, mine, tmp_path
):
    folder, _ = profile_of(data, mine, tmp_path / "results")
    limits = read_rows(folder / "limits.jsonl")

    assert {(row["launch"], row["what"]) for row in limits} == {
        (launch, what) for launch in range(2) for what in ("gemm", "exp", "gather", "read", "cache", "products")
    }
    assert {(row["problem"], row["dtype"], row["threads"]) for row in limits} == {("nielsen", "float32", 1)}
    assert read_profile(folder).parts


def test_an_interrupted_profile_keeps_its_pairs(no_processes, data, mine, tmp_path):
    folder, finished = profile_of(data, mine, tmp_path / "results", QuietDisplay(interrupt_at=6))

    assert not finished
    assert 4 == len(read_rows(folder / "pairs.jsonl"))


# --- from the command line ---


@pytest.mark.slow
def test_a_contender_without_phases_gets_an_outcome_and_the_others_are_measured(profiled):
    code, out, _, folder = profiled(*NAMES)
    reasons = {
        row["variant"].partition("[")[0]: (row["status"], row["reason"])
        for row in read_rows(folder / "outcomes.jsonl")
        if row["status"] not in ("passed", "not checked")
    }

    assert 1 == code
    assert {"honest[dtype=float32]"} == {row["variant"] for row in read_rows(folder / "pairs.jsonl")}
    assert set(NAMES) - {"honest"} == set(reasons)
    assert ("not told apart", "its step is compiled as one") == reasons["hides"]
    assert ("not told apart", "it was asked to tell its phases apart, and told none") == reasons["silent"]
    assert "failed" == reasons["careless"][0]
    assert "with clocks around its phases the same steps gave other parameters" in reasons["careless"][1]
    assert "the clock fell off the wall" in reasons["breaks"][1]
    assert "differs from the reference" in reasons["wrong"][1]
    assert all(reason in out for _, reason in reasons.values())


@pytest.mark.slow
def test_a_profile_has_a_folder_that_tells_everything_and_is_no_run(profiled):
    code, out, _, folder = profiled("honest", rounds=4)
    rows = read_rows(folder / "pairs.jsonl")

    assert 0 == code
    assert folder.name.endswith("-profile")
    assert [] == run_folders(folder.parent)
    assert list(range(4)) == [row["round"] for row in rows]
    assert {True, False} == {row["plain_first"] for row in rows}
    assert all(row["is_same"] and {"gather", "forward", "backward", "update"} == set(row["phases"]) for row in rows)
    assert all(sum(row["phases"].values()) <= row["clocked_ns"] for row in rows)
    assert read_json(folder / "finished.json")["finished"] is True
    assert {"phases-small-1.png", "phases-small-1.svg", "phases.csv", "profile.md"} <= {
        p.name for p in folder.iterdir()
    }
    assert "A reading of Python's clock costs" in out
    assert "in per cent of a step" in out
    assert re.search(r"honest, batch 20: .* of a step is ", out)
    with (folder / "phases.csv").open() as file:
        told = {row["what"] for row in csv.DictReader(file)}
    assert {"gather", "forward", "backward", "update", "other", "whole", "without clocks"} == told


@pytest.mark.slow
def test_ctrl_c_keeps_and_shows_what_was_measured(profiled, monkeypatch):
    from paragone.measure import profile

    pair, calls = profile.Profile._pair, []

    def interrupted(*arguments, **named):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return pair(*arguments, **named)

    monkeypatch.setattr(profile.Profile, "_pair", interrupted)
    code, out, err, folder = profiled("honest")

    assert 130 == code
    assert "Interrupted. What was measured is kept and shown." in err
    assert 1 == len(read_rows(folder / "pairs.jsonl"))
    assert read_json(folder / "finished.json")["finished"] is False
    assert "— interrupted" in (folder / "profile.md").read_text()
    assert "honest" in out
