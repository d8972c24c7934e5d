"""The clock: one timed `train`, and the untimed prefix before it."""

from __future__ import annotations

import hashlib
import resource
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paragone.implementation.contract import Implementation
from paragone.machine import process_tree
from paragone.task.problem import NamedArrays
from paragone.worker.replies import Timing

Clock = Callable[[], int]


def train_prefix(implementation: Implementation, state: NamedArrays, prefix: NDArray[np.int64]) -> None:
    """Train from `state` over the order `prefix`, (n_steps, B), which may be empty.

    The prefix warms caches, frequency and memory after a wait.
    """
    if len(prefix):
        implementation.reset(state)
        implementation.train(prefix)


def take_sample(
    implementation: Implementation, order: NDArray[np.int64], clock: Clock = time.perf_counter_ns
) -> tuple[Timing, NDArray[Any] | None]:
    """Time one `train(order)` from the prepared state; return timing and losses."""
    cpu_start = cpu_time_ns()
    start = clock()
    losses = implementation.train(order)
    elapsed_ns = clock() - start
    implementation.note_results()
    cpu_ns = cpu_time_ns() - cpu_start
    runner_ns = implementation.runner_ns
    return Timing(n_steps=len(order), elapsed_ns=elapsed_ns, runner_ns=runner_ns, cpu_ns=cpu_ns), losses


def copied_params(implementation: Implementation) -> tuple[int, dict[str, NDArray[Any]]]:
    """The step counter and the arrays of `params()`.

    What is worked out as it is read is worked out here, within its time, and copies cannot change later.
    """
    state = implementation.params()
    step, tensors = int(state.step), state.tensors()
    return step, {name: np.array(tensor) for name, tensor in tensors.items()}


def result_digest(state: NamedArrays, losses: NDArray[Any] | None) -> str:
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
