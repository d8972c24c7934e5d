"""The mistakes that a training step can have, each as a change of a training.

One entry of MISTAKES is a sentence that follows "it looks as if", and the training with this one mistake in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from paragone.task.mlp.hidden import HIDDEN, leaky_relu, leaky_slope, no_slope, sigmoid_slope
from paragone.task.mlp.perturbation import PerturbedTraining
from paragone.task.mlp.state import State

Mistake = Callable[[PerturbedTraining], PerturbedTraining]


# R and the rates are fields of the training, so changing its problem leaves them as they are.
def _with_problem(**changes: float | str) -> Mistake:
    return lambda training: replace(training, problem=replace(training.problem, **changes))  # type: ignore[arg-type]


def _with_field(**changes: object) -> Mistake:
    return lambda training: replace(training, **changes)  # type: ignore[arg-type]


def _with_hidden(activation: str) -> Mistake:
    other = HIDDEN[activation]
    return _with_field(hidden_activation=other.activation, hidden_slope=other.slope)


def _with_hidden_slope(activation: str) -> Mistake:
    return _with_field(hidden_slope=HIDDEN[activation].slope)


def _leaky(training: PerturbedTraining) -> PerturbedTraining:
    if not HIDDEN[training.problem.hidden_activation].has_kink:
        return training
    return replace(training, hidden_activation=leaky_relu, hidden_slope=leaky_slope)


def _rates(training: PerturbedTraining, epochs: NDArray[np.int64], cumulative: bool = True) -> PerturbedTraining:
    start = training.problem.start_learning_rate(training.order.shape[1])
    if cumulative:
        # Summed logarithms: with a decay at every step, the product has thousands of factors.
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


def _next_class(training: PerturbedTraining) -> NDArray[np.uint8]:
    return ((training.labels.astype(np.int64) + 1) % training.problem.layers[-1]).astype(np.uint8)


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


# Where two mistakes have the same effect, the first is reported.
MISTAKES: tuple[tuple[str, Mistake], ...] = (
    (
        "no step were taken at all",
        lambda training: replace(training, rates=0 * training.rates, problem=replace(training.problem, momentum=0.0)),
    ),
    ("momentum were forgotten", _with_problem(momentum=0.0)),
    (
        "momentum were accumulated: the previous update is to be kept without its own momentum",
        _with_field(accumulates_momentum=True),
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
    ("the penalties were put on the biases, too", _with_field(penalises_biases=True)),
    (
        "the decay of η were forgotten, or the step count not restored by reset",
        lambda training: _rates(training, 0 * _steps(training)),
    ),
    ("η decayed at every step, not at every epoch", lambda training: _rates(training, _steps(training))),
    (
        "η decayed as η/(1 + d·k) from its first value, not from the last",
        lambda training: _rates(training, _epochs(training), False),
    ),
    ("the gradient were not averaged over the mini-batch", _with_field(R=1.0)),
    (
        "the gradient were averaged over the mini-batch, and it is to be summed",
        lambda training: replace(training, R=1 / training.order.shape[1]),
    ),
    ("biases were never updated", _with_field(trains_biases=False)),
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
        "the labels were shifted by one",
        lambda training: replace(training, labels=_next_class(training)),
    ),
    ("the hidden delta were computed with weights that are already updated", _with_field(updates_before_delta=True)),
    ("φ′ were forgotten in the hidden layers", _with_field(hidden_slope=no_slope)),
    ("the hidden layers were sigmoid", _with_hidden("sigmoid")),
    ("the hidden layers were tanh", _with_hidden("tanh")),
    ("the hidden layers were ReLU", _with_hidden("relu")),
    ("the hidden layers had the slope of a sigmoid, A·(1 − A)", _with_hidden_slope("sigmoid")),
    ("the hidden layers had the slope of tanh, 1 − A²", _with_hidden_slope("tanh")),
    ("the ReLU were leaky: below 0 its value is 0, and so is its slope", _leaky),
    ("σ′ were missing at the output: the delta is that of another loss", _with_field(output_slope=no_slope)),
    (
        "there were a σ′ too many at the output: the delta is that of the quadratic loss",
        _with_field(output_slope=sigmoid_slope),
    ),
    ("the output were sigmoid, not softmax", _with_field(output_activation="sigmoid")),
    ("the output were softmax, not sigmoid", _with_field(output_activation="softmax")),
    ("the last image of every mini-batch were dropped", _one_short),
    ("the last image of every mini-batch were dropped", _one_short_and_averaged),
    ("the pixels were divided by 256, not 255", _with_field(pixel_scale=1 / 256)),
    ("the pixels were not divided by 255", _with_field(pixel_scale=1.0)),
    ("the weights were read in the memory order of their transpose", _transposed),
)
