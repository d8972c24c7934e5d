"""Learning curves: test accuracy by epoch, from training passes of their own that enter no timing."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paragone.errors import MeasurementFailed, Unavailable
from paragone.implementation.described import unavailable_reason
from paragone.implementation.registry import Registered
from paragone.implementation.variant import Variant
from paragone.measure.step_times import median_step_seconds
from paragone.measure.untimed import at_once
from paragone.plan.cells import Contender, grid
from paragone.plan.request import Request
from paragone.store.plan_records import Cell, ContenderKey
from paragone.store.reader import read_plan, read_table
from paragone.store.records import Accuracy, Outcome
from paragone.store.run_folder import RunFolder
from paragone.task.families import family_of
from paragone.task.mlp.perturbation import logits
from paragone.task.mlp.state import State
from paragone.verify.display import Display
from paragone.verify.pilot import OpenLimitedWorker, OpenWorker, load_worker, open_worker
from paragone.verify.pilot_result import outcome
from paragone.worker.worker import Worker

# A curve is drawn at the smallest batch size of the grid from this on.
CURVE_BATCH_SIZE = 10


@dataclass(frozen=True)
class Epoch:
    """Accuracy and time after an epoch; epoch 0 is the network before training."""

    epoch: int
    correct: int
    n_test: int
    training_seconds: float
    elapsed_seconds: float


def learning_curve(
    worker: Worker, contender: Contender, data: Any, size: int, epochs: int, seed: int
) -> Iterator[Epoch]:
    """Yield the test accuracy before training and after each epoch; the worker has loaded the contender's problem.

    `training_seconds` is the time of the worker's `train` alone; `elapsed_seconds` includes evaluating the test set
    after every epoch, as sources S0 and S2 do.
    """
    problem: Any = contender.problem  # a network
    state = problem.start_state(seed)
    images = np.asarray(data.test_pixels("float64"))
    steps = problem.steps_per_epoch(size)
    order = problem.order(seed, steps * epochs, size)
    training_seconds = 0.0
    begin = time.perf_counter()
    yield Epoch(0, count_correct(problem, state, images, data.test_labels), len(images), 0.0, 0.0)
    for epoch in range(1, epochs + 1):
        start = time.perf_counter()
        state, _ = worker.train(state, order[(epoch - 1) * steps : epoch * steps])
        training_seconds += time.perf_counter() - start
        correct = count_correct(problem, state, images, data.test_labels)
        yield Epoch(epoch, correct, len(images), training_seconds, time.perf_counter() - begin)


def count_correct(problem: Any, state: State, images: NDArray[np.float64], labels: NDArray[Any]) -> int:
    return int(np.count_nonzero(logits(problem, state, images).argmax(axis=1) == labels))


def learn(
    request: Request,
    everyone: Sequence[Registered],
    variant: Variant,
    data: Any,
    epochs: int,
    open_worker: OpenLimitedWorker = open_worker,
) -> Iterator[Epoch]:
    """Yield the learning curve of a variant on the one problem of the request.

    Raises Unavailable where the variant cannot run here, MeasurementFailed where it raises, crashes or hangs.
    """
    (problem,) = request.problems
    family_of(problem).refuse_other_data(problem, data)
    (size,) = grid(problem, request.sizes)
    if reason := unavailable_reason(variant.implementation, problem):
        raise Unavailable(f"{variant.name}: {reason}")
    found = next(found for found in everyone if found.name == variant.implementation.name)
    contender = Contender(problem, found, variant, request.threads[0])
    worker = open_worker(contender, request.time_limit_s, request.memory_limit_bytes)
    try:
        load_worker(worker, contender, data, request.seed)
        yield from learning_curve(worker, contender, data, size, epochs, request.seed)
    finally:
        worker.kill()


def draw_curves(
    rows: RunFolder,
    contenders: Mapping[ContenderKey, Contender],
    data: Any,
    request: Request,
    open_worker: OpenWorker,
    display: Display,
) -> None:
    """Append to the run the learning curve of one variant of each implementation, or an outcome that says why not."""
    outcomes = [row for row in read_table(rows.folder, Outcome) if row.stage == "accuracy"]
    done = {(row.problem, row.variant) for row in outcomes}
    done |= {(row.problem, row.variant) for row in read_table(rows.folder, Accuracy)}
    cells = read_plan(rows.folder).cells
    networks = [cell for cell in cells if contenders[cell.contender].problem.family == "mlp"]
    if not networks:
        return
    curves = [(each, cell) for each, cell in _one_of_each(networks, contenders) if each.key[:2] not in done]
    budgets = request.budgets
    step_seconds = median_step_seconds(rows.folder)
    drawn: list[tuple[Contender, Cell, float, int]] = []
    for contender, cell in curves:
        # A cell without a sample has failed: the curve is drawn by the pilot's estimate.
        seconds = step_seconds.get(contender.key, {}).get(cell.size, cell.step_seconds)
        epoch_seconds = seconds * (contender.problem.steps_per_pass(cell.size) or 0)
        epochs = min(budgets.curve_passes, int(budgets.curve_seconds / epoch_seconds))
        name = contender.variant.implementation.name
        if reason := contender.difference or (
            "" if epochs else f"an epoch takes about {epoch_seconds:.0f} s; paragone train {name} does it all the same"
        ):
            rows.append(outcome(contender, cell.size, "accuracy", "not measured", reason))
        else:
            drawn.append((contender, cell, epoch_seconds, epochs))
    _draw(rows, drawn, data, request, open_worker, display)


def _draw(
    rows: RunFolder,
    drawn: Sequence[tuple[Contender, Cell, float, int]],
    data: Any,
    request: Request,
    open_worker: OpenWorker,
    display: Display,
) -> None:
    """Append the curve of each contender at its cell, complete or not at all: several are drawn at once.

    So an epoch takes the time that the run's samples say, `epoch_seconds`, and is not timed itself.
    """
    contenders = [contender for contender, *_ in drawn]

    def draw(number: int, worker: Worker) -> list[Epoch] | str:
        contender, cell, _, epochs = drawn[number]
        try:
            load_worker(worker, contender, data, request.seed)
            return list(learning_curve(worker, contender, data, cell.size, epochs, request.seed))
        except MeasurementFailed as error:
            return str(error)

    with display.progress("learning curves", len(drawn)) as advance:
        each = at_once(contenders, open_worker, draw, request.budgets.untimed_at_once)
        for (contender, cell, epoch_seconds, _), (worker, curve) in zip(drawn, each, strict=True):
            worker.kill()
            advance(contender.variant.name, 1)
            if isinstance(curve, str):
                rows.append(outcome(contender, cell.size, "accuracy", "not measured", curve))
            else:
                rows.append(*(_accuracy(cell, epoch, epoch_seconds) for epoch in curve))


def _accuracy(cell: Cell, at: Epoch, epoch_seconds: float) -> Accuracy:
    return Accuracy(
        problem=cell.problem,
        variant=cell.variant,
        size=cell.size,
        epoch=at.epoch,
        correct=at.correct,
        n_test=at.n_test,
        elapsed_s=at.epoch * epoch_seconds,
    )


def _one_of_each(
    cells: Sequence[Cell], contenders: Mapping[ContenderKey, Contender]
) -> Iterator[tuple[Contender, Cell]]:
    """Yield the fastest variant of each implementation and problem at the batch size of the curves.

    This is the smallest from CURVE_BATCH_SIZE on, or the largest where all are smaller.
    """
    chosen: dict[tuple[str, str], Cell] = {}
    for cell in sorted(cells, key=lambda cell: (_distance(cell.size), cell.step_seconds)):
        chosen.setdefault((cell.problem, contenders[cell.contender].variant.implementation.name), cell)
    yield from ((contenders[cell.contender], cell) for cell in chosen.values())


def _distance(size: int) -> tuple[bool, int]:
    return size < CURVE_BATCH_SIZE, abs(size - CURVE_BATCH_SIZE)
