"""Whole runs among faulty plugins: each of their cells has one outcome, nobody else notices, and nothing is left."""

import os
import re
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import faulty_members
import psutil
import pytest
from easy_data import easy_data
from faulty_members import FAULTS, HARMLESS, HELPED, IN_PYTHON, LARGE, N_STEPS, OF_PROCESSES, SMALL
from in_process import SHORT, in_process
from quiet_display import QuietDisplay
from zoo_faults import wait_until

from paragone.analyse.results import Results
from paragone.files.paths import PROJECT
from paragone.implementation.registry import discover
from paragone.machine.cgroups import cpu_quota
from paragone.machine.child import TAG
from paragone.machine.cpus import usable_cpus
from paragone.measure import bench
from paragone.measure.bench import Bench
from paragone.plan import cells
from paragone.plan.request import Request
from paragone.report.text.gaps import gaps_table
from paragone.report.text.repro import repro_command
from paragone.report.text.rows import each_row
from paragone.store.reader import read_run
from paragone.task.mlp.problem_files import find_problem
from paragone.verify.pilot import open_worker
from paragone.worker.budgets import STANDARD
from paragone.worker.handle import WorkerHandle

PROBLEM = replace(find_problem("nielsen"), n_train=200, layers=(784, 4, 10), batch_sizes=(SMALL, LARGE))
MEMORY_LIMIT = 400_000_000
# Long enough for a Python to start on a busy machine; those who hang are given less once they have loaded.
TIME_LIMIT_S, HANGING_S = 30.0, 0.5
BASELINE = "numpy_rows[dtype=float32,order=C]"


def processes_left() -> list[str]:
    """Return the workers of this file's runs and the processes that they started, where they still live."""
    found, ours = [], f"ZOO_NOTES={os.environ['ZOO_NOTES']}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes().split(b"\0")
            if ours in environment and any(entry.startswith(f"{TAG}=".encode()) for entry in environment):
                found.append((folder / "cmdline").read_text())
        except OSError:
            continue
    return found


def is_alive(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """Return a function that makes a short run of the baseline among members of the zoo, and gives its results."""
    data = easy_data(tmp_path_factory.mktemp("cache"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(PROJECT / "tests"))
        patch.setenv("ZOO_NOTES", str(tmp_path_factory.mktemp("notes")))
        patch.setattr(bench, "launch_deviation", lambda *_: None)
        patch.setattr(bench, "call_costs", lambda *_: [])
        patch.setattr(bench, "record_limits", lambda *_: None)
        patch.setattr(bench, "draw_curves", lambda *_: None)
        patch.setattr(cells, "sample_steps", lambda *_: N_STEPS)
        load = WorkerHandle.load

        def load_impatiently(self, variant, *others):
            answer = load(self, variant, *others)
            self.time_limit_s = HANGING_S if variant.implementation.name.startswith("hangs") else TIME_LIMIT_S
            return answer

        patch.setattr(WorkerHandle, "load", load_impatiently)

        def measure(members, open_worker=open_worker, budgets=SHORT):
            plugins = faulty_members.write(tmp_path_factory.mktemp("plugins"), members)
            request = Request(
                (PROBLEM,),
                budgets,
                implementations=("numpy_rows", *members),
                dtypes=("float32",),
                quick=True,
                rounds=3,
                slow=True,
                memory=False,
                time_limit_s=TIME_LIMIT_S,
                memory_limit_bytes=MEMORY_LIMIT,
                plugins=tuple(plugins),
            )
            found, broken = discover(plugins=plugins)
            results = tmp_path_factory.mktemp("results")
            display = QuietDisplay()
            made = Bench(request, found, broken, data, results, "paragone", display, open_worker=open_worker)
            folder, finished = made.run()
            assert finished
            return Results(read_run(folder))

        yield measure


@pytest.fixture(scope="module")
def alone(measured):
    return measured({})


@pytest.fixture(scope="module")
def in_python(measured):
    return measured(IN_PYTHON, in_process)


@pytest.fixture(scope="module")
def among_all(measured):
    return measured(OF_PROCESSES | HARMLESS)


def digests(results):
    samples = results.run.samples
    samples = samples[samples["variant"].str.startswith("numpy_rows")]
    keys = ["variant", "batch_size", "launch", "round", "kind"]
    return {tuple(row[keys]): row["digest"] for _, row in samples.iterrows()}


def cells_of(results, name):
    return results.summary[results.summary["implementation"] == name]


def work_of_others_s() -> float:
    """Return how many seconds the CPUs have worked for others than this process and those it has waited for."""
    machine, own = psutil.cpu_times(), os.times()
    return machine.user + machine.nice + machine.system + getattr(machine, "steal", 0.0) - sum(own[:4])


@pytest.mark.alone
@pytest.mark.skipif(min(len(usable_cpus()), cpu_quota() or 2) < 2, reason="needs a second CPU")
def test_who_has_help_is_not_timed(measured):
    for _ in range(2):  # while somebody else works, a second thread has no CPU to go to
        begin, before_s = time.monotonic(), work_of_others_s()
        results = measured(HELPED, budgets=STANDARD)
        busy = (work_of_others_s() - before_s) / (time.monotonic() - begin)
        found = {name: cells_of(results, name)["reason"] for name in HELPED}
        missed = {
            name: list(reasons)
            for name, reasons in found.items()
            if not all(re.search(HELPED[name].reason, reason) for reason in reasons)
        }
        if not missed:
            break
    if missed and busy > 0.2:
        pytest.skip(f"needs a free CPU: others kept {busy:.1f} busy")

    assert missed == {}
    assert {2} == {len(reasons) for reasons in found.values()}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_one_outcome_for_each_cell_with_its_reason(request, name):
    fault = FAULTS[name]
    cells = cells_of(request.getfixturevalue("in_python" if name in IN_PYTHON else "among_all"), name)

    assert Counter(cells["batch_size"]) == {SMALL: 1, LARGE: 1}
    failed = cells[cells["status"] == "failed"]
    assert set(failed["batch_size"]) == set(fault.at), list(cells["reason"])
    for reason in failed["reason"]:
        assert re.search(fault.reason, reason), reason
        assert reason.isprintable()


def test_what_does_no_harm_passes(among_all):
    for name in HARMLESS:
        assert ["passed", "passed"] == list(cells_of(among_all, name)["status"])


def test_the_samples_of_the_others_are_all_there_and_bit_for_bit_what_they_are_without_them(among_all, alone):
    assert digests(alone) == digests(among_all)
    assert len(digests(alone)) > 3 * 2 * 2


def test_nothing_that_was_started_is_left(among_all):
    noted = [path.name for path in Path(os.environ["ZOO_NOTES"]).iterdir()]

    assert len(noted) >= 2
    assert wait_until(lambda: not any(map(is_alive, noted)))
    assert wait_until(lambda: not processes_left()), processes_left()


def test_every_failed_cell_stands_among_the_gaps_with_a_command_that_repeats_it(among_all):
    frame, plan = among_all.summary, among_all.run.plan
    failed = frame[frame["status"] == "failed"]
    table = gaps_table(frame, plan)

    for row in each_row(failed):
        command = repro_command(plan, row)
        assert command.startswith("paragone ")
        assert row.variant in command
        assert f"/{row.implementation} " in command, "the plugin's folder"
        assert row.variant in table
    assert "paragone verify 'segfaults[dtype=float32]' --problem" in table
    name = "is_wrong_in_the_third_round[dtype=float32]"
    assert f"paragone bench --new --quick --implementations '{name}' --problem" in table
