"""A harness that is killed, or meets a full disk, at any moment loses nothing and leaves no process behind."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime

import numpy as np
import psutil
import pytest
from in_process import SHORT

from paragone.errors import ResultsUnusable
from paragone.files.atomic import write_json
from paragone.files.json_lines import read_rows
from paragone.files.paths import IMPORT_ROOT, PROJECT
from paragone.implementation.registry import IMPLEMENTATIONS
from paragone.store.reader import read_run
from paragone.store.runs import new_run_folder, run_folders
from paragone.task.mlp.mnist.cache import store
from paragone.task.mlp.mnist.parts import Arrays

DRIVER = PROJECT / "tests" / "killed_bench.py"
# Where a test is about the harness alone; the killed ones have real workers, which must not outlive them.
ALONE = {"WITHOUT_PROCESSES": "1"}
N_TRAIN, N_TEST = 300, 50
CELL = ("problem", "variant", "size", "threads", "wave")
KEYS = (*CELL, "launch", "round")
SECONDS_TO_DIE = 10


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with one implementation of one variant, a small data set, and room for results."""
    monkeypatch.setenv("PARAGONE_CACHE", str(tmp_path / "cache"))
    shutil.copytree(IMPLEMENTATIONS / "numpy_rows", tmp_path / "impls" / "numpy_rows")
    declared = tmp_path / "impls" / "numpy_rows" / "impl.py"
    declared.write_text(declared.read_text().replace('"order": ("C", "F")', '"order": ("C",)'))
    generator = np.random.Generator(np.random.PCG64(5))
    images = generator.integers(0, 256, (N_TRAIN + N_TEST, 784), np.uint8)
    images[generator.random(images.shape) > 0.19] = 0  # like MNIST's: over dense noise all neurons are saturated
    labels = generator.integers(0, 10, N_TRAIN + N_TEST, np.uint8)
    arrays = Arrays(images[:N_TRAIN], labels[:N_TRAIN], images[N_TRAIN:], labels[N_TRAIN:])
    (tmp_path / "data.txt").write_text(str(store(arrays, "small", "a test").folder))
    (tmp_path / "results").mkdir()
    return tmp_path


def start(place, run=None, **variables):
    """Start a harness on this place, to take up `run` where one is named."""
    command = [sys.executable, str(DRIVER), str(place), *([run] if run else [])]
    environment = {**os.environ, "PYTHONPATH": str(IMPORT_ROOT), **variables}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)


def events_of(process, is_last=lambda number, event: False):
    """Return what a harness tells until it ends; it is killed at the event that is the last one."""
    told = []
    for line in process.stdout:
        told.append(json.loads(line))
        if is_last(len(told), told[-1]):
            family = psutil.Process(process.pid).children(recursive=True)
            process.send_signal(signal.SIGKILL)
            told += [json.loads(line) for line in process.stdout if line.endswith(b"\n")]
            _, left = psutil.wait_procs(family, SECONDS_TO_DIE)
            assert [p for p in left if p.status() != psutil.STATUS_ZOMBIE] == [], "a worker outlives its harness"
            break
    said = process.stderr.read().decode()
    process.stdout.close()
    process.stderr.close()
    assert process.wait() in (0, -signal.SIGKILL), said
    return told


def timed_rows(events):
    """Return the timed samples that were reported: their rows were on disk when they were told."""
    return [
        tuple(row[key] for key in KEYS)
        for what, content in events
        if what == "rows" and content[0] == "samples"
        for row in content[1]
        if row["kind"] == "timed"
    ]


def folder_of(place):
    """Return the folder of the one run that there may be, or None."""
    folders = run_folders(place / "results")
    assert len(folders) < 2
    return folders[0] if folders else None


def assert_whole(folder, reported):
    """Assert that a run holds every planned sample once, those that were reported among them, and its report."""
    run = read_run(folder)
    held = Counter(tuple(r[key] for key in KEYS) for r in read_rows(folder / "samples.jsonl") if r["kind"] == "timed")
    cells = [tuple(getattr(cell, key) for key in CELL) for cell in run.plan.cells]
    assert set(reported) <= set(held)
    statuses = set(run.outcomes["status"])  # a drawn start may lead into chaos, where nothing is compared
    assert {"passed"} <= statuses <= {"passed", "not checked"}, set(run.outcomes["reason"])
    assert held == {(*cell, launch, round_): 1 for cell in cells for launch in (0, 1) for round_ in range(3)}
    assert run.finished.finished
    assert {"head", "sample", "stress"} <= set(run.outcomes["stage"])
    assert len(run.memory) == 2
    assert sorted(run.accuracy["epoch"]) == list(range(SHORT.curve_passes + 1))
    assert Counter(run.limits["what"]) == {"gemm": 2, "read": 2, "cache": 2, "products": 4}


def assert_reported(folder):
    assert "interrupted" not in (folder / "report.md").read_text().splitlines()[0]
    assert (folder / "summary.csv").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_a_run_killed_at_random_moments_has_every_sample_once(place, seed):
    """One moment while nothing is fixed yet, the others from there to the report: ten in a run, 60 in all."""
    moments = random.Random(seed)
    reported = []
    for kill in range(10):
        folder = folder_of(place)
        last = moments.randrange(1, 12) if folder is None and kill == 0 else moments.randrange(2, 45)
        events = events_of(start(place, folder and folder.name), lambda number, _, last=last: number == last)
        reported += timed_rows(events)
        if folder_of(place):
            written = [tuple(r[key] for key in KEYS) for r in read_rows(folder_of(place) / "samples.jsonl")]
            assert set(reported) <= set(written)
    folder = folder_of(place)
    events = events_of(start(place, folder and folder.name))

    assert events[-1][0] == "reported"
    assert_whole(folder_of(place), reported + timed_rows(events))
    assert_reported(folder_of(place))


def is_at(what, content=""):
    return lambda _, event: event[0] == what and content in str(event[1])


STAGES = {
    "in the pilot": is_at("stage", "verifying"),
    "while the folder is made": is_at("writes", ".draft-"),
    "once the plan is fixed": is_at("plan"),
    "in the memory pass": is_at("appends", "MemoryRow"),
    "in the learning curves": is_at("stage", "learning curves"),
    "before the end is written": is_at("writes", "finished.json"),
    "while the report is written": is_at("writes", "report.md"),
}


def test_a_run_killed_once_in_every_stage_comes_to_its_end(place):
    reported = []
    for stage, is_there in STAGES.items():
        folder = folder_of(place)
        events = events_of(start(place, folder and folder.name), is_there)
        assert is_there(0, events[-1]) or any(is_there(0, event) for event in events), f"{stage} was not reached"
        reported += timed_rows(events)
    events = events_of(start(place, folder_of(place).name))

    assert events[-1][0] == "reported"
    assert_whole(folder_of(place), reported + timed_rows(events))
    assert_reported(folder_of(place))
    assert len(reported) == 2 * 4 * 3


# --- a disk that is full, a folder that others hold or nobody may write ---


def test_a_disk_that_fills_up_costs_nothing_that_was_reported(place):
    """The kernel refuses to let samples.jsonl grow; once there is room, the run goes on."""
    first = start(place, **ALONE, ROOM="9000")
    output, said = first.communicate()
    reported = timed_rows([json.loads(line) for line in output.splitlines()])

    assert first.returncode == 1
    assert "samples.jsonl: cannot be written: " in said.decode()
    assert 0 < len(reported) < 2 * 4 * 3
    assert len(read_rows(folder_of(place) / "samples.jsonl")) >= len(reported)
    events = events_of(start(place, folder_of(place).name, **ALONE))
    assert_whole(folder_of(place), reported + timed_rows(events))


def test_a_second_harness_on_the_same_run_is_refused_and_the_first_goes_on(place):
    first = start(place, **ALONE)
    told = []
    for line in first.stdout:
        told.append(json.loads(line))
        if told[-1][0] == "rows" and told[-1][1][0] == "samples":
            break
    first.send_signal(signal.SIGSTOP)  # or it might come to its end before the second has started
    second = start(place, folder_of(place).name, **ALONE)
    _, said = second.communicate()
    first.send_signal(signal.SIGCONT)

    assert second.returncode == 1
    assert "another paragone is writing to this run" in said.decode()
    told += events_of(first)
    assert_whole(folder_of(place), timed_rows(told))


@pytest.fixture
def unwritable(tmp_path):
    """A folder that nobody may write, root included; skipped where the system cannot make one."""
    folder = tmp_path / "unwritable"
    folder.mkdir()
    if os.geteuid() != 0:
        folder.chmod(0o500)
        yield folder
        folder.chmod(0o700)
        return
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "none", str(folder)], capture_output=True)
    if mounted.returncode:
        pytest.skip("root may write everywhere, and here no read-only file system can be mounted")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_results_folder_that_cannot_be_written_is_an_error_with_a_remedy(unwritable):
    with pytest.raises(ResultsUnusable, match=r"cannot be written: .*Choose another folder: --results PATH"):
        new_run_folder(unwritable, datetime.now(UTC), {}, {})


def test_a_run_that_cannot_be_read_is_passed_over_and_said(place):
    """A damaged run beside it hinders no other."""
    damaged = place / "results" / "2025-01-01T000000Z"
    damaged.mkdir(parents=True)
    (damaged / "plan.json").write_text("{}")
    first = start(place, **ALONE)
    output, said = first.communicate()
    told = [json.loads(line) for line in output.splitlines()]

    assert first.returncode == 0, said.decode()
    assert any(what == "said" and "Passed over: " in content and damaged.name in content for what, content in told)


def test_a_clock_set_back_between_two_sessions_changes_no_sample(place):
    """The plan lies in the future: times since the run began are negative, and what is measured is not touched."""
    events = events_of(start(place, **ALONE), is_at("rows", "timed"))
    folder = folder_of(place)
    plan = json.loads((folder / "plan.json").read_text())
    write_json(folder / "plan.json", {**plan, "created": "2099-01-01T00:00:00+00:00"})
    reported = timed_rows(events) + timed_rows(events_of(start(place, folder.name, **ALONE)))

    assert_whole(folder, reported)
    assert read_run(folder).samples["started_s"].min() < 0
