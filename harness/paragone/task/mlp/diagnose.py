"""What a wrong result looks like: the training is repeated with one mistake at a time until one fits."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paragone.task.mlp.perturbation import Case, no_slope, slope, states
from paragone.task.mlp.problem import Problem
from paragone.task.mlp.reference import Trajectory
from paragone.task.mlp.state import FloatArray, State
from paragone.task.mlp.tolerance import deviations, norm

MAX_IMAGES = 4000  # all mistakes are tried on all images of the check: beyond this many it takes seconds
# A mistake explains a result to within ten bounds, or 1 % of the error: mistakes change the rounding, too.
FIT = 10.0
UNEXPLAINED = 0.001

Mistake = Callable[[Case], Case]


# R and η of the case are its own: another problem leaves them as they were.
def _with_problem(**changes: float | str) -> Mistake:
    return lambda case: replace(case, problem=replace(case.problem, **changes))  # type: ignore[arg-type]


def _with_case(**changes: object) -> Mistake:
    return lambda case: replace(case, **changes)  # type: ignore[arg-type]


def _rates(case: Case, epochs: NDArray[np.int64], cumulative: bool = True) -> Case:
    start = case.problem.start_learning_rate(case.order.shape[1])
    if cumulative:
        # In logarithms: a decay that is taken at every step has thousands of factors.
        logs = np.cumsum(np.log1p(case.problem.learning_rate_decay * np.arange(epochs[-1] + 1)))
        return replace(case, rates=np.asarray(start * np.exp(-logs[epochs]), dtype=np.float64))
    return replace(case, rates=np.asarray(start / (1 + case.problem.learning_rate_decay * epochs), dtype=np.float64))


def _steps(case: Case) -> NDArray[np.int64]:
    return case.state.step + np.arange(len(case.order))


def _epochs(case: Case) -> NDArray[np.int64]:
    return _steps(case) // case.problem.steps_per_epoch(case.order.shape[1])


def _scaled(case: Case, **factors: float) -> Case:
    scaled = {name: factor * getattr(case.problem, name) for name, factor in factors.items()}
    return replace(case, problem=replace(case.problem, **scaled))


def _penalties_averaged(case: Case) -> Case:
    return _scaled(case, l1=1 / case.order.shape[1], l2=1 / case.order.shape[1])


def _other_order(order: Callable[[NDArray[np.int64]], NDArray[np.int64]]) -> Mistake:
    def mistake(case: Case) -> Case:
        rows = np.ascontiguousarray(order(case.order)) % len(case.images)
        return replace(case, order=rows, label_order=rows)

    return mistake


def _labels_of(order: Callable[[NDArray[np.int64]], NDArray[np.int64]]) -> Mistake:
    return lambda case: replace(case, label_order=order(case.order) % len(case.labels))


def _one_short(case: Case) -> Case:
    rows = case.order[:, :-1]
    return replace(case, order=rows, label_order=rows)


def _one_short_and_averaged(case: Case) -> Case:
    return replace(_one_short(case), R=1 / max(1, case.order.shape[1] - 1))


def _forgotten_updates(case: Case) -> Case:
    return replace(case, state=State.at_rest(case.state.W, case.state.b, case.state.step))


def _transposed(case: Case) -> Case:
    misread = tuple(np.ascontiguousarray(weights.T).reshape(weights.shape) for weights in case.state.W)
    return replace(case, state=replace(case.state, W=misread))


# What is said after "it looks as if", and what it does to a training. Where two do the same, the first is said.
MISTAKES: tuple[tuple[str, Mistake], ...] = (
    (
        "no step were taken at all",
        lambda case: replace(case, rates=0 * case.rates, problem=replace(case.problem, momentum=0.0)),
    ),
    ("momentum were forgotten", _with_problem(momentum=0.0)),
    (
        "momentum were accumulated: the previous update is to be kept without its own momentum",
        _with_case(accumulates_momentum=True),
    ),
    ("the previous updates were not restored by reset", _forgotten_updates),
    (
        "the previous update were applied twice",
        lambda case: _scaled(case, momentum=2.0),
    ),
    ("both penalties were forgotten", _with_problem(l1=0.0, l2=0.0)),
    ("L1 were forgotten", _with_problem(l1=0.0)),
    ("L2 were forgotten", _with_problem(l2=0.0)),
    ("L2 were applied twice over (λ₂·W is its gradient)", lambda case: _scaled(case, l2=2.0)),
    ("L2 were halved (λ₂·W is its gradient)", lambda case: _scaled(case, l2=0.5)),
    ("the penalties were divided by the batch size", _penalties_averaged),
    ("the penalties were put on the biases, too", _with_case(penalises_biases=True)),
    (
        "the decay of η were forgotten, or the step count not restored by reset",
        lambda case: _rates(case, 0 * _steps(case)),
    ),
    ("η decayed at every step, not at every epoch", lambda case: _rates(case, _steps(case))),
    (
        "η decayed as η/(1 + d·k) from its first value, not from the last",
        lambda case: _rates(case, _epochs(case), False),
    ),
    ("the gradient were not averaged over the mini-batch", _with_case(R=1.0)),
    (
        "the gradient were averaged over the mini-batch, and it is to be summed",
        lambda case: replace(case, R=1 / case.order.shape[1]),
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
    ("the digits of the labels were shifted by one", lambda case: replace(case, labels=(case.labels + 1) % 10)),
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
    plain = Case.of(problem, images, labels, expected.states[0], order)
    compare = _Comparison(problem, expected, got, dtype)
    best = None
    closest = min(FIT, compare.misfit(expected.states[-1]) / 3)  # much better than no mistake at all
    with np.errstate(over="ignore", invalid="ignore"):  # a mistake may diverge: then it does not fit
        for sentence, mistake in MISTAKES:
            case = mistake(plain)
            if _differs(case, plain) and (misfit := compare.misfit(_end(case))) < closest:
                best, closest = sentence, misfit
        # A number that is fitted explains many a result: it has to do without a mistake that has a name.
        if best is None:
            factor = _rate_factor(plain, compare)
            if compare.misfit(_end(replace(plain, rates=factor * plain.rates))) < closest:
                best = f"η were {factor:.6g} times what it is to be"
    return best


def _differs(case: Case, plain: Case) -> bool:
    """Return whether the mistake can be made here: without momentum, it cannot be forgotten."""
    pairs = [(getattr(case, field.name), getattr(plain, field.name)) for field in fields(Case)]
    return any(mine is not right and _content(mine) != _content(right) for mine, right in pairs)


def _content(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.shape, value.tobytes()
    return value.digest() if isinstance(value, State) else value


def _end(case: Case) -> State:
    return deque((state for state, _ in states(case)), maxlen=1).pop()


class _Comparison:
    """A wrong result, and how far other results are from it."""

    def __init__(self, problem: Problem, expected: Trajectory, got: State, dtype: str) -> None:
        self.got = _weights(got)
        found = [d for d in deviations(problem, expected, got, dtype) if not d.tensor.startswith("d")]
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


def _rate_factor(plain: Case, compare: _Comparison) -> float:
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
