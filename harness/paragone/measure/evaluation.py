"""Evaluation: a worker classifies the test set, timed; its classes are checked against its own parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from paragone.errors import MeasurementFailed
from paragone.store.records import Evaluation, Sample
from paragone.task.mlp.data import DataSet
from paragone.task.mlp.perturbation import logits
from paragone.task.mlp.state import State
from paragone.worker.budgets import STANDARD, Budgets
from paragone.worker.commands import Evaluate
from paragone.worker.worker import Worker

MOST_CALLS = 50
# Two logits closer than this share of the largest of all may change places by rounding.
UNCERTAIN = 1e-4


def evaluate_after(sample: Sample, worker: Worker, data: DataSet, n_calls: int) -> Evaluation:
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


def calls_of_a_sample(worker: Worker, data: DataSet, budgets: Budgets = STANDARD) -> int:
    """The number of calls that make one sample. An untimed call comes first: it copies the test set and may compile.

    Raises as `evaluate` does.
    """
    evaluate(worker, data, 1)
    once_ns = evaluate(worker, data, 1)
    return int(min(MOST_CALLS, max(1, round(budgets.evaluation_seconds * 1e9 / max(1, once_ns)))))


def evaluate(worker: Worker, data: DataSet, n_calls: int) -> int:
    """Classify all test images `n_calls` times with the worker's parameters; return the nanoseconds of all calls.

    Raises MeasurementFailed where the worker fails or its classes do not follow from its parameters.
    """
    evaluated, arrays = worker.call_with_arrays(Evaluate(n_calls=n_calls))
    state, _ = worker.result()
    if fault := fault_of_classes(state, data, arrays.get("classes")):
        raise MeasurementFailed(f"predict: {fault}")
    return evaluated.elapsed_ns


def fault_of_classes(state: State, data: DataSet, got: NDArray[Any] | None) -> str | None:
    """The difference, as a sentence, between `got` and the classes of `state` in float64; None where they agree.

    An image whose two largest logits may change places by rounding counts as right.
    """
    outputs = logits(state, np.asarray(data.test_pixels("float64")))
    if got is None or got.shape != (len(outputs),) or got.dtype.kind not in "iu":
        what = "nothing" if got is None else f"{got.dtype} {got.shape}"
        return f"expected a class of every test image, whole numbers of shape ({len(outputs)},); got {what}"
    second, first = np.sort(outputs, axis=1)[:, -2:].T
    is_certain = first - second > UNCERTAIN * np.abs(outputs).max()
    wrong = np.count_nonzero((got != outputs.argmax(axis=1)) & is_certain)
    return f"for {wrong} of {len(outputs)} test images it names another class than its parameters do" if wrong else None
