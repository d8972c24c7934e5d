"""The descendants of a process, their CPU time and threads, and how a process ended."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

PROC = Path("/proc")
CPUCLOCK_SCHED = 2  # the precise clock of a whole process; see clock_getcpuclockid(3)
MOST_SWEEPS = 50
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
# Looked up at import: between fork and exec, a child must not load libraries.
_prctl: Any = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


def die_with_parent() -> None:
    """Have Linux kill this process when its parent ends, even while it is stopped. Does nothing elsewhere."""
    if _prctl:
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def adopt_orphans() -> None:
    """Make this process the subreaper of its descendants: daemons stay among them. Does nothing off Linux."""
    if _prctl:
        _prctl(PR_SET_CHILD_SUBREAPER, 1)


def descendants(pid: int | None = None) -> list[int]:
    """The pids of all living descendants of a process, by default of this one."""
    if not (PROC / "self/task").is_dir():
        return _descendants_by_psutil(pid)
    found = _children("self" if pid is None else str(pid))
    for pid in found:  # grows while it is walked
        found += _children(str(pid))
    return found


def _descendants_by_psutil(pid: int | None) -> list[int]:
    import psutil  # a worker on Linux does without: its import takes a tenth of the worker's start

    with suppress(psutil.Error):
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    return []


def _children(pid: str) -> list[int]:
    """The children, from the kernel's list: a scan of all processes would take milliseconds."""
    listed: list[int] = []
    with suppress(OSError):
        for task in (PROC / pid / "task").iterdir():
            listed += map(int, (task / "children").read_text().split())
    return listed


def tagged(variable: str, values: Iterable[str]) -> list[int]:
    """The pids whose environment had this variable, with one of the values, when they started; none off Linux.

    Children inherit it, so it finds those that have no other link to the process that set it.
    """
    entries = {f"{variable}={value}".encode() for value in values}
    found = []
    for folder in PROC.glob("[0-9]*"):
        with suppress(OSError):
            if not entries.isdisjoint((folder / "environ").read_bytes().split(b"\0")):
                found.append(int(folder.name))
    return found


def send(pids: Iterable[int], name: str) -> None:
    """Send the signal of this name to each process that still lives."""
    for pid in pids:
        with suppress(OSError):
            os.kill(pid, signal.Signals[name])


def stop_all(living: Callable[[], set[int]]) -> set[int]:
    """Stop the processes that `living` finds, again until it finds no new one; all that were stopped.

    A stopped process cannot fork; the children that it forked before are found by the next sweep.
    """
    stopped: set[int] = set()
    for _ in range(MOST_SWEEPS):
        new = living() - stopped
        if not new:
            break
        send(new, "SIGSTOP")
        stopped |= new
    return stopped


def threads(pids: Iterable[int]) -> Iterator[int]:
    """Yield the thread ids of these processes; none off Linux."""
    for pid in pids:
        with suppress(OSError):
            yield from [int(task.name) for task in (PROC / str(pid) / "task").iterdir()]


def runnable_ns(pids: Iterable[int]) -> int:
    """The time that the living threads of these processes have spent on a run queue; 0 off Linux."""
    return sum(waited_ns for _, waited_ns in thread_times_ns(pids).values())


def thread_times_ns(pids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """CPU time and time on a run queue of every living thread of these processes, by its id; empty off Linux."""
    found = {}
    for pid in pids:
        for thread in threads([pid]):
            with suppress(OSError):
                fields = (PROC / str(pid) / "task" / str(thread) / "schedstat").read_text().split()
                found[thread] = int(fields[0]), int(fields[1])
    return found


def cpu_time_ns(pid: int) -> int:
    """CPU time of all threads of another process; 0 where it has just ended."""
    if sys.platform == "linux":
        with suppress(OSError):
            return time.clock_gettime_ns((~pid << 3) | CPUCLOCK_SCHED)
        return 0
    import psutil

    with suppress(psutil.Error):
        times = psutil.Process(pid).cpu_times()
        return int((times.user + times.system) * 1e9)
    return 0


def ending(code: int) -> str:
    """How a process with this exit code ended: "exited with code 3", "was killed by SIGSEGV"."""
    if code >= 0:
        return f"exited with code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:  # most real-time signals have no name
        return f"was killed by signal {-code}"
