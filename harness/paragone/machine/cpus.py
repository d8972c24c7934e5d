"""On which CPUs processes run: those that this one was given, which of them workers take, and pinning to them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress

from paragone.machine.hardware import affinity
from paragone.machine.process_tree import descendants, threads


def usable_cpus() -> tuple[int, ...]:
    """Return the CPUs that this process was given when it started; empty where the system cannot pin processes."""
    return affinity() if hasattr(os, "sched_getaffinity") else ()


def worker_cpus(threads: int) -> tuple[int, ...]:
    """Return the CPUs for a worker of `threads` threads: the last ones of those we may use, all if too few."""
    return usable_cpus()[-threads:]


def harness_cpus(threads: int) -> tuple[int, ...]:
    """Return the CPUs that the workers leave to the harness, or all of them where none is left."""
    return usable_cpus()[:-threads] or usable_cpus()


@contextmanager
def pinned_to(cpus: Sequence[int]) -> Iterator[None]:
    """Run the block, and start the processes in it, on these CPUs; do nothing where `cpus` is empty."""
    if not cpus:
        yield
        return
    usable_cpus()  # remembered before it is narrowed
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def on_every_cpu() -> Iterator[None]:
    """Let the threads of this process and its descendants run on every CPU within the block; on Linux only."""
    if sys.platform != "linux":
        yield
        return
    before = os.sched_getaffinity(0)
    _pin(range(os.cpu_count() or 1))
    try:
        yield
    finally:
        _pin(before)


def _pin(cpus: Iterable[int]) -> None:
    cpus = list(cpus)
    for thread in threads([os.getpid(), *descendants()]):
        with suppress(OSError):
            os.sched_setaffinity(thread, cpus)
