"""What a wrong result looks like: the training is repeated with one mistake at a time until one fits."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paragone.task.mlp.perturbation import PerturbedTraining, no_slope, slope, states
from paragone.task.mlp.problem import Problem
from paragone.task.mlp.reference import Trajectory
from paragone.task.mlp.state import FloatArray, State
from paragone.task.mlp.tolerance import norm, tensor_distances

MAX_IMAGES = 4000  # all mistakes are tried on all images of the check: beyond this many it takes seconds
# A mistake explains a result to within ten bounds, or 1 % of the error: mistakes change the rounding, too.
FIT = 10.0
UNEXPLAINED = 0.001

Mistake = Callable[[PerturbedTraining], PerturbedTraining]


# R and η of the training are its own: another problem leaves them as they were.
def _with_problem(**changes: float | str) -> Mistake:
    return lambda training: replace(training, problem=replace(training.problem, **changes))  # type: ignore[arg-type]


def _with_case(**changes: object) -> Mistake:
    return lambda training: replace(training, **changes)  # type: ignore[arg-type]


def _rates(training: PerturbedTraining, epochs: NDArray[np.int64], cumulative: bool = True) -> PerturbedTraining:
    start = training.problem.start_learning_rate(training.order.shape[1])
    if cumulative:
        # In logarithms: a decay that is taken at every step has thousands of factors.
        logs = np.cumsum(np.log1p(training.problem.learning_rate_decay * np.arange(epochs[-1] + 1)))
        return replace(training, rates=np.asarray(start * np.exp(-logs[epochs]), dtype=np.float64))
    return replace(
        training, rates=np.asarray(start / (1 + training.problem.learning_rate_decay * epochs), dtype=np.float64)
    )


def _steps(training: PerturbedTraining) -> NDArray[np.int64]:
    return training.state.step + np.arange(len(training.order))


def _epochs(training: PerturbedTraining) -> NDArray[np.int64]:
    return _steps(training) // training.problem.steps_per_epoch(training.order.shape[1])


def _scaled(training: PerturbedTraining, **factors: float) -> PerturbedTraining:
    scaled = {name: factor * getattr(training.problem, name) for name, factor in factors.items()}
    return replace(training, problem=replace(training.problem, **scaled))


def _penalties_averaged(training: PerturbedTraining) -> PerturbedTraining:
    return _scaled(training, l1=1 / training.order.shape[1], l2=1 / training.order.shape[1])


def _other_order(order: Callable[[NDArray[np.int64]], NDArray[np.int64]]) -> Mistake:
    def mistake(training: PerturbedTraining) -> PerturbedTraining:
        rows = np.ascontiguousarray(order(training.order)) % len(training.images)
        return replace(training, order=rows, label_order=rows)

    return mistake


def _labels_of(order: Callable[[NDArray[np.int64]], NDArray[np.int64]]) -> Mistake:
    return lambda training: replace(training, label_order=order(training.order) % len(training.labels))


def _one_short(training: PerturbedTraining) -> PerturbedTraining:
    rows = training.order[:, :-1]
    return replace(training, order=rows, label_order=rows)


def _one_short_and_averaged(training: PerturbedTraining) -> PerturbedTraining:
    return replace(_one_short(training), R=1 / max(1, training.order.shape[1] - 1))


def _forgotten_updates(training: PerturbedTraining) -> PerturbedTraining:
    return replace(training, state=State.at_rest(training.state.W, training.state.b, training.state.step))


def _transposed(training: PerturbedTraining) -> PerturbedTraining:
    misread = tuple(np.ascontiguousarray(weights.T).reshape(weights.shape) for weights in training.state.W)
    return replace(training, state=replace(training.state, W=misread))


# What is said after "it looks as if", and what it does to a training. Where two do the same, the first is said.
MISTAKES: tuple[tuple[str, Mistake], ...] = (
    (
        "no step were taken at all",
        lambda training: replace(training, rates=0 * training.rates, problem=replace(training.problem, momentum=0.0)),
    ),
    ("momentum were forgotten", _with_problem(momentum=0.0)),
    (
        "momentum were accumulated: the previous update is to be kept without its own momentum",
        _with_case(accumulates_momentum=True),
    ),
    ("the previous updates were not restored by reset", _forgotten_updates),
    (
        "the previous update were applied twice",
        lambda training: _scaled(training, momentum=2.0),
    ),
    ("both penalties were forgotten", _with_problem(l1=0.0, l2=0.0)),
    ("L1 were forgotten", _with_problem(l1=0.0)),
    ("L2 were forgotten", _with_problem(l2=0.0)),
    ("L2 were applied twice over (λ₂·W is its gradient)", lambda training: _scaled(training, l2=2.0)),
    ("L2 were halved (λ₂·W is its gradient)", lambda training: _scaled(training, l2=0.5)),
    ("the penalties were divided by the batch size", _penalties_averaged),
    ("the penalties were put on the biases, too", _with_case(penalises_biases=True)),
    (
        "the decay of η were forgotten, or the step count not restored by reset",
        lambda training: _rates(training, 0 * _steps(training)),
    ),
    ("η decayed at every step, not at every epoch", lambda training: _rates(training, _steps(training))),
    (
        "η decayed as η/(1 + d·k) from its first value, not from the last",
        lambda training: _rates(training, _epochs(training), False),
    ),
    ("the gradient were not averaged over the mini-batch", _with_case(R=1.0)),
    (
        "the gradient were averaged over the mini-batch, and it is to be summed",
        lambda training: replace(training, R=1 / training.order.shape[1]),
    ),
    ("biases were never updated", _with_case(trains_biases=False)),
    (
        "the order were ignored: images 0 … B−1 at every step",
        _other_order(lambda order: np.tile(np.arange(order.shape[1]), (len(order), 1))),
    ),
    (
        "the order were ignored: the images were taken one after the other",
        _other_order(lambda order: np.arange(order.size).reshape(order.shape)),
    ),
    (
        "the first row of the order were used at every step",
        _other_order(lambda order: np.tile(order[:1], (len(order), 1))),
    ),
    ("every step took the mini-batch of the step before", _other_order(lambda order: np.roll(order, 1, axis=0))),
    ("every step took the mini-batch of the step after", _other_order(lambda order: np.roll(order, -1, axis=0))),
    ("the labels were those of the next image", _labels_of(lambda order: order + 1)),
    ("the labels were those of the image before", _labels_of(lambda order: order - 1)),
    (
        "the labels were taken in order, not those of the images",
        _labels_of(lambda order: np.tile(np.arange(order.shape[1]), (len(order), 1))),
    ),
    (
        "the digits of the labels were shifted by one",
        lambda training: replace(training, labels=(training.labels + 1) % 10),
    ),
    ("the hidden delta were computed with weights that are already updated", _with_case(updates_before_delta=True)),
    ("σ′ were forgotten in the hidden layers", _with_case(hidden_slope=no_slope)),
    ("σ′ were missing at the output: the delta is that of another loss", _with_case(output_slope=no_slope)),
    ("there were a σ′ too many at the output: the delta is that of the quadratic loss", _with_case(output_slope=slope)),
    ("the output were sigmoid, not softmax", _with_case(output_activation="sigmoid")),
    ("the output were softmax, not sigmoid", _with_case(output_activation="softmax")),
    ("the last image of every mini-batch were dropped", _one_short),
    ("the last image of every mini-batch were dropped", _one_short_and_averaged),
    ("the pixels were divided by 256, not 255", _with_case(pixel_scale=1 / 256)),
    ("the pixels were not divided by 255", _with_case(pixel_scale=1.0)),
    ("the weights were read in the memory order of their transpose", _transposed),
)


def likely_mistake(
    problem: Problem,
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    expected: Trajectory,
    order: NDArray[np.int64],
    got: State,
    dtype: str,
) -> str | None:
    """Return what a wrong result looks like, to follow "it looks as if", or None where nothing fits.

    `got` has the shapes of the reference and is finite. Beyond MAX_IMAGES nothing is tried.
    """
    if order.size > MAX_IMAGES:
        return None
    plain = PerturbedTraining.of(problem, images, labels, expected.states[0], order)
    compare = _Comparison(problem, expected, got, dtype)
    best = None
    closest = min(FIT, compare.misfit(expected.states[-1]) / 3)  # much better than no mistake at all
    with np.errstate(over="ignore", invalid="ignore"):  # a mistake may diverge: then it does not fit
        for sentence, mistake in MISTAKES:
            training = mistake(plain)
            if _differs(training, plain) and (misfit := compare.misfit(_end(training))) < closest:
                best, closest = sentence, misfit
        # A number that is fitted explains many a result: it has to do without a mistake that has a name.
        if best is None:
            factor = _rate_factor(plain, compare)
            if compare.misfit(_end(replace(plain, rates=factor * plain.rates))) < closest:
                best = f"η were {factor:.6g} times what it is to be"
    return best


def _differs(training: PerturbedTraining, plain: PerturbedTraining) -> bool:
    """Return whether the mistake can be made here: without momentum, it cannot be forgotten."""
    pairs = [(getattr(training, field.name), getattr(plain, field.name)) for field in fields(PerturbedTraining)]
    return any(mine is not right and _content(mine) != _content(right) for mine, right in pairs)


def _content(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.shape, value.tobytes()
    return value.digest() if isinstance(value, State) else value


def _end(training: PerturbedTraining) -> State:
    return deque((state for state, _ in states(training)), maxlen=1).pop()


class _Comparison:
    """A wrong result, and how far other results are from it."""

    def __init__(self, problem: Problem, expected: Trajectory, got: State, dtype: str) -> None:
        self.got = _weights(got)
        found = [d for d in tensor_distances(problem, expected, got, dtype) if not d.tensor.startswith("d")]
        self.tolerance = {d.tensor: max(d.allowed, UNEXPLAINED * d.distance) or 1e-300 for d in found}

    def misfit(self, end: State) -> float:
        """Return the distance of `end` from the result, in tolerances: that of the worst weights or biases."""
        ratios = [norm(tensor - self.got[name]) / self.tolerance[name] for name, tensor in _weights(end).items()]
        return max(ratio if np.isfinite(ratio) else np.inf for ratio in ratios)

    def project(self, end: State, direction: State) -> float:
        """Return how much of (direction − end) leads from `end` to the result: weighted least squares."""
        product = square = 0.0
        towards = _weights(direction)
        for name, tensor in _weights(end).items():
            move = (towards[name] - tensor) / self.tolerance[name]
            product += float(np.sum(move * (self.got[name] - tensor) / self.tolerance[name]))
            square += float(np.sum(move * move))
        return product / square if square > 0 else 0.0


def _rate_factor(plain: PerturbedTraining, compare: _Comparison) -> float:
    """Return by how much η must be multiplied to come closest to the result, by Gauss–Newton steps."""
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
