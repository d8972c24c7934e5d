"""Starts of the stress problem from which one step shows what an ordinary training hides.

- "large logits": the logits lie 800 and more from 0, beyond where exp overflows in float32 and float64. For softmax
  they also differ by thousands from image to image, so that one shift for a whole mini-batch is not enough.
- "saturated neurons": every sum of the first hidden layer is −60 or less. The slope of a sigmoid or of tanh is then 0
  but for 1e-26, that of a ReLU is 0, and its biases move by their previous update alone: a sigmoid that is clipped at
  1e-7, or a leaky ReLU, moves them visibly.
- "sums of 0": every other neuron of the first hidden layer has only weights of 0, and a bias of 0. No rounding reaches
  its sums, so that they are exactly 0, where the slope of a ReLU is 0: these neurons have no gradient.
- "large sums", of a ReLU alone: hidden sums of some thousands under a last layer as many times smaller. The network is
  the same function, but not with a ReLU that ends at 6 or 20.
- "exact coefficients": no weight is much larger than its update, and hardly any gradient reaches the hidden layers.
  Their update is then η·(λ₂·W + λ₁·sign W) and μ·Δ_prev, and each factor shows to its last bits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paragone.errors import VerificationFailed
from paragone.task.check_result import CheckResult
from paragone.task.mlp.hidden import HIDDEN, Formula
from paragone.task.mlp.judge import fault_of_result, judge
from paragone.task.mlp.perturbation import PerturbedTraining, states
from paragone.task.mlp.problem import NetworkProblem, rounded_to_float32
from paragone.task.mlp.reference import Trajectory, forward
from paragone.task.mlp.state import FloatArray, State
from paragone.task.mlp.stress import stress_state
from paragone.task.mlp.tolerance import FACTOR, SUMMATION

Train = Callable[[State, NDArray[np.int64]], tuple[State, NDArray[Any] | None]]
Expect = Callable[[State, NDArray[np.int64]], Trajectory]
# The words for a start, the start, the problem that judges its step, and the step as it is to be compared.
Start = tuple[str, State, NetworkProblem, Callable[[Trajectory], Trajectory]]

WHERE_EXP_OVERFLOWS = "from logits of 800 and more, where exp overflows"
WHERE_NEURONS_ARE_SATURATED = "from saturated neurons, where a limit on the sigmoid shows"
WHERE_SUMS_ARE_0 = "from hidden sums of exactly 0, where the slope of a ReLU is 0"
WHERE_SUMS_ARE_LARGE = "from hidden sums of thousands, which a ReLU leaves as they are"
WHERE_COEFFICIENTS_SHOW = "from a start that shows the last bits of η, μ, λ₁ and λ₂"

# Beyond so many images the reference would take seconds; there a result must be finite, and smaller batches show more.
MOST_IMAGES = 2000

LARGE_LOGIT = 800.0  # exp overflows above 88.7 in float32 and above 709.8 in float64
COMMON_LOGIT = 8000.0  # times a difference of activations: so much the logits of softmax differ between images
WIDE_SPREAD = 4.0  # what overflows is infinitely wrong, so nothing is lost
LARGE_SUM = 4096.0  # times the sums of the stress problem

SATURATED_LOGIT, SATURATED_SLOPE = 60.0, 1e-20  # σ(−60) = 9e-27
# How large an error of the slope may be, in eps of the dtype. Of σ: between 1e-7 (0.84 eps of float32) and what an
# honest tanh or a limit at |z| = 20 makes of a saturated neuron. Of tanh: what an error of its last digits makes.
SLOPE_ERROR = {"sigmoid": 0.05, "tanh": 8.0, "relu": 0.05}
SMALL_WEIGHT = 2.0**-20  # of the last layer: far above the rounding errors of its first update, which would turn signs
PREVIOUS_UPDATE = 10.0  # times the weights


def check_hard_starts(
    train: Train,
    problem: NetworkProblem,
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    batch_size: int,
    seed: int,
    dtype: str,
    expect: Expect,
) -> CheckResult | None:
    """Train one step from each start; what failed, or None. `expect` gives the reference's step from a start.

    `train` raises VerificationFailed where the implementation raises.
    """
    order = problem.order(seed, 1, batch_size)
    stress = stress_state(problem, seed, batch_size)
    large = large_logits(problem, images[order[0][:MOST_IMAGES]], stress)
    try:
        if batch_size > MOST_IMAGES:
            got, losses = train(large, order)
            fault = fault_of_result(problem, replace(large, step=large.step + 1), got, losses, 1, dtype)
            return CheckResult("failed", f"{fault} ({WHERE_EXP_OVERFLOWS})", n_steps=1) if fault else None
        for words, start, judged_as, as_expected in _starts(problem, images, labels, seed, stress, large, order):
            got, losses = train(start, order)
            check = judge(judged_as, as_expected(expect(start, order)), got, losses, dtype)
            if check.status == "failed":
                return replace(check, reason=f"{check.reason} ({words})")
    except VerificationFailed as failure:
        return CheckResult("failed", str(failure), n_steps=1)
    return None


def _starts(
    problem: NetworkProblem,
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    seed: int,
    stress: State,
    large: State,
    order: NDArray[np.int64],
) -> list[Start]:
    """All starts in turn, the one with large logits last."""
    exact = exact_coefficients(problem, stress, seed)
    saturated = saturated_neurons(problem, images, labels, stress, order)
    # Previous updates of a saturated neuron are 0 but for what no dtype holds; sign(0) is 0 without a doubt.
    without_updates, without_doubts = replace(problem, momentum=0.0), replace(problem, l1=0.0)
    return [
        (WHERE_COEFFICIENTS_SHOW, exact, problem, hidden_weights_unsummed),
        (WHERE_NEURONS_ARE_SATURATED, saturated, without_updates, all_summed),
        (WHERE_SUMS_ARE_0, sums_of_0(stress), without_doubts, all_summed),
        *((WHERE_SUMS_ARE_LARGE, start, without_doubts, all_summed) for start in large_sums(problem, stress)),
        (WHERE_EXP_OVERFLOWS, large, problem, partial(with_a_wide_spread, problem)),
    ]


def large_logits(problem: NetworkProblem, images: NDArray[np.uint8], stress: State) -> State:
    """Biases of ±800 in the last layer, in turn; for softmax also two large weights that are the same in every class.

    The two have opposite signs: all logits of an image rise and fall with what two neurons of the last hidden layer
    differ by. More such weights would cancel each other and leave the rounding errors of their sum. The two are those
    whose activations, which may be above 1, differ most between these images.
    """
    signs = np.where(np.arange(problem.layers[-1]) % 2 == 0, 1.0, -1.0)
    last_W = stress.W[-1].copy()
    if problem.output_activation == "softmax":
        last = np.stack([forward(problem, stress.W, stress.b, image / 255)[1][-2] for image in images])
        chosen = np.argsort(last.std(axis=0), kind="stable")[::-1][:2]  # one, where the layer has but one neuron
        common = COMMON_LOGIT / max(1.0, last[:, chosen].max())
        for neuron, sign in zip(chosen, (1, -1), strict=False):
            last_W[:, neuron] += sign * common
    return replace(stress, W=(*stress.W[:-1], rounded_to_float32(last_W)), b=(*stress.b[:-1], LARGE_LOGIT * signs))


def saturated_neurons(
    problem: NetworkProblem,
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    stress: State,
    order: NDArray[np.int64],
) -> State:
    """Weights of the first layer so negative that none of its neurons answers, and biases of 0.

    The previous update of these biases is so small that an error of SLOPE_ERROR·eps in the slope reaches the bound.
    """
    brightness = images[order[0]].sum(axis=1, dtype=np.float64) / 255
    darkest = float(brightness[brightness > 0].min(initial=brightness.max()))  # a black image has no logit to saturate
    weight = SATURATED_LOGIT / max(1.0, darkest)
    W = (np.full_like(stress.W[0], rounded_to_float32(np.array(-weight))), *stress.W[1:])
    start = replace(stress, W=W, b=(np.zeros_like(stress.b[0]), *stress.b[1:]))
    training = PerturbedTraining.of(problem, images, labels, start, order)
    ((without_slope, _),) = states(
        replace(training, hidden_slope=partial(slope_unless_saturated, training.hidden_slope))
    )
    allowed = FACTOR * (1 + SUMMATION * order.shape[1]) * problem.momentum
    previous = rounded_to_float32(SLOPE_ERROR[problem.hidden_activation] / allowed * without_slope.db[0])
    return replace(start, db=(previous, *start.db[1:]))


def slope_unless_saturated(slope: Formula, A: FloatArray) -> FloatArray:
    """φ′, and 1 in its place where it is as good as 0."""
    return np.where(slope(A) < SATURATED_SLOPE, 1.0, slope(A))


def sums_of_0(stress: State) -> State:
    """Every other neuron of the first hidden layer with weights and a bias of 0."""
    W, b = stress.W[0].copy(), stress.b[0].copy()
    W[::2] = 0
    b[::2] = 0
    return replace(stress, W=(W, *stress.W[1:]), b=(b, *stress.b[1:]))


def large_sums(problem: NetworkProblem, stress: State) -> list[State]:
    """W₁ and the hidden biases LARGE_SUM times as large, the last weights as many times smaller; [] without a ReLU.

    max(s·z, 0) = s·max(z, 0): the logits stay as they are. No term of the update is lost beside these weights.
    """
    if len(stress.W) == 1 or not HIDDEN[problem.hidden_activation].has_kink:
        return []
    first, *between, last = stress.W
    W = (LARGE_SUM * first, *between, last / LARGE_SUM)
    return [replace(stress, W=W, b=(*(LARGE_SUM * b for b in stress.b[:-1]), stress.b[-1]))]


def exact_coefficients(problem: NetworkProblem, stress: State, seed: int) -> State:
    """Hidden weights for which both penalties are equal, under large previous updates, and a last layer from nothing.

    It starts in epoch 0, where η is the coefficient itself.
    """
    random = np.random.Generator(np.random.PCG64([seed, 2]))

    def signs(x: FloatArray) -> FloatArray:
        return np.where(random.random(x.shape) < 0.5, -1.0, 1.0)

    balanced = problem.l1 / problem.l2
    hidden = tuple(rounded_to_float32(balanced * signs(W)) for W in stress.W[:-1])
    previous = tuple(rounded_to_float32(PREVIOUS_UPDATE * balanced * signs(W)) for W in stress.W[:-1])
    last = SMALL_WEIGHT * signs(stress.W[-1])
    return State(
        W=(*hidden, last),
        b=(*stress.b[:-1], np.zeros_like(stress.b[-1])),
        dW=(*previous, np.zeros_like(last)),
        db=(*stress.db[:-1], np.zeros_like(stress.db[-1])),
        step=0,
    )


def all_summed(expected: Trajectory) -> Trajectory:
    """The step as it is: every tensor is moved by sums over the mini-batch."""
    return expected


def with_a_wide_spread(problem: NetworkProblem, expected: Trajectory) -> Trajectory:
    """The step from large logits: sums of large terms that cancel each other round more than the spread foresees.

    A loss is the difference of two logits, and may be 0 where both are thousands.
    """
    n_images = expected.batch_size
    loss_spread = expected.loss_spread + problem.batch_scale(n_images) * n_images * COMMON_LOGIT
    spread = {name: WIDE_SPREAD * values for name, values in expected.spread.items()}
    return replace(expected, spread=spread, loss_spread=loss_spread)


def hidden_weights_unsummed(expected: Trajectory) -> Trajectory:
    """The step of `exact_coefficients`: only the penalties and the previous update move the hidden weights."""
    hidden = [f"W{layer}" for layer in range(1, len(expected.states[0].W))]
    return replace(expected, unsummed=frozenset([*hidden, *(f"d{name}" for name in hidden)]))
