"""The processes that descend from one: which there are, their CPU time and their threads, and how one ended."""

from __future__ import annotations

import ctypes
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

PROC = Path("/proc")
CPUCLOCK_SCHED = 2  # see clock_getcpuclockid(3): the precise clock of a whole process
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
# Looked up here: a child between fork and exec must not.
_prctl: Any = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


def die_with_parent() -> None:
    """Have Linux kill this process when its parent ends, even while it is stopped; elsewhere do nothing."""
    if _prctl:
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def adopt_orphans() -> None:
    """Make this process the parent of its descendants whose own parent ends; where the system cannot, do nothing.

    So what a child detaches from itself, as daemons do, stays among the descendants of this process.
    """
    if _prctl:
        _prctl(PR_SET_CHILD_SUBREAPER, 1)


def descendants(pid: int | None = None) -> list[int]:
    """Return the process numbers of the living children of a process, of this one if none is named, and of theirs."""
    if not (PROC / "self/task").is_dir():
        with suppress(psutil.Error):
            return [child.pid for child in psutil.Process(pid).children(recursive=True)]
        return []
    found = _children("self" if pid is None else str(pid))
    for pid in found:  # grows while it is walked
        found += _children(str(pid))
    return found


def _children(pid: str) -> list[int]:
    """Return the children of a process by Linux's own list: a scan of all processes would take milliseconds."""
    listed: list[int] = []
    with suppress(OSError):
        for task in (PROC / pid / "task").iterdir():
            listed += map(int, (task / "children").read_text().split())
    return listed


def tagged(variable: str, value: str) -> list[int]:
    """Return the processes whose environment had this variable when they started; none off Linux.

    It is inherited, so that it names what a process started even where no other trace leads there.
    """
    mark = f"{variable}={value}".encode()
    found = []
    for folder in PROC.glob("[0-9]*"):
        with suppress(OSError):
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    return found


def threads(pids: Iterable[int]) -> Iterator[int]:
    """Yield the numbers of the living threads of these processes; none off Linux."""
    for pid in pids:
        with suppress(OSError):
            yield from [int(task.name) for task in (PROC / str(pid) / "task").iterdir()]


def cpu_time_ns(pid: int) -> int:
    """Return the CPU time of all threads of another process; 0 where it has just ended."""
    if sys.platform == "linux":
        with suppress(OSError):
            return time.clock_gettime_ns((~pid << 3) | CPUCLOCK_SCHED)
        return 0
    with suppress(psutil.Error):
        times = psutil.Process(pid).cpu_times()
        return int((times.user + times.system) * 1e9)
    return 0


def ending(code: int) -> str:
    """Return how a process with this exit code ended: "exited with code 3", "was killed by SIGSEGV"."""
    if code >= 0:
        return f"exited with code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:  # most of the real-time signals have no name
        return f"was killed by signal {-code}"
