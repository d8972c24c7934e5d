"""Yardsticks: implementations that tell what the machine can do, and are compared with nothing.

They are declared, loaded and timed as all others are; only the gate never sees them.

    impls/yardsticks/networks/        training that does nothing, by bridge
    impls/yardsticks/step_products/   training that makes the matrix products alone
    impls/yardsticks/empty/           a kernel whose calls do nothing, by language
    impls/yardsticks/product/         a kernel: one large matrix product
    impls/yardsticks/read/            a kernel: memory that fits in no cache, read once
    impls/yardsticks/cache/           a kernel: what half of a second cache holds, read again and again
    impls/yardsticks/exp/             a kernel: an exponential of each number of an array
    impls/yardsticks/gather/          a kernel: rows at random of memory that fits in no cache
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from paragone.files.paths import shipped
from paragone.implementation.described import describe_files
from paragone.implementation.kernel_folder import is_kernel
from paragone.implementation.plugins import Location, locations_in
from paragone.implementation.registry import Registered, registered_in
from paragone.implementation.variant import variants
from paragone.plan.cells import Contender
from paragone.task.kernel.problem import KernelProblem
from paragone.task.problem import Data
from paragone.verify.pilot import OpenWorker
from paragone.verify.unchanged_source import load_worker
from paragone.worker.budgets import STANDARD, Budgets
from paragone.worker.worker import Worker

FOLDER = shipped("impls") / "yardsticks"


def problem_of(folder: str) -> KernelProblem | None:
    """The kernel in a folder of yardsticks; None for one of networks, which has the problem of a contender."""
    return KernelProblem.of(FOLDER / folder) if is_kernel(FOLDER / folder) else None


def yardsticks(folder: str) -> dict[str, Registered]:
    """The implementations in a folder of yardsticks, by name."""
    return {each.name: each for each in _everyone() if each.folder == FOLDER / folder}


@cache
def _everyone() -> list[Registered]:
    """All of them, described by one process."""
    folders = sorted(path for path in FOLDER.iterdir() if path.is_dir())
    locations = [
        location for path in folders for location in (locations_in(path) if is_kernel(path) else [Location(path)])
    ]
    described = describe_files([location.path for location in locations])
    found: list[Registered] = []
    for location in locations:
        declared = described[location.path]
        assert not isinstance(declared, str), declared
        found += registered_in(location, declared)
    return found


def in_place_of(contender: Contender, folder: str, name: str) -> Contender:
    """A yardstick with the contender's threads, with its dtype where there is that, and its problem in networks."""
    found = yardsticks(folder)[name]
    by_dtype = {variant.dtype: variant for variant in variants(found.implementation)}
    variant = by_dtype.get(contender.variant.dtype) or next(iter(by_dtype.values()))
    return replace(contender, problem=problem_of(folder) or contender.problem, found=found, variant=variant)


@dataclass(frozen=True)
class YardstickPass:
    """A pass of a run that times yardsticks, in workers of its own."""

    data: Data
    open_worker: OpenWorker
    seed: int
    budgets: Budgets = STANDARD

    def load(self, worker: Worker, yardstick: Contender) -> None:
        load_worker(worker, yardstick, self.data, self.seed)


def step_seconds(worker: Worker, size: int, seed: int, n_groups: int, group_seconds: float) -> float:
    """Seconds of one step: the median of samples of about `group_seconds`, one step at least in each.

    All steps do the same. Two untimed steps come first: one takes the page faults, the other says how long a step is.
    """
    reset(worker, size, seed)
    sample_seconds(worker, size, seed, 1)
    n_steps = max(1, round(group_seconds / max(sample_seconds(worker, size, seed, 1), 1e-9)))
    return statistics.median(sample_seconds(worker, size, seed, n_steps) / n_steps for _ in range(n_groups))


def reset(worker: Worker, size: int, seed: int) -> None:
    worker.reset(worker.problem.draw_start(seed, size))


def sample_seconds(worker: Worker, size: int, seed: int, n_steps: int) -> float:
    """Seconds of one sample, which takes its first step over and over."""
    order = np.repeat(worker.problem.order(seed, 1, size), n_steps, axis=0)
    return worker.take_sample(order).elapsed_ns / 1e9
