"""Implementations that raise, crash, hang or answer nonsense, one a folder, and how a test hosts them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
from described_here import described

from paragone.implementation.contract import Variant
from paragone.implementation.registry import IMPLEMENTATIONS, read_folder
from paragone.machine.cpus import worker_cpus
from paragone.machine.threads import worker_environment
from paragone.task.mlp.data import DataSet
from paragone.task.mlp.problem import NetworkProblem
from paragone.task.mlp.problem_files import find_problem
from paragone.worker.handle import WorkerHandle
from paragone.worker.replies import Loaded

FAULTS = Path(__file__).parent
PROBLEM = replace(find_problem("nielsen"), n_train=60, layers=(784, 4, 10))
STATE = PROBLEM.start_state(seed=1)
ORDER = PROBLEM.order(seed=1, n_steps=3, size=5)
SECONDS_TO_WAIT = 20.0


class Workers:
    """Opens workers with an implementation of the zoo, and ends them all with the block."""

    def __init__(self, data: DataSet):
        self.data = data
        self.opened: list[WorkerHandle] = []

    def open(
        self,
        name: str,
        time_limit_s: float = 60,
        threads: int = 1,
        environment: dict[str, str] | None = None,
        own_environment: str = "",
        memory_limit_bytes: int | None = None,
    ) -> WorkerHandle:
        """Return a worker with nothing loaded; what `name` imports from the tests can be found there."""
        inherited = {**os.environ, "PYTHONPATH": str(FAULTS.parent), **(environment or {})}
        variables, _ = worker_environment(threads, inherited)
        cpus = worker_cpus(threads)
        self.opened.append(WorkerHandle(variables, cpus, time_limit_s, own_environment, memory_limit_bytes))
        return self.opened[-1]

    def load(self, worker: WorkerHandle, name: str, problem: NetworkProblem = PROBLEM, **axis: str) -> Loaded:
        """Load an implementation of the zoo, or one that ships."""
        folder = next(path for path in (FAULTS / name, IMPLEMENTATIONS / name) if path.is_dir())
        (implementation,) = read_folder(folder)
        first_values = {key: values[0] for key, values in implementation.axes.items()}
        variant = Variant(described(implementation, folder), tuple((first_values | axis).items()))
        return worker.load(variant, str(folder), problem, str(self.data.folder), seed=1)

    def loaded(self, name: str, time_limit_s: float = 60, **axis: str) -> WorkerHandle:
        """Return a worker that has loaded an implementation."""
        worker = self.open(name, time_limit_s)
        self.load(worker, name, **axis)
        return worker

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *error: object) -> None:
        for worker in self.opened:
            worker.kill()


class ReusedWorkers(Workers):
    """Gives the worker that is still alive: what raises leaves it alive, and a start takes longer than most tests."""

    def open(self, name: str, time_limit_s: float = 60, **others: Any) -> WorkerHandle:
        alive = [worker for worker in self.opened if worker.alive]
        return alive[0] if alive else super().open(name, time_limit_s, **others)


def wait_until(is_so: Callable[[], bool]) -> bool:
    """Return whether it became so; gives up after a time that no machine needs."""
    give_up = time.monotonic() + SECONDS_TO_WAIT
    while not is_so():
        if time.monotonic() > give_up:
            return False
        time.sleep(0.005)
    return True


def workers_below(pid: int | None = None) -> list[psutil.Process]:
    """Return the workers that a process has started, by default this one; it has its watcher for a child too."""
    children = psutil.Process(pid).children()
    return [child for child in children if "paragone.worker.process" in child.cmdline()]


def is_gone(process: psutil.Process) -> bool:
    """Whether a process has ended; one that its new parent has not collected yet has."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
