"""What is new takes as long as what is timed: who is refused, and who is not, by clocks that the test turns."""

import itertools
from dataclasses import replace

import pytest
from described_here import variants_of
from easy_data import easy_data
from msgspec import structs
from zoo_faults import Workers

from paragone.errors import MeasurementFailed
from paragone.implementation.registry import IMPLEMENTATIONS, read_folder
from paragone.machine.cpu_wait import SchedulingTimes
from paragone.store.plan_records import Cell
from paragone.task.mlp.problem_files import find_problem
from paragone.verify.replay import LEAST_EXCESS_NS, TRIES, compare_with_fresh_input, fresh_input
from paragone.worker.commands import TakeSample
from paragone.worker.replies import Timing

PROBLEM = replace(find_problem("nielsen"), n_train=60, layers=(784, 4, 10))
CELL = Cell("nielsen", "member", 10, 1, 40, 5, 1e-3, once_per_launch=False)
MS = 1_000_000
CALL_NS = 30 * MS  # of a train through the pipe, whatever it trains


class Clocked:
    """A worker whose samples take `sample_ns`, and whose steps that are new take `fresh_ns` together, by try.

    In each of its trainings it is ready for `withheld_ns` more and has no CPU.
    """

    def __init__(self, sample_ns, *fresh_ns, withheld_ns=0):
        self.now_ns, self.cpu_ns, self.runnable_ns = 0, 0, 0
        self.fresh_ns, self.withheld_ns = list(fresh_ns), withheld_ns
        self.sample_ns = itertools.cycle(sample_ns if isinstance(sample_ns, list) else [sample_ns])
        self.starts, self.n_steps = [], []

    def call(self, command):
        assert TakeSample(batch_size=10, n_steps=40, prefix_steps=5) == command
        return Timing(n_steps=40, elapsed_ns=next(self.sample_ns), cpu_ns=0, digest="")

    def train(self, state, order, n_steps):
        self.starts.append((state.digest(), order.tobytes()))
        self.n_steps.append(n_steps)
        is_whole = n_steps == len(order)
        took_ns = CALL_NS + (self.fresh_ns.pop(0) if is_whole else 0)
        waited_ns = self.withheld_ns if is_whole else 0
        self.cpu_ns += took_ns
        self.runnable_ns += waited_ns
        self.now_ns += took_ns + waited_ns

    def scheduling_times(self):
        return SchedulingTimes(self.now_ns, self.cpu_ns, self.runnable_ns, 0)


def test_equal_time_on_fresh_input_passes_at_the_first_try():
    worker = Clocked(40 * MS, 59 * MS)
    compare_with_fresh_input(worker, PROBLEM, CELL)

    assert [1, 1, 40] == worker.n_steps


def test_longer_on_fresh_input_in_every_try_is_refused_with_both_times():
    worker = Clocked(40 * MS, *[60 * MS] * TRIES)

    with pytest.raises(
        MeasurementFailed, match=r"40 steps take 40\.0 ms when they are timed, and 60\.0 ms by the harn"
    ):
        compare_with_fresh_input(worker, PROBLEM, CELL)


def test_one_try_of_equal_time_is_enough():
    compare_with_fresh_input(Clocked(40 * MS, *[400 * MS] * (TRIES - 1), 40 * MS), PROBLEM, CELL)


def test_time_waited_for_a_cpu_does_not_count():
    compare_with_fresh_input(Clocked(40 * MS, 41 * MS, withheld_ns=500 * MS), PROBLEM, CELL)


def test_more_cpu_time_on_fresh_input_is_refused_despite_waiting():
    with pytest.raises(MeasurementFailed, match=r"and 60\.0 ms by the harness's clock"):
        compare_with_fresh_input(Clocked(40 * MS, *[60 * MS] * TRIES, withheld_ns=500 * MS), PROBLEM, CELL)


@pytest.mark.parametrize("threads", [1, 2])
def test_an_honest_implementation_passes_with_one_thread_and_with_two(tmp_path, threads):
    """Two threads of a BLAS that spin between products take twice the CPU time of the wall's."""
    problem = replace(find_problem("nielsen"), n_train=200)
    with Workers(easy_data(tmp_path)) as workers:
        worker = workers.open("numpy_rows", threads=threads)
        (numpy_rows,) = read_folder(IMPLEMENTATIONS / "numpy_rows")
        variant = variants_of(numpy_rows)[0]
        worker.load(variant, str(IMPLEMENTATIONS / "numpy_rows"), problem, str(workers.data.folder), seed=1)
        compare_with_fresh_input(worker, problem, Cell(problem.name, variant.name, 200, threads, 100, 10, 1e-3, False))


@pytest.mark.parametrize("samples", [[1 * MS, 60 * MS], [60 * MS, 1 * MS]])
def test_one_slow_sample_does_not_excuse_a_slow_training(samples):
    with pytest.raises(MeasurementFailed, match=r"1\.0 ms when they are timed"):
        compare_with_fresh_input(Clocked(samples, *[40 * MS] * TRIES), PROBLEM, CELL)


def test_a_few_milliseconds_are_noise_however_short_the_sample():
    compare_with_fresh_input(Clocked(10, LEAST_EXCESS_NS + 9), PROBLEM, CELL)
    with pytest.raises(MeasurementFailed):
        compare_with_fresh_input(Clocked(10, *[LEAST_EXCESS_NS + 10] * TRIES), PROBLEM, CELL)


def test_every_try_has_a_fresh_start_and_order():
    worker = Clocked(0, *[60 * MS] * TRIES)
    with pytest.raises(MeasurementFailed):
        compare_with_fresh_input(worker, PROBLEM, CELL)

    assert TRIES == len({start for start, _ in worker.starts}) == len({order for _, order in worker.starts})


def test_at_full_batch_where_every_order_is_the_same_the_start_is_new():
    full = structs.replace(CELL, batch_size=60)
    (one, order), (other, same) = fresh_input(PROBLEM, full), fresh_input(PROBLEM, full)

    assert (order == same).all()
    assert one.digest() != other.digest()


def test_a_cell_of_a_single_step_is_skipped():
    worker = Clocked(0)
    compare_with_fresh_input(worker, PROBLEM, structs.replace(CELL, once_per_launch=True))
    compare_with_fresh_input(worker, PROBLEM, structs.replace(CELL, n_steps=1))

    assert [] == worker.n_steps
