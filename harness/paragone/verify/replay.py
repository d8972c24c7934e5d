"""The replay check: does training on fresh input take as long as the samples say?

Every sample has the same start and order, and is timed inside the worker. An implementation that caches results, defers
work until they are asked for, or tampers with the worker's clock is fast in samples alone. Here the worker trains from
a start and an order it has never had, and the harness's clock decides, less the time for which the scheduler kept the
worker waiting.
"""

from __future__ import annotations

import secrets

import numpy as np
from numpy.typing import NDArray

from paragone.errors import MeasurementFailed
from paragone.machine.cpu_wait import undisturbed_ns
from paragone.store.plan_records import Cell
from paragone.task.mlp.problem import Problem
from paragone.task.mlp.state import State
from paragone.worker.commands import TakeSample
from paragone.worker.worker import Worker

# Training on fresh input may take this many times as long as the faster sample, or this much longer.
MOST_OVER_SAMPLE = 1.5
LEAST_EXCESS_NS = 5_000_000
# A slow result counts only after so many tries, each with other input: a single one may be noise.
TRIES = 4


def fresh_input(problem: Problem, cell: Cell) -> tuple[State, NDArray[np.int64]]:
    """A start and an order of the cell's length from a secret seed: no implementation can have cached the result."""
    seed = secrets.randbits(48)
    return problem.start_state(seed), problem.order(seed, cell.n_steps, cell.batch_size)


def compare_with_fresh_input(worker: Worker, problem: Problem, cell: Cell) -> None:
    """Raise MeasurementFailed where fresh input takes much longer than samples in every one of TRIES.

    Cells of a single step are skipped: their time cannot be separated from the cost of the call.
    """
    if cell.once_per_launch or cell.n_steps < 2:
        return
    for _ in range(TRIES):
        sample = TakeSample(batch_size=cell.batch_size, n_steps=cell.n_steps, prefix_steps=cell.prefix_steps)
        # The faster of two samples: a single sample can be slow enough by noise to hide the missing work.
        sample_ns = min(worker.call(sample).elapsed_ns for _ in range(2))
        fresh_ns = _training_ns(worker, *fresh_input(problem, cell))
        if fresh_ns < max(MOST_OVER_SAMPLE * sample_ns, sample_ns + LEAST_EXCESS_NS):
            return
    raise MeasurementFailed(
        f"{cell.n_steps} steps take {sample_ns / 1e6:.1f} ms when they are timed, and {fresh_ns / 1e6:.1f} ms by the "
        "harness's clock from a start and over an order that are new: train must remember no results, put no work off "
        "and leave the clock alone"
    )


def _training_ns(worker: Worker, start: State, order: NDArray[np.int64]) -> int:
    """Nanoseconds of all steps but the first, by the harness's clock; the cost of the pipe cancels in the difference.

    The first step is trained twice and the faster time counts: a library may compile in the other.
    """
    first_ns = min(_elapsed_ns(worker, start, order, 1) for _ in range(2))
    return _elapsed_ns(worker, start, order, len(order)) - first_ns


def _elapsed_ns(worker: Worker, start: State, order: NDArray[np.int64], n_steps: int) -> int:
    before = worker.scheduling_times()
    worker.train(start, order, n_steps)
    return undisturbed_ns(before, worker.scheduling_times())
