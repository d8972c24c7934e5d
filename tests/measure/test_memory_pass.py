"""The memory pass: it sees what training takes and nothing else, once for every cell that was measured."""

import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from described_here import registered
from easy_data import easy_data
from made_up_run import sample, stored_plan
from msgspec import structs
from zoo_faults import FAULTS

from paragone.files.atomic import write_json
from paragone.files.json_lines import read_rows
from paragone.implementation.contract import variants
from paragone.implementation.registry import read_folder
from paragone.measure.memory_pass import FEWEST_STEPS, cells_without_row, measure_memory, memory_steps, pass_seconds
from paragone.plan.cells import Contender
from paragone.store.plan_records import Cell
from paragone.store.records import Sample
from paragone.store.run_folder import RunFolder
from paragone.task.mlp.problem_files import find_problem
from paragone.verify.pilot import load_worker, open_worker
from paragone.verify.pilot_result import PilotResult, outcome

MB = 1_000_000
(TAKES_MEMORY,) = read_folder(FAULTS / "takes_memory")
FOUND = registered(TAKES_MEMORY, FAULTS / "takes_memory")
PROBLEM = replace(find_problem("nielsen"), n_train=300, layers=(784, 4, 10))
CONTENDERS = {
    dict(variant.axis)["how"]: Contender(PROBLEM, FOUND, variant, 1) for variant in variants(FOUND.implementation)
}
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux can reset the peak")


class Silent:
    """A display that keeps what is being done."""

    def __init__(self):
        self.done, self.total = [], None

    @contextmanager
    def progress(self, title, total):
        self.total = total
        yield lambda what, amount: self.done.append(what)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return easy_data(tmp_path_factory.mktemp("cache"))


@pytest.fixture(autouse=True)
def _tests_can_be_imported(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(FAULTS.parent))


def cell(how, size, **changed):
    """Return a cell of which a sample has 4 steps of a millisecond."""
    key = CONTENDERS[how].key
    planned = Cell(key[0], key[1], size, 1, n_steps=4, prefix_steps=1, step_seconds=1e-3, once_per_launch=False)
    return structs.replace(planned, **changed)


def sample_of(planned, **others):
    taken = sample(planned.variant, planned.size, 0, 0, 1e-3, **others)
    return msgspec.convert({**taken, "n_steps": 4, "elapsed_ns": 4_000_000}, Sample)


@contextmanager
def run_of(folder, cells, timed=None):
    """Yield a run's folder with this plan, in which these cells, or all, have been timed."""
    write_json(folder / "plan.json", stored_plan(rounds=3, cells=msgspec.to_builtins(cells)))
    with RunFolder(folder) as rows:
        for planned in cells if timed is None else timed:
            rows.append(sample_of(planned, wave=planned.wave))
        yield rows


def measured(rows, data, display=None):
    contenders = {contender.key: contender for contender in CONTENDERS.values()}
    measure_memory(rows, contenders, data, 1, lambda contender: open_worker(contender, 60), display or Silent())
    return read_rows(rows.folder / "memory.jsonl")


def above_mb(folder, data, *cells):
    """Return what the pass finds above the loaded state, in MB, cell by cell."""
    with run_of(folder, cells) as rows:
        found = measured(rows, data)
    assert {"measured"} == {row["status"] for row in found}
    return [(row["peak_memory_bytes"] - row["loaded_memory_bytes"]) / MB for row in found]


# --- what counts ---


@linux
def test_memory_that_training_frees_again_is_in_the_peak(data, tmp_path):
    assert [pytest.approx(100, abs=3)] == above_mb(tmp_path, data, cell("gives_back", 100))


@linux
@pytest.mark.parametrize("sizes", [(100, 10), (10, 100)])
def test_memory_left_by_another_batch_size_does_not_count(data, tmp_path, sizes):
    cells = [cell("keeps", size) for size in sizes]

    assert [pytest.approx(size, abs=3) for size in sizes] == above_mb(tmp_path, data, *cells)


@linux
def test_arrays_of_two_consecutive_steps_count_together(data, tmp_path):
    assert [pytest.approx(100, abs=3)] == above_mb(tmp_path, data, cell("two_at_a_time", 50))


@linux
def test_memory_freed_by_loading_does_not_hide_that_of_training(data, tmp_path):
    assert [pytest.approx(100, abs=3)] == above_mb(tmp_path, data, cell("frees_in_load", 100))


@linux
def test_the_memory_of_a_child_counts(data, tmp_path):
    assert [pytest.approx(100, abs=3)] == above_mb(tmp_path, data, cell("in_a_child", 100))


@linux
def test_a_loaded_worker_no_longer_maps_the_shared_data_set(data):
    worker = open_worker(CONTENDERS["gives_back"], 60)
    try:
        load_worker(worker, CONTENDERS["gives_back"], data, seed=1)
        mapped = Path(f"/proc/{worker._child.pid}/maps").read_text()
    finally:
        worker.kill()

    assert "libc" in mapped
    assert str(data.folder) not in mapped


# --- which cells, and how often ---


def test_a_failure_is_a_row_with_its_reason_and_the_others_go_on(data, tmp_path):
    with run_of(tmp_path, [cell("raises", 1), cell("gives_back", 1)]) as rows:
        failed, other = measured(rows, data)

    assert ("failed", None, None) == (failed["status"], failed["peak_memory_bytes"], failed["loaded_memory_bytes"])
    assert failed["reason"].startswith("memory: MemoryError: no room for a mini-batch")
    assert "measured" == other["status"]


def test_a_cell_with_a_row_is_not_measured_again_even_after_a_failure(data, tmp_path):
    cells = [cell("raises", 1), cell("gives_back", 1), cell("gives_back", 2)]
    display = Silent()
    with run_of(tmp_path, cells[:2]) as rows:
        before = measured(rows, data)
    with run_of(tmp_path, cells, timed=cells[2:]) as rows:
        after = measured(rows, data, display)

    assert before == after[:2]
    assert [2] == [row["size"] for row in after[2:]]
    assert (1, [f"{cells[2].variant} at batch 2"]) == (display.total, display.done)


def test_the_control_is_left_out(data, tmp_path):
    contender = CONTENDERS["gives_back"]
    control = replace(contender, variant=replace(contender.variant, control=True))
    with run_of(tmp_path, [cell("gives_back", 1, variant=control.variant.name)]) as rows:
        measure_memory(rows, {control.key: control}, data, 1, lambda e: open_worker(e, 60), Silent())

        assert not (tmp_path / "memory.jsonl").exists()


def test_a_cell_that_stands_in_several_waves_counts_once(tmp_path):
    cells = [cell("keeps", 1), cell("keeps", 1, wave=1)]
    with run_of(tmp_path, cells):
        assert cells[:1] == cells_without_row(tmp_path)


@pytest.mark.parametrize("size", [1, None])
def test_a_cell_that_was_not_timed_or_found_wrong_is_left_out(tmp_path, size):
    wrong, untimed, right = cell("keeps", 1), cell("gives_back", 1), cell("two_at_a_time", 1)
    with run_of(tmp_path, [wrong, untimed, right], timed=[wrong, right]) as rows:
        rows.append(sample_of(untimed, kind="cold"))
        rows.append(outcome(CONTENDERS["keeps"], size, "sample", "failed", "another result"))

        assert [right] == cells_without_row(tmp_path)


# --- how many steps, and how long ---


def test_the_peak_is_measured_over_a_sample_of_three_steps_at_least_or_one_slow_step():
    assert 4 == memory_steps(cell("keeps", 1))
    assert FEWEST_STEPS == memory_steps(cell("keeps", 1, n_steps=1))
    assert 1 == memory_steps(cell("keeps", 1, n_steps=1, once_per_launch=True))


def test_the_estimate_counts_a_load_and_the_steps_of_every_cell_but_not_the_control():
    contender = CONTENDERS["keeps"]
    result = PilotResult(contender, [cell("keeps", 1), cell("keeps", 2, step_seconds=1.0)], [], load_seconds=2.0)
    control = replace(contender, variant=replace(contender.variant, control=True))

    assert pytest.approx(2 + 4e-3 + 2 + 4) == pass_seconds([result, result.as_control(control)])
