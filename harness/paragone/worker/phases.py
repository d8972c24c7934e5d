"""A pair of samples in one process: the same steps without a clock and with one around each phase."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paragone.implementation.contract import Implementation
from paragone.task.problem import NamedArrays
from paragone.worker.replies import PairTiming
from paragone.worker.sample import Clock, result_digest

# The cost of a clock reading is the median over groups of readings.
READING_GROUPS, READINGS = 25, 400


def take_pair(
    plain: Implementation,
    clocked: Implementation,
    state: NamedArrays,
    order: NDArray[np.int64],
    prefix_steps: int,
    plain_first: bool,
    clock: Clock = time.perf_counter_ns,
) -> PairTiming:
    """Time `train(order)` from `state` in both instances, one right after the other."""
    timed: dict[bool, tuple[int, str]] = {}
    for is_plain in (plain_first, not plain_first):
        timed[is_plain] = _time(plain if is_plain else clocked, state, order, prefix_steps, clock)
    (plain_ns, plain_digest), (clocked_ns, clocked_digest) = timed[True], timed[False]
    times = clocked.phase_times()
    return PairTiming(
        plain_ns=plain_ns,
        clocked_ns=clocked_ns,
        phases=dict(times.phases),
        parts={name: list(ns) for name, ns in times.parts.items()},
        is_same=plain_digest == clocked_digest,
    )


def _time(
    implementation: Implementation, state: NamedArrays, order: NDArray[np.int64], prefix_steps: int, clock: Clock
) -> tuple[int, str]:
    """(nanoseconds, digest of the result) of one train, after an untimed prefix that warms the caches."""
    if prefix_steps:
        implementation.reset(state)
        implementation.train(order[:prefix_steps])
    implementation.reset(state)
    begin = clock()
    losses = implementation.train(order)
    elapsed_ns = clock() - begin
    return elapsed_ns, result_digest(implementation.params(), losses)


def reading_ns(read: Callable[[], Any] = time.perf_counter_ns, clock: Clock = time.perf_counter_ns) -> float:
    """Nanoseconds of one reading of Python's clock, the loop around it included."""
    costs = []
    for _ in range(READING_GROUPS):
        begin = clock()
        for _ in range(READINGS):
            read()
        costs.append((clock() - begin) / READINGS)
    return statistics.median(costs)
