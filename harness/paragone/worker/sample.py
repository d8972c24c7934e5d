"""The clock: one timed `train`, and the untimed prefix and checks around it."""

from __future__ import annotations

import hashlib
import resource
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paragone.errors import MeasurementFailed
from paragone.implementation.contract import Implementation
from paragone.machine import process_tree
from paragone.task.mlp.state import State
from paragone.worker.replies import Timing

Clock = Callable[[], int]

# params() may take this long, or as long as the sample where that is longer.
LONGEST_PARAMS_SECONDS = 0.02
# A slow params() is retried this often before it counts as deferred work: a single slow one may be noise.
PARAMS_RETRIES = 2


def take_sample(
    implementation: Implementation,
    state: State,
    order: NDArray[np.int64],
    prefix_steps: int = 0,
    clock: Clock = time.perf_counter_ns,
) -> tuple[Timing, NDArray[Any] | None]:
    """Time one `train(order)` from `state`, after an untimed prefix of the same order; return timing and losses.

    Raises MeasurementFailed where `params()` takes longer than `train` every time: train has deferred work to it.
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
    if _params_too_slow(params_ns, elapsed_ns) and _defers_work(implementation, state, order, clock):
        raise MeasurementFailed(
            f"params() took {params_ns / 1e6:.0f} ms after a train of {elapsed_ns / 1e6:.0f} ms, and again: "
            "what train puts off is not timed; finish it there"
        )
    digest = result_digest(result, losses)
    timing = Timing(n_steps=len(order), elapsed_ns=elapsed_ns, runner_ns=runner_ns, cpu_ns=cpu_ns, digest=digest)
    return timing, losses


def _params_too_slow(params_ns: int, train_ns: int) -> bool:
    return params_ns > max(LONGEST_PARAMS_SECONDS * 1e9, train_ns)


def _defers_work(implementation: Implementation, state: State, order: NDArray[np.int64], clock: Clock) -> bool:
    for _ in range(PARAMS_RETRIES):
        implementation.reset(state)
        start = clock()
        implementation.train(order)
        train_ns = clock() - start
        implementation.params()
        if not _params_too_slow(clock() - start - train_ns, train_ns):
            return False
    return True


def result_digest(state: State, losses: NDArray[Any] | None) -> str:
    """A hash of every bit of the parameters, the step counter and the losses."""
    if losses is None:
        return state.digest()
    content = state.digest().encode() + np.ascontiguousarray(losses, dtype=np.float64).tobytes()
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def cpu_time_ns() -> int:
    """CPU time of all threads of this process and of all its children, living or ended."""
    finished = resource.getrusage(resource.RUSAGE_CHILDREN)
    living_ns = sum(process_tree.cpu_time_ns(pid) for pid in process_tree.descendants())
    return time.process_time_ns() + living_ns + int((finished.ru_utime + finished.ru_stime) * 1e9)
