"""What the machine keeps from processes that could go on: the time for which they are ready and have no CPU."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import NamedTuple

import psutil

from paragone.machine.process_tree import PROC, cpu_time_ns, threads


class SchedulingTimes(NamedTuple):
    """What processes have had by one moment of the wall clock, each in nanoseconds.

    `cpu_ns` is the CPU time of all their threads, shared among their CPUs; `runnable_ns` how long the living ones were
    ready while others had the CPU or a quota was used up, all together; `steal_ns` what the host of a virtual machine
    has taken from their CPUs.
    """

    at_ns: int
    cpu_ns: int
    runnable_ns: int
    steal_ns: int


def scheduling_times(pids: Sequence[int], cpus: Sequence[int]) -> SchedulingTimes:
    """Return the reading of these processes, which run on these CPUs; off Linux nothing is ever withheld."""
    at_ns = time.perf_counter_ns()
    runnable_ns = sum(_ready_ns(pid, thread) for pid in pids for thread in threads([pid]))
    return SchedulingTimes(at_ns, sum(map(cpu_time_ns, pids)) // max(1, len(cpus)), runnable_ns, _stolen_ns(cpus))


def undisturbed_ns(before: SchedulingTimes, after: SchedulingTimes) -> int:
    """Return the wall time between two readings without what was withheld, but no less than each CPU worked in it.

    Stolen time is counted in ticks of the system, so that one more may have been stolen than is told.
    """
    at, cpu, ready, stolen = (new - old for old, new in zip(before, after, strict=True))
    withheld_ns = max(0, ready) + (stolen + _tick_ns() if stolen else 0)  # who has ended takes its wait with it
    return min(at, max(at - withheld_ns, cpu))


def _ready_ns(pid: int, thread: int) -> int:
    """Return the second figure of Linux's schedstat: how long a thread of a process has waited for a CPU."""
    with suppress(OSError):
        return int((PROC / str(pid) / "task" / str(thread) / "schedstat").read_text().split()[1])
    return 0


def _stolen_ns(cpus: Iterable[int]) -> int:
    of_each = psutil.cpu_times(percpu=True)
    return sum(round(getattr(of_each[cpu], "steal", 0.0) * 1e9) for cpu in cpus if cpu < len(of_each))


def _tick_ns() -> int:
    return 1_000_000_000 // os.sysconf("SC_CLK_TCK")
