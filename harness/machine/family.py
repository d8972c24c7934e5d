"""The processes that descend from this one: which there are, their CPU time, and how one ended."""

from __future__ import annotations

import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil

PROC = Path("/proc")
CPUCLOCK_SCHED = 2  # see clock_getcpuclockid(3): the precise clock of a whole process


def descendants() -> list[int]:
    """Return the process numbers of the living children of this process, and of theirs."""
    if not (PROC / "self/task").is_dir():
        return [child.pid for child in psutil.Process().children(recursive=True)]
    found = _children("self")
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
