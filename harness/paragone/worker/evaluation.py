"""The clock around `predict`: each call classifies the test set by parameters that are new."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paragone.errors import MeasurementFailed
from paragone.implementation.contract import Implementation
from paragone.task.mlp.state import State
from paragone.worker.replies import Evaluated
from paragone.worker.sample import Clock


def evaluate(
    implementation: Implementation, states: Sequence[State], clock: Clock = time.perf_counter_ns
) -> tuple[Evaluated, dict[str, NDArray[Any]]]:
    """Time one `predict` from each state; return the times and the classes, (n_calls, n_test).

    The clock stops when the classes are whole numbers in memory of the harness: what `predict` returns may still have
    to be computed. Raises MeasurementFailed where they cannot be brought there.
    """
    classes = []
    elapsed_ns = reset_ns = 0
    for state in states:
        begin = clock()
        implementation.reset(state)
        start = clock()
        classes.append(np.array(implementation.predict()))
        elapsed_ns += clock() - start
        reset_ns += start - begin
    if fault := next(filter(None, map(fault_of_array, classes)), None):
        raise MeasurementFailed(f"predict: {fault}")
    if len({array.shape for array in classes}) > 1:
        raise MeasurementFailed("predict: its result has another shape from one call to the next")
    return Evaluated(elapsed_ns=elapsed_ns, reset_ns=reset_ns), {"classes": np.stack(classes)}


def fault_of_array(classes: NDArray[Any]) -> str | None:
    """Why an array does not hold a class of every member, as a sentence; None where it may."""
    if classes.ndim == 1 and classes.dtype.kind in "iu":
        return None
    return f"expected a whole number for every test image; got {classes.dtype} of shape {classes.shape}"
