"""CPU affinity: the CPUs that this process may use, their division between harness and workers, and pinning."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress

from paragone.machine.process_tree import descendants, threads


@functools.cache
def affinity() -> tuple[int, ...]:
    """The affinity mask of this process, all CPUs where the system has none.

    Cached at the first call: later the harness pins itself to a part of these CPUs.
    """
    if sys.platform == "linux":
        return tuple(sorted(os.sched_getaffinity(0)))
    return tuple(range(os.cpu_count() or 1))


def usable_cpus() -> tuple[int, ...]:
    """The affinity mask that this process started with; empty where the system cannot pin processes."""
    return affinity() if hasattr(os, "sched_getaffinity") else ()


def worker_cpus(threads: int) -> tuple[int, ...]:
    """The last `threads` usable CPUs, or all if there are fewer."""
    return usable_cpus()[-threads:]


def harness_cpus(threads: int) -> tuple[int, ...]:
    """The CPUs beside those of the workers, or all where none is left."""
    return usable_cpus()[:-threads] or usable_cpus()


def confine_to(cpus: Sequence[int]) -> None:
    """Make these CPUs all that this process may use, for good. Does nothing for no CPUs."""
    if cpus:
        os.sched_setaffinity(0, cpus)
        affinity.cache_clear()


@contextmanager
def pinned_to(cpus: Sequence[int]) -> Iterator[None]:
    """Pin this process to `cpus` within the block; its children inherit the mask. Does nothing for no CPUs."""
    if not cpus:
        yield
        return
    usable_cpus()  # it caches the mask of the start, which is about to be narrowed
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def on_every_cpu() -> Iterator[None]:
    """Lift the affinity mask of every thread of this process and its descendants within the block; on Linux only."""
    if sys.platform != "linux":
        yield
        return
    before = os.sched_getaffinity(0)
    pin([os.getpid(), *descendants()], range(os.cpu_count() or 1))
    try:
        yield
    finally:
        pin([os.getpid(), *descendants()], before)


def pin(pids: Sequence[int], cpus: Iterable[int]) -> None:
    """Pin every thread of these processes; those that have ended are passed over. Does nothing for no CPUs."""
    cpus = list(cpus)
    if not cpus:
        return
    for thread in threads(pids):
        with suppress(OSError):
            os.sched_setaffinity(thread, cpus)
