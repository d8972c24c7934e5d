"""Estimates: the time of a step and of a call, the steps of a sample, the CPUs that steps keep busy."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from paragone.implementation.contract import Implementation
from paragone.implementation.described import Described
from paragone.machine.cpus import on_every_cpu
from paragone.task.problem import NamedArrays
from paragone.worker.budgets import STANDARD, Budgets
from paragone.worker.cpu_demand import cpu_demand, wanted_ns
from paragone.worker.sample import Clock

# The fixed cost of a call may be this share of a sample, where an implementation declares that cost.
CALL_SHARE = 0.1
# A sample of long steps has at least this many steps, unless that makes it more than twice as long.
FEWEST_STEPS = 3
# The untimed prefix warms caches, frequency and memory after a wait: a virtual machine gives freed pages back to its
# host, and the first step to touch them again may take four times as long as the next.
PREFIX_SHARE = 8
# No call of an estimate has more steps.
MOST_ESTIMATE_STEPS = 4096
# A shorter call is timed again: noise may have lengthened it.
REPEATED_BELOW_SECONDS = 0.1
# Where a call has a large fixed cost, the estimate starts with this many steps.
FIRST_STEPS_OF_COSTLY_CALLS = 32
# A one-thread variant that is free to use all CPUs may keep this many busy: some libraries prepare a step in a
# second thread while the first one computes.
MOST_CPUS = 1.5
# Trials that have to agree: a compiler of the background may be at work in some.
QUIET_TRIALS, BUSY_TRIALS = 2, 4
# Reading the CPU time costs about 100 µs, so a shorter train gives no CPU-to-wall ratio.
SHORTEST_JUDGED_NS = 1_000_000


def step_seconds(
    implementation: Implementation,
    state: NamedArrays,
    most_steps: int,
    order_of: Callable[[int], NDArray[np.int64]],
    clock: Clock = time.perf_counter_ns,
    budgets: Budgets = STANDARD,
) -> float:
    """Seconds of one step, from `state` over the order `order_of(n_steps)`; a sample has `most_steps` at most."""

    def reset(n_steps: int) -> None:
        order_of(n_steps)  # it is drawn once
        implementation.reset(state)

    def train(n_steps: int) -> None:
        implementation.train(order_of(n_steps))

    most_steps = min(MOST_ESTIMATE_STEPS, most_steps)
    if implementation.call_seconds:
        # One step is mostly the cost of its call, and a call lengthened by noise would look like a long step.
        least_seconds = sample_seconds(type(implementation), budgets) / 2
        return estimate_step_seconds(train, most_steps, clock, least_seconds, FIRST_STEPS_OF_COSTLY_CALLS, reset)
    return estimate_step_seconds(train, most_steps, clock, budgets.estimate_seconds, reset=reset)


def estimate_step_seconds(
    train: Callable[[int], None],
    most_steps: int,
    clock: Clock = time.perf_counter_ns,
    least_seconds: float = STANDARD.estimate_seconds,
    fewest_steps: int = 1,
    reset: Callable[[int], None] = lambda n_steps: None,
) -> float:
    """The seconds of one step, from the faster of two calls of `train(n_steps)`: the slower may have compiled.

    Before each call comes `reset(n_steps)`, untimed: sending a kernel's inputs may take longer than a call on them.

    The number of steps doubles from `fewest_steps` until the faster call takes `least_seconds` or has `most_steps`. A
    call just long enough is timed twice more, so that noise does not pass for a long step; a call of
    REPEATED_BELOW_SECONDS or more is not.
    """
    n_steps = min(fewest_steps, most_steps)
    while True:
        elapsed_s = min(_seconds(train, n_steps, clock, reset) for _ in range(2))
        if least_seconds <= elapsed_s < REPEATED_BELOW_SECONDS:
            elapsed_s = min(elapsed_s, *(_seconds(train, n_steps, clock, reset) for _ in range(2)))
        if elapsed_s >= least_seconds or n_steps >= most_steps:
            return elapsed_s / n_steps
        n_steps = min(2 * n_steps, most_steps)


def _seconds(
    train: Callable[[int], None], n_steps: int, clock: Clock, reset: Callable[[int], None] = lambda n_steps: None
) -> float:
    reset(n_steps)
    start = clock()
    train(n_steps)
    return (clock() - start) / 1e9


def sample_seconds(implementation: type[Implementation] | Described, budgets: Budgets = STANDARD) -> float:
    """The intended length of a sample: longer where a call of `train` has a large fixed cost."""
    return max(budgets.sample_seconds, implementation.call_seconds / CALL_SHARE)


def sample_steps(step_seconds: float, sample_seconds: float = STANDARD.sample_seconds) -> int:
    """The steps of a sample of about `sample_seconds`."""
    n_steps = max(1, round(sample_seconds / max(step_seconds, 1e-9)))
    return FEWEST_STEPS if n_steps < FEWEST_STEPS and FEWEST_STEPS * step_seconds <= 2 * sample_seconds else n_steps


def prefix_steps(n_steps: int) -> int:
    """The steps that run untimed before a sample of `n_steps`."""
    return max(1, n_steps // PREFIX_SHARE)


def cpus_used(
    implementation: Implementation,
    state: NamedArrays,
    order: NDArray[np.int64],
    clock: Clock = time.perf_counter_ns,
    budgets: Budgets = STANDARD,
) -> float:
    """CPU time / wall time of one untimed `train(order)` that is free to run on every CPU.

    The time for which a busy thread waits for a CPU counts as if it had one: other work on the machine hides no thread.

    Trials are repeated until QUIET_TRIALS lie below MOST_CPUS, or BUSY_TRIALS above; the lowest of these is returned.
    What is computed before the trials gives the scheduler time to spread the threads over the CPUs.
    """
    trials: dict[bool, list[float]] = {True: [], False: []}
    with on_every_cpu():
        begin = clock()
        while clock() - begin < budgets.spreading_seconds * 1e9:
            implementation.reset(state)
            implementation.train(order)
        while True:
            implementation.reset(state)
            before, start = cpu_demand(), clock()
            implementation.train(order)
            elapsed_ns = max(1, clock() - start)
            cpus = wanted_ns(before, cpu_demand()) / elapsed_ns if elapsed_ns >= SHORTEST_JUDGED_NS else 0.0
            is_busy = cpus > MOST_CPUS
            trials[is_busy].append(cpus)
            if len(trials[is_busy]) == (BUSY_TRIALS if is_busy else QUIET_TRIALS):
                return min(trials[is_busy])
