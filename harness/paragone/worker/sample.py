"""The clock: what lies around one `train`, and how many steps make one sample."""

from __future__ import annotations

import hashlib
import resource
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paragone.errors import MeasurementFailed
from paragone.implementation.contract import Implementation
from paragone.machine import process_tree
from paragone.machine.cpus import on_every_cpu
from paragone.task.mlp.state import State

Clock = Callable[[], int]

# 1–4 ms samples stay ±25 % wrong however many there are; tens of milliseconds do not.
SAMPLE_SECONDS = 0.04
# What a call of train takes by itself may be this share of a sample, where an implementation declares that it is much.
CALL_SHARE = 0.1
# A sample of few, long steps has at least so many, as long as that costs no more than twice the length above.
FEWEST_STEPS = 3
# The untimed prefix brings caches and frequency back after a wait, and memory: a virtual machine hands pages that were
# given back to its host, and the first step to touch them again may take four times as long as the next.
PREFIX_SHARE = 8
# No sample takes more images, however short a step seems: a train that puts its work off seems to take no time.
MOST_IMAGES = 2_000_000
# Giving the result back may take so long, or as long as the sample.
LONGEST_PARAMS_SECONDS = 0.02
# … and is tried so often again before it is taken for work that train put off.
SUSPICIONS = 2
# Estimating the cost of a step: double the steps until one call takes this long.
ESTIMATE_SECONDS = 0.01
DOUBTED_SECONDS = 0.1
TELLING_STEPS = 32
# What a call costs is the median of so many such groups of calls.
CALL_GROUPS = 7
MOST_CALLS = 100_000
# One thread may use so much CPU time per wall time, judged over at least so much of samples.
MOST_CPU_OVER_WALL = 1.10
JUDGED_SECONDS = 0.35
# … and so much where it may run on every CPU: some libraries prepare a step while another thread takes the one before.
MOST_CPUS = 1.5
# A thread that may run elsewhere from now on is moved there within some 20 ms.
SPREADING_SECONDS = 0.1
# Of a shorter train nothing is told: reading the CPU time takes some 100 µs by itself.
TELLING_NS = 1_000_000


@dataclass(frozen=True)
class Sample:
    """One timed `train`: wall time, CPU time of the process and its children, a hash of the result, the losses.

    `runner_ns` is the same train by the clock of the program that did it, where that is another process.
    """

    n_steps: int
    elapsed_ns: int
    cpu_ns: int
    digest: str
    runner_ns: int | None = None
    losses: NDArray[Any] | None = field(default=None, compare=False, repr=False)


def take_sample(
    implementation: Implementation,
    state: State,
    order: NDArray[np.int64],
    prefix_steps: int = 0,
    clock: Clock = time.perf_counter_ns,
) -> Sample:
    """Return the time of one `train(order)` from `state`, after an untimed prefix of the same order.

    Raises MeasurementFailed where `params()` takes longer than the training each time: work was put off until then.
    """
    if prefix_steps:
        implementation.reset(state)
        implementation.train(order[:prefix_steps])
    implementation.reset(state)
    cpu_start = cpu_time_ns()
    start = clock()
    losses = implementation.train(order)
    elapsed_ns = clock() - start
    cpu_ns = cpu_time_ns() - cpu_start
    runner_ns = implementation.runner_ns
    result = implementation.params()
    params_ns = clock() - start - elapsed_ns
    if _is_suspicious(params_ns, elapsed_ns) and _puts_off(implementation, state, order, clock):
        raise MeasurementFailed(
            f"params() took {params_ns / 1e6:.0f} ms after a train of {elapsed_ns / 1e6:.0f} ms, and again: "
            "what train puts off is not timed; finish it there"
        )
    digest = result_digest(result, losses)
    return Sample(len(order), elapsed_ns, cpu_ns, digest, runner_ns, losses)


def _is_suspicious(params_ns: int, train_ns: int) -> bool:
    return params_ns > max(LONGEST_PARAMS_SECONDS * 1e9, train_ns)


def _puts_off(implementation: Implementation, state: State, order: NDArray[np.int64], clock: Clock) -> bool:
    """Return whether `params` takes too long whenever it is tried: once may be the machine's noise."""
    for _ in range(SUSPICIONS):
        implementation.reset(state)
        start = clock()
        implementation.train(order)
        train_ns = clock() - start
        implementation.params()
        if not _is_suspicious(clock() - start - train_ns, train_ns):
            return False
    return True


def result_digest(state: State, losses: NDArray[Any] | None) -> str:
    """Return a hash of every bit that a `train` gave back."""
    if losses is None:
        return state.digest()
    content = state.digest().encode() + np.ascontiguousarray(losses, dtype=np.float64).tobytes()
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def cpus_used(
    implementation: Implementation, state: State, order: NDArray[np.int64], clock: Clock = time.perf_counter_ns
) -> float:
    """Return how many CPUs one `train(order)` keeps busy where it may run on all of them, unlike when timed.

    Of three untimed trials the one in the middle counts, which two that agree decide; before the first one it trains
    until its threads have had time to spread.
    """
    found: dict[bool, list[float]] = {True: [], False: []}
    with on_every_cpu():
        begin = clock()
        while clock() - begin < SPREADING_SECONDS * 1e9:
            implementation.reset(state)
            implementation.train(order)
        while True:
            implementation.reset(state)
            cpu_start, start = cpu_time_ns(), clock()
            implementation.train(order)
            elapsed_ns = max(1, clock() - start)
            cpus = max(0.0, (cpu_time_ns() - cpu_start) / elapsed_ns) if elapsed_ns >= TELLING_NS else 0.0
            agreeing = found[cpus > MOST_CPUS]
            agreeing.append(cpus)
            if len(agreeing) == 2:
                return min(agreeing)


def cpu_time_ns() -> int:
    """Return the CPU time of all threads of this process and of its children, finished and living."""
    finished = resource.getrusage(resource.RUSAGE_CHILDREN)
    living_ns = sum(process_tree.cpu_time_ns(pid) for pid in process_tree.descendants())
    return time.process_time_ns() + living_ns + int((finished.ru_utime + finished.ru_stime) * 1e9)


def estimate_step_seconds(
    train: Callable[[int], None],
    most_steps: int,
    clock: Clock = time.perf_counter_ns,
    least_seconds: float = ESTIMATE_SECONDS,
    fewest_steps: int = 1,
) -> float:
    """Return the seconds that one step takes: the faster of two calls of `train(n_steps)` long enough to time.

    The number of steps doubles from `fewest_steps` on until that one takes `least_seconds` or `most_steps` is reached.
    The
    slower call may have compiled, for that number of steps or for any. What seems long enough is timed twice
    more, so that noise is not taken for a long step; a truly long one is made twice in all.
    """
    n_steps = min(fewest_steps, most_steps)
    while True:
        elapsed_s = min(_timed(train, n_steps, clock), _timed(train, n_steps, clock))
        if least_seconds <= elapsed_s < DOUBTED_SECONDS:  # twice disturbed, as another program's first answers are?
            elapsed_s = min(elapsed_s, _timed(train, n_steps, clock), _timed(train, n_steps, clock))
        if elapsed_s >= least_seconds or n_steps >= most_steps:
            return elapsed_s / n_steps
        n_steps = min(2 * n_steps, most_steps)


def _timed(train: Callable[[int], None], n_steps: int, clock: Clock) -> float:
    start = clock()
    train(n_steps)
    return (clock() - start) / 1e9


def call_seconds(call: Callable[[], Any], clock: Clock = time.perf_counter_ns) -> float:
    """Return the seconds that one call takes: the median of CALL_GROUPS groups, each as long as an estimate."""

    def repeat(n_calls: int) -> None:
        for _ in range(n_calls):
            call()

    n_calls = max(1, round(ESTIMATE_SECONDS / max(estimate_step_seconds(repeat, MOST_CALLS, clock), 1e-9)))
    return statistics.median(_timed(repeat, n_calls, clock) / n_calls for _ in range(CALL_GROUPS))


def sample_seconds(implementation: type[Implementation]) -> float:
    """Return how long a sample is to be: longer where a call of train takes much by itself, whatever it trains."""
    return max(SAMPLE_SECONDS, implementation.call_seconds / CALL_SHARE)


def telling_calls(implementation: type[Implementation]) -> dict[str, Any]:
    """Return how long a call must be for the cost of a step to be told from it: the last options of the estimate.

    Where a call takes much by itself, it is not one step that is timed: a disturbed call would seem a long step.
    """
    if not implementation.call_seconds:
        return {"least_seconds": ESTIMATE_SECONDS, "fewest_steps": 1}
    return {"least_seconds": sample_seconds(implementation) / 2, "fewest_steps": TELLING_STEPS}


def sample_steps(step_seconds: float, sample_seconds: float = SAMPLE_SECONDS) -> int:
    """Return how many steps make one sample of about `sample_seconds`."""
    n_steps = max(1, round(sample_seconds / max(step_seconds, 1e-9)))
    return FEWEST_STEPS if n_steps < FEWEST_STEPS and FEWEST_STEPS * step_seconds <= 2 * sample_seconds else n_steps


def prefix_steps(n_steps: int) -> int:
    """Return how many steps run untimed before a sample of so many: an eighth of it, one at the least."""
    return max(1, n_steps // PREFIX_SHARE)


def overused(wall_ns: Mapping[int, int], cpu_ns: Mapping[int, int], threads: int) -> Iterator[tuple[int, float]]:
    """Yield (batch size, CPU over wall) where a one-thread worker used more than one thread.

    Judged per batch size over at least JUDGED_SECONDS of samples; batch sizes with less are judged together.
    """
    if threads > 1:
        return
    long = [size for size in wall_ns if wall_ns[size] >= JUDGED_SECONDS * 1e9]
    short = [size for size in wall_ns if size not in long]
    for sizes in [*([size] for size in long), short]:
        wall = sum(wall_ns[size] for size in sizes)
        cpu = sum(cpu_ns[size] for size in sizes)
        if wall >= JUDGED_SECONDS * 1e9 and cpu / wall > MOST_CPU_OVER_WALL:
            yield from ((size, cpu / wall) for size in sizes)


def overuse(cpus: float) -> str:
    """Return the sentence about a one-thread worker that used so many CPUs."""
    return f"used {cpus:.2f} s of CPU time per second with one thread asked for"
