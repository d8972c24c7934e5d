"""On which CPUs processes run, and that a pin is taken off again."""

import os

import pytest

from paragone.machine import cpus as cpus_of_processes
from paragone.machine.cpus import harness_cpus, on_every_cpu, pinned_to, worker_cpus

can_pin = pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system cannot pin processes")


@can_pin
def test_the_pin_is_taken_off_even_where_the_block_fails():
    before = os.sched_getaffinity(0)
    seen = []

    def fail():
        with pinned_to(worker_cpus(1)):
            seen.append(os.sched_getaffinity(0))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert [set(worker_cpus(1))] == seen
    assert before == os.sched_getaffinity(0)


def test_pinning_to_no_cpus_does_nothing():
    with pinned_to(()):
        pass


@pytest.mark.parametrize(
    ("cpus", "threads", "for_worker", "for_harness"),
    [
        ((0, 1, 2, 5), 1, (5,), (0, 1, 2)),
        ((0, 1, 2, 5), 3, (1, 2, 5), (0,)),
        ((0, 1), 2, (0, 1), (0, 1)),  # none is left: the harness shares
        ((0, 1), 4, (0, 1), (0, 1)),
        ((7,), 1, (7,), (7,)),
        ((), 1, (), ()),
    ],
)
def test_which_cpus_a_worker_gets_and_which_are_left(monkeypatch, cpus, threads, for_worker, for_harness):
    monkeypatch.setattr(cpus_of_processes, "usable_cpus", lambda: cpus)

    assert (for_worker, for_harness) == (worker_cpus(threads), harness_cpus(threads))


@can_pin
def test_threads_on_every_cpu_come_back_to_where_they_were():
    before = os.sched_getaffinity(0)
    with pinned_to(list(before)[:1]):
        with on_every_cpu():
            within = os.sched_getaffinity(0)
        assert os.sched_getaffinity(0) == set(list(before)[:1])

    assert before <= within
