"""How much memory this process uses and may use."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil

from harness.machine.cgroups import ROOT, memory_limit

STATUS = Path("/proc/self/status")
CLEAR_REFS = Path("/proc/self/clear_refs")
RESET_PEAK = "5"  # see proc(5): resets VmHWM to the present size


def resident_memory_bytes() -> int:
    """Return how many bytes of this process are in memory now."""
    return int(psutil.Process().memory_info().rss)


def peak_memory_bytes(status: Path = STATUS) -> int | None:
    """Return the most bytes of this process that were ever in memory since the last reset, or None.

    None only where the system tells neither VmHWM nor ru_maxrss.
    """
    try:
        lines = status.read_text().splitlines()
    except OSError:
        return _peak_by_getrusage()
    for line in lines:
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return _peak_by_getrusage()


def _peak_by_getrusage() -> int | None:
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def reset_peak_memory(clear_refs: Path = CLEAR_REFS) -> bool:
    """Set the peak back to the present size; return whether the system did so (only Linux can)."""
    if not clear_refs.exists():
        return False
    try:
        clear_refs.write_text(RESET_PEAK)
    except OSError:
        return False
    return True


def memory_limit_bytes(root: Path = ROOT) -> int:
    """Return the bytes of memory that can be used here: the machine's, or less where a container allows less."""
    total = int(psutil.virtual_memory().total)
    limit = memory_limit(root)
    return total if limit is None else min(total, limit)
