"""How much memory this process and its children use, and may use."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress
from pathlib import Path

import psutil

from harness.machine.cgroups import ROOT, memory_limit
from harness.machine.family import PROC, descendants

STATUS = Path("/proc/self/status")
CLEAR_REFS = Path("/proc/self/clear_refs")
RESET_PEAK = "5"  # see proc(5): resets VmHWM to the present size


def resident_memory_bytes() -> int:
    """Return how many bytes of this process and its descendants are in memory now."""
    return int(psutil.Process().memory_info().rss) + sum(_resident(pid) for pid in descendants())


def _resident(pid: int) -> int:
    with suppress(psutil.Error):
        return int(psutil.Process(pid).memory_info().rss)
    return 0


def peak_memory_bytes(status: Path = STATUS) -> int | None:
    """Return the most bytes of this process that were ever in memory since the last reset, or None.

    The peaks of its living descendants are added; where the system does not tell those, what they hold now.
    None only where the system tells neither VmHWM nor ru_maxrss.
    """
    own = _peak_in(status) or _peak_by_getrusage()
    if own is None:
        return None
    return own + sum(_peak_in(PROC / str(pid) / "status") or _resident(pid) for pid in descendants())


def _peak_in(status: Path) -> int | None:
    with suppress(OSError):
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return None


def _peak_by_getrusage() -> int | None:
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def reset_peak_memory(clear_refs: Path = CLEAR_REFS) -> bool:
    """Set the peaks back to the present sizes; return whether the system did so (only Linux can)."""
    if not clear_refs.exists():
        return False
    try:
        clear_refs.write_text(RESET_PEAK)
    except OSError:
        return False
    for pid in descendants():
        with suppress(OSError):
            (PROC / str(pid) / "clear_refs").write_text(RESET_PEAK)
    return True


def give_back_free_memory() -> None:
    """Have the C library return to the system what it keeps free for later allocations; only glibc can."""
    with suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def memory_limit_bytes(root: Path = ROOT) -> int:
    """Return the bytes of memory that can be used here: the machine's, or less where a container allows less."""
    total = int(psutil.virtual_memory().total)
    limit = memory_limit(root)
    return total if limit is None else min(total, limit)
