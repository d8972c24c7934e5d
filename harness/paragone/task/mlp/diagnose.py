"""What a wrong result looks like: the training is repeated with one mistake at a time until one of them fits."""

from __future__ import annotations

from collections import deque
from dataclasses import fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paragone.task.mlp.mistakes import MISTAKES
from paragone.task.mlp.perturbation import PerturbedTraining, states
from paragone.task.mlp.problem import NetworkProblem
from paragone.task.mlp.reference import Trajectory
from paragone.task.mlp.state import FloatArray, State
from paragone.task.mlp.tolerance import norm, tensor_distances

MAX_IMAGES = 4000  # of a check: with more images, some forty trainings take seconds
# A mistake changes the rounding, too: it explains a result that it meets within ten bounds or 0.1 % of the error.
FIT = 10.0
UNEXPLAINED = 0.001


def likely_mistake(
    problem: NetworkProblem,
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    expected: Trajectory,
    order: NDArray[np.int64],
    got: State,
    dtype: str,
) -> str | None:
    """The sentence of the mistake that explains a wrong result best, or None where none fits.

    It follows "it looks as if". `got` has the shapes of the reference and is finite. Beyond MAX_IMAGES nothing is
    tried.
    """
    if order.size > MAX_IMAGES:
        return None
    plain = PerturbedTraining.of(problem, images, labels, expected.states[0], order)
    compare = _Comparison(problem, expected, got, dtype)
    best = None
    closest = min(FIT, compare.misfit(expected.states[-1]) / 3)  # it must fit much better than no mistake at all
    with np.errstate(over="ignore", invalid="ignore"):  # a training that diverges has an infinite misfit
        for sentence, mistake in MISTAKES:
            training = mistake(plain)
            if _differs(training, plain) and (misfit := compare.misfit(_end(training))) < closest:
                best, closest = sentence, misfit
        # A fitted factor would explain many results; it is tried only where no mistake with a name fits.
        if best is None:
            factor = _rate_factor(plain, compare)
            if compare.misfit(_end(replace(plain, rates=factor * plain.rates))) < closest:
                best = f"η were {factor:.6g} times what it is to be"
    return best


def _differs(training: PerturbedTraining, plain: PerturbedTraining) -> bool:
    """Whether the mistake changes this training at all: without momentum, none can be forgotten."""
    pairs = [(getattr(training, field.name), getattr(plain, field.name)) for field in fields(PerturbedTraining)]
    return any(mine is not right and _content(mine) != _content(right) for mine, right in pairs)


def _content(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.shape, value.tobytes()
    return value.digest() if isinstance(value, State) else value


def _end(training: PerturbedTraining) -> State:
    return deque((state for state, _ in states(training)), maxlen=1).pop()


class _Comparison:
    """Compares weights and biases with those of a wrong result, each tensor in units of its own tolerance."""

    def __init__(self, problem: NetworkProblem, expected: Trajectory, got: State, dtype: str) -> None:
        self.got = _weights(got)
        found = [d for d in tensor_distances(problem, expected, got, dtype) if not d.tensor.startswith("d")]
        self.tolerance = {d.tensor: max(d.allowed, UNEXPLAINED * d.distance) or 1e-300 for d in found}

    def misfit(self, end: State) -> float:
        """max over the tensors of ‖end − got‖ / tolerance."""
        ratios = [norm(tensor - self.got[name]) / self.tolerance[name] for name, tensor in _weights(end).items()]
        return max(ratio if np.isfinite(ratio) else np.inf for ratio in ratios)

    def project(self, end: State, direction: State) -> float:
        """The t for which end + t·(direction − end) is closest to the result: weighted least squares."""
        product = square = 0.0
        towards = _weights(direction)
        for name, tensor in _weights(end).items():
            move = (towards[name] - tensor) / self.tolerance[name]
            product += float(np.sum(move * (self.got[name] - tensor) / self.tolerance[name]))
            square += float(np.sum(move * move))
        return product / square if square > 0 else 0.0


def _rate_factor(plain: PerturbedTraining, compare: _Comparison) -> float:
    """The factor on η that comes closest to the result, by Gauss–Newton steps."""
    factor, small = 1.0, 1e-5
    for _ in range(8):
        here, beside = (_end(replace(plain, rates=f * plain.rates)) for f in (factor, factor + small))
        correction = small * compare.project(here, beside)
        factor += correction
        if not abs(correction) > 1e-7:
            break
    return factor


def _weights(state: State) -> dict[str, FloatArray]:
    return {name: tensor for name, tensor in state.tensors().items() if not name.startswith("d")}
