"""Slots: CPUs for workers that are at work at once, where nothing is timed."""

from __future__ import annotations

import math

from paragone.machine.cgroups import cpu_quota
from paragone.machine.cpus import usable_cpus, worker_cpus
from paragone.machine.hardware import node_cpus
from paragone.machine.memory import memory_limit_bytes

# A worker that nothing times may take so much memory: a large library, and data.
UNTIMED_BYTES = 2 << 30


def untimed_slots(threads: int, most: int | None = None) -> list[tuple[int, ...]]:
    """CPUs for each of the workers that may work at once while nothing is timed; those of a timed worker come first.

    All lie on the memory node of a timed worker's CPUs: what a worker loads stays where its samples find it. There are
    at most `most`, and no more than a CPU quota pays for and the memory holds; one, without CPUs, where the system
    cannot pin processes.
    """
    timed = worker_cpus(threads)
    if not timed:
        return [timed]
    near = [cpu for cpu in reversed(usable_cpus()) if cpu in node_cpus(timed[-1])]
    n_cpus = min(len(near), math.floor(cpu_quota() or len(near)))
    n_slots = max(1, min(n_cpus // threads, memory_limit_bytes() // UNTIMED_BYTES, most or n_cpus))
    others = [tuple(near[i : i + threads]) for i in range(threads, n_slots * threads, threads)]
    return [timed, *others]
