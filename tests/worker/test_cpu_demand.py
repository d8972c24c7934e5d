"""What the threads of a worker get and wait for, on a machine that others keep busy."""

from multiprocessing import get_context

import pytest

from paragone.worker.cpu_demand import CpuDemand, cpu_demand, wanted_ns


def wanted(cpu_ns, by_thread, before=None):
    return wanted_ns(CpuDemand(0, before or {}), CpuDemand(cpu_ns, by_thread))


def test_two_threads_that_take_turns_on_one_cpu_want_two():
    assert wanted(100, {1: (50, 50), 2: (50, 50)}) == 200


def test_a_thread_that_is_woken_for_a_moment_and_waits_long_wants_little():
    assert wanted(102, {1: (100, 0), 2: (2, 90)}) == 108


def test_only_what_came_since_the_first_reading_counts():
    assert wanted(100, {1: (150, 70)}, before={1: (50, 60)}) == 110


def test_a_thread_that_began_between_counts_whole_and_one_that_ended_by_its_cpu_time():
    assert wanted(100, {2: (40, 20)}, before={1: (500, 500)}) == 120


def test_nothing_wanted_is_never_negative():
    assert wanted(-3, {}) == 0


def compute(until_told):
    while not until_told.poll():
        pass


@pytest.mark.skipif(not cpu_demand().by_thread, reason="the system tells no times of threads")
def test_a_child_that_computes_is_among_the_threads():
    here, there = get_context("fork").Pipe()
    child = get_context("fork").Process(target=compute, args=(there,))
    before = cpu_demand()
    child.start()
    sum(range(10**6))
    after = cpu_demand()
    here.send("end")
    child.join()

    assert child.pid in after.by_thread
    assert child.pid not in before.by_thread
    assert wanted_ns(before, after) > 0
