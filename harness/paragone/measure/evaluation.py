"""Evaluation: a worker classifies the test set, timed; its classes are checked against its own parameters."""

from __future__ import annotations

import secrets
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paragone.errors import MeasurementFailed
from paragone.store.records import Evaluation, Sample
from paragone.task.mlp.perturbation import logits
from paragone.task.mlp.state import State
from paragone.worker.budgets import STANDARD, Budgets
from paragone.worker.commands import Evaluate
from paragone.worker.replies import Evaluated
from paragone.worker.worker import Worker

MOST_CALLS = 10
# Two logits closer than this share of the largest of all may change places by rounding.
UNCERTAIN = 1e-4
# The reset before a call of `predict` may take this long, and this share of the call besides. An evaluation with longer
# ones is repeated: a slow reset may be noise.
RESET_SECONDS = 0.005
RESET_SHARE = 0.25
TRIES = 4


def evaluate_after(sample: Sample, worker: Worker, problem: Any, data: Any, n_calls: int) -> Evaluation:
    """The evaluation that follows a timed sample. Raises as `evaluate` does."""
    return Evaluation(
        problem=sample.problem,
        variant=sample.variant,
        size=sample.size,
        threads=sample.threads,
        wave=sample.wave,
        launch=sample.launch,
        attempt=sample.attempt,
        round=sample.round,
        n_calls=n_calls,
        n_images=len(data.test_labels),
        elapsed_ns=evaluate(worker, problem, data, n_calls),
    )


def calls_of_a_sample(worker: Worker, problem: Any, data: Any, budgets: Budgets = STANDARD) -> int:
    """The number of calls that make one sample. An untimed call comes first: it copies the test set and may compile.

    Raises as `evaluate` does.
    """
    evaluate(worker, problem, data, 1)
    once_ns = evaluate(worker, problem, data, 1)
    return int(min(MOST_CALLS, max(1, round(budgets.evaluation_seconds * 1e9 / max(1, once_ns)))))


def evaluate(worker: Worker, problem: Any, data: Any, n_calls: int) -> int:
    """Classify all test images `n_calls` times; return the nanoseconds of all calls of `predict`.

    Each call has parameters that nobody can foresee, so that nothing of its work can be kept or done before `reset`.
    What is done in `reset` is seen by its time. Raises MeasurementFailed where the worker fails, where its classes do
    not follow from the parameters, or where `reset` takes too long in each of four tries.
    """
    for _ in range(TRIES):
        states = [problem.start_state(secrets.randbits(64)) for _ in range(n_calls)]
        stacks = {name: np.stack([state.tensors()[name] for state in states]) for name in states[0].tensors()}
        evaluated, arrays = worker.call_with_arrays(Evaluate(), stacks)
        if fault := fault_of_calls(problem, states, data, arrays.get("classes")):
            raise MeasurementFailed(f"predict: {fault}")
        if not _reset_is_too_long(evaluated, n_calls):
            return evaluated.elapsed_ns
    reset_ms, predict_ms = (ns / n_calls / 1e6 for ns in (evaluated.reset_ns, evaluated.elapsed_ns))
    raise MeasurementFailed(
        f"reset() took {reset_ms:.3g} ms before a predict() of {predict_ms:.3g} ms, and in every other try: what "
        "reset does for predict is not timed; do it in predict"
    )


def _reset_is_too_long(evaluated: Evaluated, n_calls: int) -> bool:
    return evaluated.reset_ns > RESET_SECONDS * 1e9 * n_calls + RESET_SHARE * evaluated.elapsed_ns


def fault_of_calls(problem: Any, states: list[State], data: Any, got: NDArray[Any] | None) -> str | None:
    """The fault of the classes that the calls returned, (n_calls, n_test), as a sentence; None where they are right.

    Each test image is compared in one of the calls, and nobody knows beforehand in which.
    """
    n_test = len(data.test_labels)
    if got is None or got.shape != (len(states), n_test) or got.dtype.kind not in "iu":
        what = "nothing" if got is None else f"{got.dtype} of shape {got.shape}"
        return f"expected whole numbers of shape {(len(states), n_test)}, the class of every test image; got {what}"
    pixels = np.asarray(data.test_pixels("float64"))
    parts = np.array_split(np.random.default_rng(secrets.randbits(64)).permutation(n_test), len(states))
    wrong = sum(
        wrong_classes(problem, state, pixels[part], classes[part])
        for state, classes, part in zip(states, got, parts, strict=True)
    )
    return f"for {wrong} of {n_test} test images it names another class than the parameters do" if wrong else None


def wrong_classes(problem: Any, state: State, pixels: NDArray[np.float64], classes: NDArray[Any]) -> int:
    """The number of images whose class differs from that of `state` in float64.

    An image whose two largest logits may change places by rounding counts as right.
    """
    outputs = logits(problem, state, pixels)
    second, first = np.sort(outputs, axis=1)[:, -2:].T
    is_certain = first - second > UNCERTAIN * np.abs(outputs).max(initial=0.0)
    return int(np.count_nonzero((classes != outputs.argmax(axis=1)) & is_certain))
