"""The hardware properties that decide how fast code runs, read from /proc and /sys."""

from __future__ import annotations

import hashlib
import os
import platform
from collections import Counter
from pathlib import Path

import psutil

from paragone.machine.cgroups import ROOT, cpu_quota
from paragone.machine.cpus import affinity
from paragone.machine.environment_record import Machine, OperatingSystem
from paragone.machine.memory import memory_limit_bytes

USUAL_CACHE_BYTES, USUAL_SECOND_CACHE_BYTES = 32 << 20, 1 << 20

# Instruction sets by which numerical libraries choose their kernels.
VECTOR_FLAGS = (
    "sse4_2",
    "avx",
    "avx2",
    "fma",
    "avx512f",
    "avx512bw",
    "avx512_bf16",
    "amx_tile",
    "asimd",
    "sve",
    "sve2",
)


def machine(root: Path = ROOT) -> Machine:
    """The machine: unknown values are None.

    `root` is the folder that holds proc, sys and etc. The host name is left out on purpose; `id` distinguishes machines
    without it.
    """
    model, flags = cpu(root)
    return Machine(
        id=machine_id(root),
        architecture=platform.machine(),
        cpu=model,
        vector_flags=flags,
        logical_cpus=os.cpu_count(),
        physical_cores=psutil.cpu_count(logical=False),
        usable_cpus=affinity(),
        cpu_quota=cpu_quota(root),
        smt=smt(root),
        caches=caches(root),
        governors=governors(root),
        turbo=turbo(root),
        virtualised=virtualised(root),
        memory_bytes=int(psutil.virtual_memory().total),
        memory_available_bytes=int(psutil.virtual_memory().available),
        memory_limit_bytes=memory_limit_bytes(root),
        swap_used_bytes=int(psutil.swap_memory().used),
        page_bytes=_page_bytes(),
        transparent_hugepages=transparent_hugepages(root),
        on_battery=on_battery(),
    )


def operating_system() -> OperatingSystem:
    library, version = platform.libc_ver()
    return OperatingSystem(
        system=platform.system(), release=platform.release(), c_library=f"{library} {version}".strip()
    )


def machine_id(root: Path = ROOT) -> str:
    """Eight hexadecimal digits that distinguish machines without naming them."""
    name = _line(root / "etc/machine-id") or platform.node()
    return hashlib.sha256(f"paragone {name}".encode()).hexdigest()[:8]


def cpu(root: Path = ROOT) -> tuple[str, tuple[str, ...]]:
    """Model and vector instructions of the CPU: from /proc/cpuinfo, else from py-cpuinfo."""
    fields: dict[str, str] = {}
    for line in _text(root / "proc/cpuinfo").splitlines():
        key, _, value = line.partition(":")
        fields.setdefault(key.strip().lower(), value.strip())
    model = fields.get("model name") or fields.get("cpu model") or fields.get("hardware")
    flags = (fields.get("flags") or fields.get("features") or "").split()
    if not (model and flags):  # py-cpuinfo starts programs and takes a second, so it comes last
        from cpuinfo import get_cpu_info

        info = get_cpu_info()
        model = model or info.get("brand_raw") or platform.processor() or "unknown"
        flags = flags or info.get("flags", [])
    return " ".join(model.split()), tuple(flag for flag in VECTOR_FLAGS if flag in flags)


def node_cpus(cpu: int, root: Path = ROOT) -> set[int]:
    """The CPUs on the memory node of this one, as far as the system says; else all of the affinity mask."""
    for folder in (root / "sys/devices/system/node").glob("node[0-9]*"):
        listed = _numbers(_line(folder / "cpulist"))
        if cpu in listed:
            return listed
    return set(affinity())


def smt(root: Path = ROOT) -> bool | None:
    """Whether simultaneous multithreading ("hyper-threading") is on: two threads share a core."""
    active = _line(root / "sys/devices/system/cpu/smt/active")
    return active == "1" if active else None


def last_cache_bytes() -> int:
    """The size of the last cache, or a usual one where the system does not say."""
    return max(caches().values(), default=USUAL_CACHE_BYTES)


def second_cache_bytes(root: Path = ROOT) -> int:
    """The size of the second cache of a CPU, or a usual one where the system does not say."""
    return caches(root).get("L2", USUAL_SECOND_CACHE_BYTES)


def caches(root: Path = ROOT) -> dict[str, int]:
    """The size of each cache of CPU 0, such as {"L1d": 49152, "L2": 2097152}."""
    sizes = {}
    for folder in sorted((root / "sys/devices/system/cpu/cpu0/cache").glob("index*")):
        kind = {"Data": "d", "Instruction": "i"}.get(_line(folder / "type"), "")
        size = _line(folder / "size")
        if size[-1:] == "K" and size[:-1].isdigit():
            sizes[f"L{_line(folder / 'level')}{kind}"] = int(size[:-1]) * 1024
    return sizes


def governors(root: Path = ROOT) -> dict[str, int]:
    """The number of CPUs under each frequency governor; empty where the system has none."""
    paths = (root / "sys/devices/system/cpu").glob("cpu[0-9]*/cpufreq/scaling_governor")
    return dict(sorted(Counter(line for line in map(_line, paths) if line).items()))


def turbo(root: Path = ROOT) -> bool | None:
    """Whether the CPU may run above its nominal frequency."""
    off = _line(root / "sys/devices/system/cpu/intel_pstate/no_turbo")
    if off:
        return off == "0"
    boost = _line(root / "sys/devices/system/cpu/cpufreq/boost")
    return boost == "1" if boost else None


def virtualised(root: Path = ROOT) -> bool | None:
    """Whether the CPU flag "hypervisor" is set; None where there are no flags."""
    for line in _text(root / "proc/cpuinfo").splitlines():
        if line.startswith("flags"):
            return "hypervisor" in line.split()
    return None


def transparent_hugepages(root: Path = ROOT) -> str | None:
    """The THP setting: "always", "madvise" or "never"."""
    choices = _line(root / "sys/kernel/mm/transparent_hugepage/enabled")
    return choices.partition("[")[2].partition("]")[0] or None


def on_battery() -> bool | None:
    """None where there is no battery."""
    sensors = getattr(psutil, "sensors_battery", None)
    battery = sensors() if sensors else None
    return None if battery is None or battery.power_plugged is None else not battery.power_plugged


def _page_bytes() -> int | None:
    return os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else None


def _numbers(ranges: str) -> set[int]:
    """ "0-2,8" is 0, 1, 2 and 8."""
    found: set[int] = set()
    for part in filter(None, ranges.split(",")):
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return found


def _line(path: Path) -> str:
    return _text(path).strip()


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
