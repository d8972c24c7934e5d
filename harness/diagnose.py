"""What a wrong result looks like: the training is repeated with one mistake at a time until one fits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from harness.bounds import compared_tensors, deviations, norm
from harness.matrices import Case, no_slope, slope, states
from harness.problem import Problem
from harness.reference import Trajectory
from harness.state import State

# Thirty mistakes are tried on all images of the check: beyond this many it takes seconds.
MAX_IMAGES = 4000

# A mistake fits if it explains the result to within this many bounds: mistakes change the rounding, too.
FIT = 10.0

Mistake = Callable[[Case], Case]


def with_problem(**changes: float | str) -> Mistake:
    """Return the mistake of training another problem; R and η are left as they were."""
    return lambda case: replace(case, problem=replace(case.problem, **changes))  # type: ignore[arg-type]


def with_case(**changes: object) -> Mistake:
    """Return the mistake of one line of the step being another."""
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


def _from_step_0(case: Case) -> Case:
    restarted = replace(case, state=replace(case.state, step=0))
    return _rates(restarted, _epochs(restarted))


def _penalties_averaged(case: Case) -> Case:
    batch_size = case.order.shape[1]
    penalties = {"l1": case.problem.l1 / batch_size, "l2": case.problem.l2 / batch_size}
    return replace(case, problem=replace(case.problem, **penalties))


def _scaled_l2(factor: float) -> Mistake:
    return lambda case: replace(case, problem=replace(case.problem, l2=case.problem.l2 * factor))


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
    ("no step were taken at all", lambda case: replace(case, rates=0 * case.rates, problem=_still(case.problem))),
    ("momentum were forgotten", with_problem(momentum=0.0)),
    (
        "momentum were accumulated: the previous update is to be kept without its own momentum",
        with_case(accumulates_momentum=True),
    ),
    ("the previous updates were not restored by reset", _forgotten_updates),
    (
        "the previous update were applied twice",
        lambda case: replace(case, problem=replace(case.problem, momentum=2 * case.problem.momentum)),
    ),
    ("both penalties were forgotten", with_problem(l1=0.0, l2=0.0)),
    ("L1 were forgotten", with_problem(l1=0.0)),
    ("L2 were forgotten", with_problem(l2=0.0)),
    ("L2 were applied twice over (λ₂·W is its gradient)", _scaled_l2(2.0)),
    ("L2 were halved (λ₂·W is its gradient)", _scaled_l2(0.5)),
    ("the penalties were divided by the batch size", _penalties_averaged),
    ("the penalties were put on the biases, too", with_case(penalises_biases=True)),
    ("the decay of η were forgotten", lambda case: _rates(case, 0 * _steps(case))),
    ("the step count were not restored by reset", _from_step_0),
    ("η decayed at every step, not at every epoch", lambda case: _rates(case, _steps(case))),
    (
        "η decayed as η/(1 + d·k) from its first value, not from the last",
        lambda case: _rates(case, _epochs(case), False),
    ),
    ("the gradient were not averaged over the mini-batch", with_case(R=1.0)),
    (
        "the gradient were averaged over the mini-batch, and it is to be summed",
        lambda case: replace(case, R=1 / case.order.shape[1]),
    ),
    ("biases were never updated", with_case(trains_biases=False)),
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
    ("the hidden delta were computed with weights that are already updated", with_case(updates_before_delta=True)),
    ("σ′ were forgotten in the hidden layers", with_case(hidden_slope=no_slope)),
    ("σ′ were missing at the output: the delta is that of another loss", with_case(output_slope=no_slope)),
    ("there were a σ′ too many at the output: the delta is that of the quadratic loss", with_case(output_slope=slope)),
    ("the output were sigmoid, not softmax", with_case(output_activation="sigmoid")),
    ("the output were softmax, not sigmoid", with_case(output_activation="softmax")),
    ("the last image of every mini-batch were dropped", _one_short),
    ("the last image of every mini-batch were dropped", _one_short_and_averaged),
    ("the pixels were divided by 256, not 255", with_case(pixel_scale=1 / 256)),
    ("the pixels were not divided by 255", with_case(pixel_scale=1.0)),
    ("the weights were read in the memory order of their transpose", _transposed),
)


def _still(problem: Problem) -> Problem:
    return replace(problem, momentum=0.0)


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
    best = None
    # Nothing is explained that is not explained much better than by no mistake at all.
    closest = min(FIT, max(d.ratio for d in deviations(problem, expected, got, dtype)) / 3)
    with np.errstate(over="ignore", invalid="ignore"):  # a mistake may diverge: then it does not fit
        for sentence, case in _candidates(plain, expected, got):
            ratio = _misfit(problem, case, expected, got, dtype)
            if ratio < closest:
                best, closest = sentence, ratio
    return best


def _candidates(plain: Case, expected: Trajectory, got: State) -> Iterator[tuple[str, Case]]:
    for sentence, mistake in MISTAKES:
        yield sentence, mistake(plain)
    factor = _displacement_factor(plain.problem, expected, got)
    yield f"η were {factor:.6g} times what it is to be", replace(plain, rates=factor * plain.rates)


def _displacement_factor(problem: Problem, expected: Trajectory, got: State) -> float:
    """Return the number that fits the displacement to the reference's best, by least squares over all tensors.

    Over several steps η does not scale the displacement exactly, but for the small deviations that nobody
    sees otherwise the two are the same.
    """
    start, end, found = (compared_tensors(problem, state) for state in (expected.states[0], expected.states[-1], got))
    names = [name for name in end if name.startswith("d")] or list(end)
    origin = {name: 0.0 if name.startswith("d") else start[name] for name in names}
    product = sum(float(np.sum((found[name] - origin[name]) * (end[name] - origin[name]))) for name in names)
    square = sum(norm(end[name] - origin[name]) ** 2 for name in names)
    return product / square if square > 0 else 1.0


def _misfit(problem: Problem, case: Case, expected: Trajectory, got: State, dtype: str) -> float:
    """Return the distance between `got` and this training, in bounds: the worst of weights and biases."""
    end = expected.states[0]
    for state, _ in states(case):
        end = state
    if not all(np.isfinite(tensor).all() for tensor in end.tensors().values()):
        return float("inf")
    mistaken = replace(expected, states=(*expected.states[:-1], end))
    return max(d.ratio for d in deviations(problem, mistaken, got, dtype) if not d.tensor.startswith("d"))
