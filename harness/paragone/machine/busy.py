"""Who else is at work on this machine."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import psutil

INTERVAL_S = 0.3
BUSY_SHARE = 0.2  # of one CPU: what a process must use to count as a neighbour


class BusyProcess(NamedTuple):
    """A process at work: its name, and how much of one CPU it used."""

    name: str
    cpu_share: float


class CpuTimes(NamedTuple):
    """The CPU times of the machine and of each process at one moment, in seconds."""

    at_s: float
    machine: dict[str, float]
    processes: dict[tuple[int, float], tuple[str, float]]


def machine_load(interval_s: float = INTERVAL_S, wait: Callable[[float], None] = time.sleep) -> dict[str, Any]:
    """Return how busy the machine is, looked at twice with `interval_s` between.

    `load_average` is of the last 1, 5 and 15 minutes, None where the system has none; `busy_cpus` and `steal_cpus` are
    in CPUs; `busy_processes` lists the others that used more than a fifth of a CPU, the busiest first.
    """
    before = cpu_times()
    wait(interval_s)
    return {"load_average": _load_average(), **load_between(before, cpu_times())}


def cpu_times() -> CpuTimes:
    """Return the CPU times so far; this process is left out."""
    processes = {}
    for process in psutil.process_iter(["name", "cpu_times", "create_time"]):
        times = process.info["cpu_times"]
        if times is not None and process.pid != os.getpid():
            identity = (process.pid, process.info["create_time"])
            processes[identity] = (process.info["name"] or "?", times.user + times.system)
    return CpuTimes(time.monotonic(), psutil.cpu_times()._asdict(), processes)


def load_between(before: CpuTimes, after: CpuTimes) -> dict[str, Any]:
    """Return what happened between two looks: busy_cpus, steal_cpus, busy_processes."""
    elapsed_s = max(after.at_s - before.at_s, 1e-9)
    spent = {kind: after.machine[kind] - before.machine.get(kind, 0.0) for kind in after.machine}
    # On Linux the time of guests is counted in "user" as well.
    busy = sum(spent.get(kind, 0.0) for kind in ("user", "nice", "system", "irq", "softirq"))
    neighbours = [
        BusyProcess(name, round((spent_s - before.processes[identity][1]) / elapsed_s, 2))
        for identity, (name, spent_s) in after.processes.items()
        if identity in before.processes
    ]
    neighbours = sorted((busy for busy in neighbours if busy.cpu_share > BUSY_SHARE), key=lambda busy: -busy.cpu_share)
    return {
        "busy_cpus": round(busy / elapsed_s, 2),
        "steal_cpus": round(spent.get("steal", 0.0) / elapsed_s, 2),
        "busy_processes": [busy._asdict() for busy in neighbours],
    }


def _load_average() -> list[float] | None:
    try:
        return [round(value, 2) for value in os.getloadavg()]
    except (AttributeError, OSError):
        return None
