"""Evaluation: the classes of all test images, timed in the worker, and checked against its own parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from paragone.errors import MeasurementFailed
from paragone.store.records import Evaluation, Sample
from paragone.task.mlp.data import DataSet
from paragone.task.mlp.perturbation import logits
from paragone.task.mlp.state import State
from paragone.worker.commands import Evaluate
from paragone.worker.handle import WorkerHandle

# One call takes milliseconds, too few for one sample: calls are repeated until they take about so long.
EVALUATION_SECONDS = 0.04
MOST_CALLS = 50
# Where the two largest logits lie closer than this share of the largest of all, rounding may decide between them.
UNCERTAIN = 1e-4


def evaluate_after(sample: Sample, worker: WorkerHandle, data: DataSet, n_calls: int) -> Evaluation:
    """The evaluation that follows a timed sample. Raises as `evaluate` does."""
    return Evaluation(
        problem=sample.problem,
        variant=sample.variant,
        batch_size=sample.batch_size,
        threads=sample.threads,
        wave=sample.wave,
        launch=sample.launch,
        attempt=sample.attempt,
        round=sample.round,
        n_calls=n_calls,
        n_images=len(data.test_labels),
        elapsed_ns=evaluate(worker, data, n_calls),
    )


def calls_of_a_sample(worker: WorkerHandle, data: DataSet) -> int:
    """How many calls make one sample. The first call, not timed, copies the test set and may compile.

    Raises as `evaluate` does.
    """
    evaluate(worker, data, 1)
    once_ns = evaluate(worker, data, 1)
    return int(min(MOST_CALLS, max(1, round(EVALUATION_SECONDS * 1e9 / max(1, once_ns)))))


def evaluate(worker: WorkerHandle, data: DataSet, n_calls: int) -> int:
    """Have the worker classify all test images `n_calls` times with its present parameters; return the nanoseconds.

    Raises MeasurementFailed where it does not answer, or where its classes are not those of its parameters.
    """
    evaluated, arrays = worker.call_with_arrays(Evaluate(n_calls=n_calls))
    state, _ = worker.result()
    if fault := fault_of_classes(state, data, arrays.get("classes")):
        raise MeasurementFailed(f"predict: {fault}")
    return evaluated.elapsed_ns


def fault_of_classes(state: State, data: DataSet, got: NDArray[Any] | None) -> str | None:
    """Return how the classes differ from those that the parameters in `state` give in float64, or None."""
    outputs = logits(state, np.asarray(data.test_pixels("float64")))
    if got is None or got.shape != (len(outputs),) or got.dtype.kind not in "iu":
        what = "nothing" if got is None else f"{got.dtype} {got.shape}"
        return f"expected a class of every test image, whole numbers of shape ({len(outputs)},); got {what}"
    second, first = np.sort(outputs, axis=1)[:, -2:].T
    is_certain = first - second > UNCERTAIN * np.abs(outputs).max()
    wrong = np.count_nonzero((got != outputs.argmax(axis=1)) & is_certain)
    return f"for {wrong} of {len(outputs)} test images it names another class than its parameters do" if wrong else None
