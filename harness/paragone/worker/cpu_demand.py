"""The CPU time that a worker wants: what its threads get, and what busy ones wait for."""

from __future__ import annotations

import os
from typing import NamedTuple

from paragone.machine import process_tree
from paragone.worker.sample import cpu_time_ns

# A thread that computes waits a few times as long as it computes, where others want its CPU; one that is woken for a
# moment waits for a hundred times as long, and would have kept no CPU busy.
MOST_WAIT_FOR_CPU_TIME = 3


class CpuDemand(NamedTuple):
    """CPU time of this process and its children by now, and CPU time and run-queue wait of every living thread."""

    cpu_ns: int
    by_thread: dict[int, tuple[int, int]]


def cpu_demand() -> CpuDemand:
    pids = [os.getpid(), *process_tree.descendants()]
    return CpuDemand(cpu_time_ns(), process_tree.thread_times_ns(pids))


def wanted_ns(before: CpuDemand, after: CpuDemand) -> int:
    """cpu + Σ min(wait, MOST_WAIT_FOR_CPU_TIME · cpu of the thread) over the living threads, between two readings."""
    wanted = after.cpu_ns - before.cpu_ns
    for thread, (cpu_ns, waited_ns) in after.by_thread.items():
        cpu_before_ns, waited_before_ns = before.by_thread.get(thread, (0, 0))
        wanted += min(waited_ns - waited_before_ns, MOST_WAIT_FOR_CPU_TIME * (cpu_ns - cpu_before_ns))
    return max(0, wanted)
