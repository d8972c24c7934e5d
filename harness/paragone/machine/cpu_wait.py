"""Time in which processes are runnable and have no CPU: preemption, CPU quota, and steal time of a virtual machine."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import psutil

from paragone.machine.process_tree import cpu_time_ns, runnable_ns


class SchedulingTimes(NamedTuple):
    """What processes have had by `at_ns` of the wall clock, in nanoseconds.

    `cpu_ns` is the CPU time of all their threads, divided by the number of their CPUs. `runnable_ns` is the time that
    their living threads have spent on a run queue, preempted or throttled by a quota. `steal_ns` is the time that the
    hypervisor has taken from their CPUs.
    """

    at_ns: int
    cpu_ns: int
    runnable_ns: int
    steal_ns: int


def scheduling_times(pids: Sequence[int], cpus: Sequence[int]) -> SchedulingTimes:
    """The times of these processes, which run on these CPUs. Without Linux, runnable_ns is 0."""
    at_ns = time.perf_counter_ns()
    cpu_ns = sum(map(cpu_time_ns, pids)) // max(1, len(cpus))
    return SchedulingTimes(at_ns, cpu_ns, runnable_ns(pids), _steal_ns(cpus))


def undisturbed_ns(before: SchedulingTimes, after: SchedulingTimes) -> int:
    """The wall time between two readings without run-queue waits and steal, but at least the CPU time per CPU."""
    at, cpu, runnable, steal = (new - old for old, new in zip(before, after, strict=True))
    # A thread that has ended is missing from the second reading with all its waits: the difference can be negative.
    # Steal is counted in ticks, so the true value may be up to one tick larger.
    withheld_ns = max(0, runnable) + (steal + _tick_ns() if steal else 0)
    return min(at, max(at - withheld_ns, cpu))


def _steal_ns(cpus: Iterable[int]) -> int:
    per_cpu = psutil.cpu_times(percpu=True)
    return sum(round(getattr(per_cpu[cpu], "steal", 0.0) * 1e9) for cpu in cpus if cpu < len(per_cpu))


def _tick_ns() -> int:
    return 1_000_000_000 // os.sysconf("SC_CLK_TCK")
