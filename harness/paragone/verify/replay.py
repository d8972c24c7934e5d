"""Whether training takes as long as its samples say, from a start and over an order that the worker has never seen.

Every sample has the same start and order, and is timed inside the worker. Whoever remembers results, puts work off
until they are asked for, or turns the worker's clock is quick there alone: here the harness's own clock decides,
less what the machine withheld from the worker meanwhile, which is nobody's work.
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
from paragone.worker.handle import WorkerHandle

# What was never seen may take so much longer than the samples beside it, and in any case so many nanoseconds.
MOST_OVER_SAMPLE = 1.5
LEAST_EXCESS_NS = 5_000_000
# … and is tried so often, each time with another start and order, before it is not the machine's noise.
TRIES = 4


def fresh_input(problem: Problem, cell: Cell) -> tuple[State, NDArray[np.int64]]:
    """Return a start and an order of a cell's length that nobody can have prepared for."""
    seed = secrets.randbits(48)
    return problem.start_state(seed), problem.order(seed, cell.n_steps, cell.batch_size)


def reject_replay(worker: WorkerHandle, problem: Problem, cell: Cell) -> None:
    """Raise MeasurementFailed where training takes much longer than samples say whenever it is something new.

    Cells of a single long step are left alone: such a step cannot be told from what surrounds it.
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


def _training_ns(worker: WorkerHandle, start: State, order: NDArray[np.int64]) -> int:
    """Return what all steps but the first take, by the harness's clock; what goes through the pipe is the same twice.

    The first step is asked for twice: a library may compile for it.
    """
    first_ns = min(_asked_ns(worker, start, order, 1) for _ in range(2))
    return _asked_ns(worker, start, order, len(order)) - first_ns


def _asked_ns(worker: WorkerHandle, start: State, order: NDArray[np.int64], n_steps: int) -> int:
    before = worker.scheduling_times()
    worker.train(start, order, n_steps)
    return undisturbed_ns(before, worker.scheduling_times())
