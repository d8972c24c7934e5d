"""The load of the machine: CPUs in use, steal time, and the processes that use them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import NamedTuple

import msgspec
import psutil

from paragone.machine.environment_record import BusyProcess, MachineLoad

INTERVAL_S = 0.3
BUSY_SHARE = 0.2  # of one CPU: a process that uses more is listed as busy


class CpuTimes(NamedTuple):
    """The CPU times so far, in seconds: of the machine by kind, of processes by (pid, creation time)."""

    at_s: float
    machine: dict[str, float]
    processes: dict[tuple[int, float], tuple[str, float]]


def machine_load(interval_s: float = INTERVAL_S, wait: Callable[[float], None] = time.sleep) -> MachineLoad:
    """Measure the load over `interval_s`; a process that used more than BUSY_SHARE of a CPU is listed."""
    before = cpu_times()
    wait(interval_s)
    return msgspec.structs.replace(load_between(before, cpu_times()), load_average=_load_average())


def cpu_times() -> CpuTimes:
    """The CPU times so far; this process is left out of the list."""
    processes = {}
    for process in psutil.process_iter(["name", "cpu_times", "create_time"]):
        times = process.info["cpu_times"]
        if times is not None and process.pid != os.getpid():
            identity = (process.pid, process.info["create_time"])
            processes[identity] = (process.info["name"] or "?", times.user + times.system)
    return CpuTimes(time.monotonic(), psutil.cpu_times()._asdict(), processes)


def load_between(before: CpuTimes, after: CpuTimes) -> MachineLoad:
    """The load over that time, without the load average."""
    elapsed_s = max(after.at_s - before.at_s, 1e-9)
    spent = {kind: after.machine[kind] - before.machine.get(kind, 0.0) for kind in after.machine}
    # "guest" is not in this list: Linux counts it in "user" as well.
    busy_s = sum(spent.get(kind, 0.0) for kind in ("user", "nice", "system", "irq", "softirq"))
    processes = [
        BusyProcess(name=name, cpu_share=round((spent_s - before.processes[identity][1]) / elapsed_s, 2))
        for identity, (name, spent_s) in after.processes.items()
        if identity in before.processes
    ]
    busy = sorted((one for one in processes if one.cpu_share > BUSY_SHARE), key=lambda one: -one.cpu_share)
    return MachineLoad(
        busy_cpus=round(busy_s / elapsed_s, 2),
        steal_cpus=round(spent.get("steal", 0.0) / elapsed_s, 2),
        busy_processes=tuple(busy),
    )


def _load_average() -> tuple[float, ...] | None:
    try:
        return tuple(round(value, 2) for value in os.getloadavg())
    except (AttributeError, OSError):
        return None
