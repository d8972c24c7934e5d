"""Memory of this process and its descendants: resident, peak, unreclaimable, and the limit."""

from __future__ import annotations

import ctypes
import functools
import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from paragone.machine.cgroups import ROOT, memory_limit
from paragone.machine.process_tree import PROC, descendants

STATUS = Path("/proc/self/status")
CLEAR_REFS = Path("/proc/self/clear_refs")
RESET_PEAK = "5"  # see proc(5): resets VmHWM, the peak, to the present resident size
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
VMSTAT = PROC / "vmstat"
OOM_SCORE_ADJ = PROC / "self/oom_score_adj"
HIGHEST_OOM_SCORE = "1000"
# Memory that the kernel cannot reclaim without swapping: lines of /proc/PID/status, and of smaps_rollup, where shared
# pages are divided among the processes that share them. Older kernels have only the fallbacks.
HELD, FALLBACK = ("RssAnon", "RssShmem", "VmSwap"), ("VmRSS", "VmSwap")
HELD_PROPORTIONALLY, FALLBACK_PROPORTIONALLY = ("Pss_Anon", "Pss_Shmem", "SwapPss"), ("Pss", "SwapPss")


def resident_memory_bytes() -> int:
    """The resident memory of this process and its descendants."""
    return sum(_resident(pid) for pid in (os.getpid(), *descendants()))


def _resident(pid: int) -> int:
    """The resident memory of a process; 0 where it has just ended."""
    with suppress(OSError):
        return int((PROC / str(pid) / "statm").read_text().split()[1]) * PAGE_BYTES
    import psutil  # a worker on Linux does without: its import takes a tenth of the worker's start

    with suppress(psutil.Error):
        return int(psutil.Process(pid).memory_info().rss)
    return 0


def peak_memory_bytes(status: Path = STATUS) -> int | None:
    """The peak resident memory of this process since the last reset, or None where the system does not record it.

    The peaks of its living descendants are added, or their present sizes where there is no VmHWM.
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
    """Reset the peaks of this process and its descendants to the present sizes; False where the system cannot."""
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


def trim_heap() -> None:
    """Return the free memory of malloc's heap to the system; only glibc can."""
    with suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def memory_limit_bytes(root: Path = ROOT) -> int:
    """The memory that can be used here: that of the machine, or the cgroup limit where it is smaller."""
    import psutil

    total = int(psutil.virtual_memory().total)
    limit = memory_limit(root)
    return total if limit is None else min(total, limit)


@functools.cache
def worker_limit_bytes() -> int:
    """The default limit of a worker: half of what can be used here."""
    return memory_limit_bytes() // 2


def held_bytes(pids: Iterable[int], limit: int) -> int:
    """The unreclaimable memory of these processes: anonymous, shared and swapped pages, but not the page cache.

    Forked processes share pages, which are counted once per process as long as the sum stays within `limit`. Above it
    the exact, proportional sizes are read; that takes the kernel milliseconds, so it is done only where it decides.
    """
    pids = list(pids)
    held = sum(_bytes_in(PROC / str(pid) / "status", HELD, FALLBACK) for pid in pids)
    if held <= limit:
        return held
    shares = (PROC / str(pid) / "smaps_rollup" for pid in pids)
    return sum(_bytes_in(table, HELD_PROPORTIONALLY, FALLBACK_PROPORTIONALLY) for table in shares)


def _bytes_in(table: Path, names: Sequence[str], fallback: Sequence[str]) -> int:
    """The sum of the lines of these names, such as "VmSwap:   12 kB"; of `fallback` if the first is missing."""
    found: dict[str, int] = {}
    with suppress(OSError):
        for line in table.read_text().splitlines():
            name, _, rest = line.partition(":")
            words = rest.split()
            if len(words) == 2 and words[1] == "kB":
                found[name] = int(words[0]) * 1024
    return sum(found.get(name, 0) for name in (names if names[0] in found else fallback))


def oom_kill_count() -> int:
    """The number of processes that the OOM killer has killed since boot; 0 where the kernel does not count them."""
    with suppress(OSError):
        for line in VMSTAT.read_text().splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return 0


def be_first_oom_victim() -> None:
    """Make this process and its children the first choice of the OOM killer."""
    with suppress(OSError):
        OOM_SCORE_ADJ.write_text(HIGHEST_OOM_SCORE)
