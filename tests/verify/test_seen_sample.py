"""One sample as the harness sees it, by a worker whose times the test makes up."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
from msgspec import structs
from msgspec.structs import replace

from paragone.errors import MeasurementFailed
from paragone.machine.cpu_wait import SchedulingTimes
from paragone.store.plan_records import Cell
from paragone.task.mlp.problem_files import find_problem
from paragone.task.mlp.state import State
from paragone.verify.inputs import RoundInputs
from paragone.verify.seen_sample import ORDER_NS_PER_NUMBER, StartedSample, look_closely, see_sample, sum_of
from paragone.verify.time_account import time_fault
from paragone.worker.replies import Timing

MS = 1_000_000
PROBLEM = find_problem("nielsen")
CELL = Cell("nielsen", "member", 10, 1, 40, 5, 1e-3, once_per_launch=False)


class Waiting:
    """A worker that trains for 40 ms, and waits `withheld` ms for a CPU in each command."""

    cpus = (0,)

    def __init__(self, withheld):
        self.withheld_ns, self.now = withheld * MS, itertools.count()
        self.log, self.waited_ns, self.scheduling = [], 0, SchedulingTimes(0, 0, 0, 0)

    def prepare(self, start, prefix):
        self.log.append(("prepare", len(prefix)))

    def reset(self, state, n_steps):
        self.log.append(("reset",))
        self._pass(MS)

    def take_sample(self, order):
        self.log.append(("sample", len(order)))
        self._pass(40 * MS)
        return Timing(n_steps=len(order), elapsed_ns=40 * MS, cpu_ns=40 * MS)

    def call_params(self):
        self.log.append(("params",))
        self._pass(MS)

    def result(self):
        self._pass(500 * MS)  # the pipe
        return State.at_rest([np.ones((2, 3))], [np.ones(2)]), None

    def scheduling_times(self):
        return self.scheduling

    def _pass(self, busy_ns):
        self.waited_ns = busy_ns + self.withheld_ns
        at, cpu, runnable, steal = self.scheduling
        self.scheduling = SchedulingTimes(at + self.waited_ns, cpu + busy_ns, runnable + self.withheld_ns, steal)


def input_of(cell=CELL):
    return RoundInputs([cell], {"nielsen": PROBLEM}).of(cell)


def started(worker, n_parts, cell=CELL):
    return StartedSample(worker, input_of(cell), cell, 5, n_parts)


def test_a_sample_is_prepared_then_timed_and_its_result_is_fetched_beside_the_time_of_params():
    worker = Waiting(withheld=7)
    account = see_sample(worker, input_of(), CELL, 5).account

    assert [("prepare", 5), ("reset",), ("sample", 40), ("params",)] == worker.log
    assert (47 * MS, 8 * MS) == (account.outside_ns, account.params_ns)
    assert 0 == account.withheld_ns


def test_params_has_time_for_the_numbers_of_the_result_and_for_those_of_the_start_that_it_does_not_have():
    start = RoundInputs([CELL], {"nielsen": PROBLEM}).of(CELL).start.tensors()
    in_no_result = sum(array.size for name, array in start.items() if name not in Waiting(0).result()[0].tensors())

    assert in_no_result > 0
    assert 2 * (6 + 2) + in_no_result == see_sample(Waiting(withheld=0), input_of(), CELL, 5).account.n_numbers


def test_a_closer_look_leaves_out_the_time_that_the_scheduler_withheld():
    account = look_closely(Waiting(withheld=500), input_of(), CELL, 5).account

    # The test's own process may wait for a CPU too, which is left out as well.
    assert 500 * MS <= account.withheld_ns
    assert account.outside_ns <= 40 * MS
    assert 40 * MS - ORDER_NS_PER_NUMBER * 400 == account.cpu_outside_ns
    assert account.params_ns <= MS
    assert time_fault([account] * 3, SimpleNamespace(holds_accelerator=lambda: False), "train") is None


@pytest.mark.parametrize("see", [see_sample, look_closely])
def test_a_worker_that_counts_other_steps_than_it_was_sent_is_refused(see):
    worker = Waiting(withheld=0)
    honest = worker.take_sample
    worker.take_sample = lambda order: replace(honest(order), n_steps=10 * len(order))

    with pytest.raises(MeasurementFailed, match=r"a sample of 40 steps was sent, and the reply counts 400"):
        see(worker, input_of(), CELL, 5)


def test_a_sample_in_parts_is_prepared_and_reset_once_and_takes_every_step_once():
    worker = Waiting(withheld=0)
    sample = started(worker, n_parts=3)
    taken = []
    while not sample.is_whole:
        sample.take_part()
        taken.append(len(worker.log))
    sample.seen()

    assert [("prepare", 5), ("reset",), ("sample", 14), ("sample", 13), ("sample", 13), ("params",)] == worker.log
    assert [3, 4, 5] == taken


def test_the_account_of_a_sample_in_parts_is_that_of_all_its_parts():
    sample = started(Waiting(withheld=2), n_parts=4)
    for _ in range(4):
        sample.take_part()
    account = sample.seen().account

    assert (40, 4 * 40 * MS, 4 * 40 * MS) == (
        account.timing.n_steps,
        account.timing.elapsed_ns,
        account.timing.cpu_ns,
    )
    assert (4 * 42 * MS, 3 * MS, 3 * MS) == (account.outside_ns, account.reset_ns, account.params_ns)
    assert [10, 10, 10, 10] == [timing.n_steps for timing in sample.timings]


def test_a_sample_of_few_steps_has_no_empty_part():
    worker = Waiting(withheld=0)
    sample = started(worker, n_parts=8, cell=structs.replace(CELL, n_steps=3))
    while not sample.is_whole:
        sample.take_part()

    assert [("sample", 1)] * 3 == worker.log[2:]


def test_a_part_that_counts_other_steps_than_it_was_sent_is_refused():
    worker = Waiting(withheld=0)
    sample = started(worker, n_parts=4)
    sample.take_part()
    worker.take_sample = lambda order: Timing(n_steps=40, elapsed_ns=MS, cpu_ns=MS)

    with pytest.raises(MeasurementFailed, match="a sample of 10 steps was sent, and the reply counts 40"):
        sample.take_part()


def test_the_clock_of_a_program_counts_where_every_part_has_it():
    with_clock, without = (Timing(n_steps=1, elapsed_ns=5, cpu_ns=1, runner_ns=ns) for ns in (3, None))

    assert 6 == sum_of([with_clock, with_clock]).runner_ns
    assert sum_of([with_clock, without]).runner_ns is None
