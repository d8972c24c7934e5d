"""Whole runs among faulty plugins: each of their cells has one outcome, nobody else notices, and nothing is left."""

import os
import re
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest
from easy_data import easy_data
from everyone import FOUND
from faulty_members import FAULTS, HARMLESS, HELPED, IN_PYTHON, LARGE, OF_PROCESSES, SMALL
from in_process import in_process
from zoo_faults import wait_until
from zoo_runs import PROBLEM, processes_left, zoo_runs

from paragone.implementation.importing import implementation_class
from paragone.machine.cgroups import cpu_quota
from paragone.machine.cpus import usable_cpus
from paragone.report.text.gaps import gaps_table
from paragone.report.text.repro import repro_command
from paragone.report.text.rows import each_row
from paragone.worker.budgets import STANDARD
from paragone.worker.sample import result_digest


def is_alive(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    with zoo_runs(tmp_path_factory) as measure:
        yield measure


@pytest.fixture(scope="module")
def in_python(measured):
    return measured(IN_PYTHON, in_process)


@pytest.fixture(scope="module")
def among_all(measured):
    return measured(OF_PROCESSES | HARMLESS)


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

    assert Counter(cells["size"]) == {SMALL: 1, LARGE: 1}
    failed = cells[cells["status"] == "failed"]
    assert set(failed["size"]) == set(fault.at), list(cells["reason"])
    for reason in failed["reason"]:
        assert re.search(fault.reason, reason), reason
        assert reason.isprintable()


def test_what_does_no_harm_passes(among_all):
    for name in HARMLESS:
        assert ["passed", "passed"] == list(cells_of(among_all, name)["status"])


def test_the_samples_of_the_others_are_all_there_and_bit_for_bit_what_they_are_without_them(among_all, tmp_path):
    samples = among_all.run.samples
    samples = samples[samples["variant"].str.startswith("numpy_rows")]
    baseline = implementation_class(FOUND["numpy_rows"].folder, "numpy_rows")(dtype="float32", order="C")
    baseline.load(PROBLEM, *easy_data(tmp_path).inputs(PROBLEM, "float32"))

    for row in each_row(samples):
        baseline.reset(PROBLEM.start_state(row.input_seed))
        losses = baseline.train(PROBLEM.order(row.input_seed, row.n_steps, row.size))
        assert row.digest == result_digest(baseline.params(), losses)
    counted = Counter(zip(samples["variant"], samples["size"], samples["kind"], strict=True))
    n_launches = samples["launch"].nunique()
    of_kind = {"cold": 1, "warmup": 1, "timed": 3}
    assert all(of_kind[kind] * n_launches == n for (_, _, kind), n in counted.items())
    assert len(counted) == 3 * 2 * 3, "variants with the A/A control, batch sizes, kinds"


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
    name = "is_wrong_from_the_third_sample_on[dtype=float32]"
    assert f"paragone bench --new --quick --implementations '{name}' --problem" in table
