"""How much memory this process and its children use, and may use; how much others hold."""

from __future__ import annotations

import ctypes
import functools
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from paragone.machine.cgroups import ROOT, memory_limit
from paragone.machine.process_tree import PROC, descendants

STATUS = Path("/proc/self/status")
CLEAR_REFS = Path("/proc/self/clear_refs")
RESET_PEAK = "5"  # see proc(5): resets VmHWM to the present size
VMSTAT = PROC / "vmstat"
OOM_SCORE_ADJ = PROC / "self/oom_score_adj"
FIRST_TO_GO = "1000"
# Lines of /proc/PID/status and of smaps_rollup; older kernels have only the fallbacks.
HELD, FALLBACK = ("RssAnon", "RssShmem", "VmSwap"), ("VmRSS", "VmSwap")
HELD_PROPORTIONALLY, FALLBACK_PROPORTIONALLY = ("Pss_Anon", "Pss_Shmem", "SwapPss"), ("Pss", "SwapPss")


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


def trim_heap() -> None:
    """Have the C library return to the system what it keeps free for later allocations; only glibc can."""
    with suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def memory_limit_bytes(root: Path = ROOT) -> int:
    """Return the bytes of memory that can be used here: the machine's, or less where a container allows less."""
    total = int(psutil.virtual_memory().total)
    limit = memory_limit(root)
    return total if limit is None else min(total, limit)


@functools.cache
def worker_limit_bytes() -> int:
    """Return how much one worker may hold where nobody says otherwise: half of what can be used here."""
    return memory_limit_bytes() // 2


def held_bytes(pids: Iterable[int], limit: int) -> int:
    """Return how many bytes these processes hold that nothing else could use: files in memory are not counted.

    What forked processes share is counted once where that decides about `limit`; to find it out takes the system a
    while, so that it is not asked below.
    """
    pids = list(pids)
    held = sum(_bytes_in(PROC / str(pid) / "status", HELD, FALLBACK) for pid in pids)
    if held <= limit:
        return held
    shares = (PROC / str(pid) / "smaps_rollup" for pid in pids)
    return sum(_bytes_in(table, HELD_PROPORTIONALLY, FALLBACK_PROPORTIONALLY) for table in shares)


def _bytes_in(table: Path, names: Sequence[str], fallback: Sequence[str]) -> int:
    """Return the bytes in the lines of these names, "VmSwap:   12 kB"; those of `fallback` if the first is missing."""
    found: dict[str, int] = {}
    with suppress(OSError):
        for line in table.read_text().splitlines():
            name, _, rest = line.partition(":")
            words = rest.split()
            if len(words) == 2 and words[1] == "kB":
                found[name] = int(words[0]) * 1024
    return sum(found.get(name, 0) for name in (names if names[0] in found else fallback))


def oom_kill_count() -> int:
    """Return how often the kernel has killed a process because memory ran out; 0 where it does not count."""
    with suppress(OSError):
        for line in VMSTAT.read_text().splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return 0


def be_first_oom_victim() -> None:
    """Have the kernel kill this process and its children before any other when memory runs out."""
    with suppress(OSError):
        OOM_SCORE_ADJ.write_text(FIRST_TO_GO)
