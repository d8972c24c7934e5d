"""Evaluation: the classes of all test images, timed in the worker, and checked against its own parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paragone.errors import MeasurementFailed
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


# What a row of evaluations has of the sample that it follows.
PLACE = ("problem", "variant", "batch_size", "threads", "wave", "launch", "attempt", "round")


def evaluate_after(sample: Mapping[str, Any], worker: WorkerHandle, data: DataSet, n_calls: int) -> dict[str, Any]:
    """Return the row of evaluations that follows a timed sample. Raises as `evaluate` does."""
    return {**{key: sample[key] for key in PLACE}, **evaluate(worker, data, n_calls)}


def calls_of_a_sample(worker: WorkerHandle, data: DataSet) -> int:
    """Return how many calls make one sample; the worker takes the test set, and may compile, before. Raises too."""
    evaluate(worker, data, 1)
    once_ns = evaluate(worker, data, 1)["elapsed_ns"]
    return int(min(MOST_CALLS, max(1, round(EVALUATION_SECONDS * 1e9 / max(1, once_ns)))))


def evaluate(worker: WorkerHandle, data: DataSet, n_calls: int) -> dict[str, Any]:
    """Have the worker name the class of every test image `n_calls` times, with the parameters that it has now.

    Return the columns `n_calls`, `n_images` and `elapsed_ns` of a row of evaluations. Raises MeasurementFailed where
    it does not answer, or names other classes than its parameters do.
    """
    evaluated, arrays = worker.call_with_arrays(Evaluate(n_calls=n_calls))
    state, _ = worker.result()
    if fault := fault_of_classes(state, data, arrays.get("classes")):
        raise MeasurementFailed(f"predict: {fault}")
    return {"n_calls": n_calls, "n_images": len(data.test_labels), "elapsed_ns": evaluated.elapsed_ns}


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
