"""What the machine keeps from processes: readings of real ones, and what is left of the wall time."""

import os
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
from zoo_faults import wait_until

from paragone.machine import cpu_wait, process_tree
from paragone.machine.cpu_wait import SchedulingTimes, scheduling_times, undisturbed_ns
from paragone.machine.cpus import pinned_to, usable_cpus

MS = 1_000_000
TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
START = SchedulingTimes(5 * MS, 7 * MS, 3 * MS, 20 * TICK_NS)
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who waited for a CPU")


def after(at=0, cpu=0, ready=0, stolen=0):
    return SchedulingTimes(*(old + new for old, new in zip(START, (at, cpu, ready, stolen), strict=True)))


def test_where_nothing_is_withheld_all_of_the_wall_time_is_ones_own():
    assert 90 * MS == undisturbed_ns(START, after(at=90 * MS, cpu=30 * MS))


def test_waiting_for_a_cpu_is_not_ones_own():
    assert 50 * MS == undisturbed_ns(START, after(at=90 * MS, cpu=30 * MS, ready=40 * MS))


def test_stolen_time_counts_with_a_tick_more_which_may_not_have_been_told():
    assert 900 * MS - 4 * TICK_NS == undisturbed_ns(START, after(at=900 * MS, cpu=MS, stolen=3 * TICK_NS))


def test_no_less_than_the_cpu_time_is_ones_own_however_long_others_waited():
    assert 85 * MS == undisturbed_ns(START, after(at=90 * MS, cpu=85 * MS, ready=80 * MS))


def test_no_more_than_the_wall_time_is_ones_own_however_many_threads_work():
    assert 90 * MS == undisturbed_ns(START, after(at=90 * MS, cpu=180 * MS))


def test_the_cpu_time_of_threads_is_shared_among_their_cpus(monkeypatch):
    monkeypatch.setattr(cpu_wait, "cpu_time_ns", {7: 100, 8: 20}.get)

    assert [120, 120, 60] == [scheduling_times([7, 8], cpus).cpu_ns for cpus in ((), (1,), (0, 1))]


def test_steal_is_that_of_the_cpus_named(monkeypatch):
    each = [SimpleNamespace(steal=steal) for steal in (1.25, 2.0, 4.0)]
    monkeypatch.setattr(cpu_wait.psutil, "cpu_times", lambda percpu: each)

    assert 5250 * MS == scheduling_times([], (0, 2)).steal_ns
    assert 0 == scheduling_times([], ()).steal_ns


def test_a_system_that_tells_of_no_steal_has_none(monkeypatch):
    monkeypatch.setattr(cpu_wait.psutil, "cpu_times", lambda percpu: [SimpleNamespace(user=1.0)])

    assert 0 == scheduling_times([], (0, 7)).steal_ns


def test_a_process_that_has_ended_has_had_nothing():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()

    assert (0, 0) == scheduling_times([process.pid], ())[1:3]


def test_who_ended_meanwhile_takes_nothing_from_the_clock():
    assert 90 * MS == undisturbed_ns(START, after(at=90 * MS, cpu=MS, ready=-2 * MS))


@linux
def test_the_waits_of_every_thread_count(tmp_path, monkeypatch):
    for thread, waited_ns in ((7, 20), (8, 300)):
        (tmp_path / "7" / "task" / str(thread)).mkdir(parents=True)
        (tmp_path / "7" / "task" / str(thread) / "schedstat").write_text(f"1000 {waited_ns} 4\n")
    for module in (cpu_wait, process_tree):
        monkeypatch.setattr(module, "PROC", tmp_path)

    assert 320 == scheduling_times([7], ()).runnable_ns


@linux
def test_two_who_share_a_cpu_wait_for_it_and_their_own_time_is_less_than_the_clocks():
    with pinned_to(usable_cpus()[-1:]):
        busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    try:
        pids = [process.pid for process in busy]
        assert wait_until(lambda: all(scheduling_times([pid], ()).runnable_ns > 50 * MS for pid in pids))
        before = scheduling_times(pids[:1], ())
        time.sleep(0.2)
        later = scheduling_times(pids[:1], ())
        assert later.runnable_ns > before.runnable_ns
        assert later.cpu_ns - before.cpu_ns <= undisturbed_ns(before, later) < later.at_ns - before.at_ns
    finally:
        for process in busy:
            process.kill()
            process.wait()
