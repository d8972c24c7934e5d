"""A pair of samples in one process: the same steps without a clock and with one around each phase."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paragone.implementation.contract import Implementation, PhaseTimes
from paragone.task.mlp.state import State
from paragone.worker.sample import Clock, result_digest

# What reading a clock costs is the median of so many groups of so many readings.
READING_GROUPS, READINGS = 25, 400


@dataclass(frozen=True)
class Pair:
    """The same steps twice: without a clock, and with one around each phase; whether both gave the same bits."""

    plain_ns: int
    clocked_ns: int
    times: PhaseTimes
    is_same: bool


def take_pair(
    plain: Implementation,
    clocked: Implementation,
    state: State,
    order: NDArray[np.int64],
    prefix_steps: int,
    plain_first: bool,
    clock: Clock = time.perf_counter_ns,
) -> Pair:
    """Return the times of `train(order)` from `state` in both instances, one right after the other."""
    taken: dict[bool, tuple[int, str]] = {}
    for is_plain in (plain_first, not plain_first):
        taken[is_plain] = _timed(plain if is_plain else clocked, state, order, prefix_steps, clock)
    (plain_ns, plain_digest), (clocked_ns, clocked_digest) = taken[True], taken[False]
    return Pair(plain_ns, clocked_ns, clocked.phase_times(), plain_digest == clocked_digest)


def _timed(
    implementation: Implementation, state: State, order: NDArray[np.int64], prefix_steps: int, clock: Clock
) -> tuple[int, str]:
    """Return the nanoseconds of the train, and a hash of its result; a prefix brings the caches back before."""
    if prefix_steps:
        implementation.reset(state)
        implementation.train(order[:prefix_steps])
    implementation.reset(state)
    begin = clock()
    losses = implementation.train(order)
    elapsed_ns = clock() - begin
    return elapsed_ns, result_digest(implementation.params(), losses)


def reading_ns(read: Callable[[], Any] = time.perf_counter_ns, clock: Clock = time.perf_counter_ns) -> float:
    """Return the nanoseconds that one reading of Python's clock costs, in a loop as bare as Python has it."""
    costs = []
    for _ in range(READING_GROUPS):
        begin = clock()
        for _ in range(READINGS):
            read()
        costs.append((clock() - begin) / READINGS)
    return statistics.median(costs)
