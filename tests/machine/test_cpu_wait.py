"""Run-queue waits and steal time: read from real processes, and subtracted from the wall time."""

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
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux records waits for a CPU")


def after(at=0, cpu=0, runnable=0, steal=0):
    return SchedulingTimes(*(old + new for old, new in zip(START, (at, cpu, runnable, steal), strict=True)))


def test_without_waits_and_steal_the_wall_time_stays_as_it_is():
    assert 90 * MS == undisturbed_ns(START, after(at=90 * MS, cpu=30 * MS))


def test_run_queue_waits_are_subtracted():
    assert 50 * MS == undisturbed_ns(START, after(at=90 * MS, cpu=30 * MS, runnable=40 * MS))


def test_steal_is_subtracted_with_one_tick_more_for_its_resolution():
    assert 900 * MS - 4 * TICK_NS == undisturbed_ns(START, after(at=900 * MS, cpu=MS, steal=3 * TICK_NS))


def test_the_result_is_at_least_the_cpu_time():
    assert 85 * MS == undisturbed_ns(START, after(at=90 * MS, cpu=85 * MS, runnable=80 * MS))


def test_the_result_is_at_most_the_wall_time():
    assert 90 * MS == undisturbed_ns(START, after(at=90 * MS, cpu=180 * MS))


def test_the_cpu_time_is_divided_by_the_number_of_cpus(monkeypatch):
    monkeypatch.setattr(cpu_wait, "cpu_time_ns", {7: 100, 8: 20}.get)

    assert [120, 120, 60] == [scheduling_times([7, 8], cpus).cpu_ns for cpus in ((), (1,), (0, 1))]


def test_steal_is_summed_over_the_cpus_named(monkeypatch):
    each = [SimpleNamespace(steal=steal) for steal in (1.25, 2.0, 4.0)]
    monkeypatch.setattr(cpu_wait.psutil, "cpu_times", lambda percpu: each)

    assert 5250 * MS == scheduling_times([], (0, 2)).steal_ns
    assert 0 == scheduling_times([], ()).steal_ns


def test_a_system_without_steal_has_none(monkeypatch):
    monkeypatch.setattr(cpu_wait.psutil, "cpu_times", lambda percpu: [SimpleNamespace(user=1.0)])

    assert 0 == scheduling_times([], (0, 7)).steal_ns


def test_a_process_that_has_ended_has_no_times():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()

    assert (0, 0) == scheduling_times([process.pid], ())[1:3]


def test_a_thread_that_ended_between_the_readings_does_not_lengthen_the_time():
    assert 90 * MS == undisturbed_ns(START, after(at=90 * MS, cpu=MS, runnable=-2 * MS))


@linux
def test_the_waits_of_all_threads_are_summed(tmp_path, monkeypatch):
    for thread, waited_ns in ((7, 20), (8, 300)):
        (tmp_path / "7" / "task" / str(thread)).mkdir(parents=True)
        (tmp_path / "7" / "task" / str(thread) / "schedstat").write_text(f"1000 {waited_ns} 4\n")
    monkeypatch.setattr(process_tree, "PROC", tmp_path)

    assert 320 == scheduling_times([7], ()).runnable_ns


@linux
def test_two_processes_on_one_cpu_wait_for_it_and_are_left_less_than_the_wall_time():
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
