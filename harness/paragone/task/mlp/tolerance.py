"""How far an honest result may lie from the reference: one formula and its calibration.

Per tensor, in the L2 norm:

    allowed = FACTOR · eps · (spread + SUMMATION · B · ‖displacement‖) + EITHER_SIDE · jump

`displacement` is the reference's end minus its start, `eps` that of the declared dtype, B the batch size.

`spread` is what relative rounding errors of size 1, in every weight, logit, activation, delta and update, would do to
this very training; `perturbation.spread` measures it. So the bound widens by itself where a training is chaotic (η =
3 at batch size 1 multiplies some errors by thousands) and where the displacement is small beside the weights that
store it (mlp4 at batch size 1: 0.2 % after 20 steps).

The second term is for sums over a mini-batch that are added up term by term; the perturbation leaves these exact. It
grows like B, not like √B: the deltas of a mini-batch can be nearly equal, and then every addition rounds to the same
side (mlp4 at batch size 20000 in float32: NumPy's own sum over the rows is off by 1e-4).

A sum over the neurons of a layer rounds once for each term, and its roundings are as good as random. The perturbation
moves its result by one. So the spread counts √(n / 784) times where the longest such sum has n > 784 terms: the
constants were found with 784 pixels and no wider layer.

`jump` is how far the training moves where every hidden sum in which rounding decides lies on the other side of the kink
of a ReLU (`kinks.jumps`); 0 for an activation without a kink. Each honest result has some of them on either side.

`scripts/calibrate_bounds.py` found the two constants: three problems and their stress problems, both dtypes, batch
sizes 1 to 20000, up to eight seeds, and five honest implementations that use BLAS or sum term by term, with samples
in rows, in columns or one by one. The worst error is 0.26 of its bound (mlp4 at batch size 10000: sums of nearly
equal deltas), the next 0.25 (nielsen at batch size 1: chaos); most lie below 0.05.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from paragone.task.distance import Distance
from paragone.task.mlp.problem import NetworkProblem, rounded_to_float32
from paragone.task.mlp.reference import Trajectory
from paragone.task.mlp.state import FloatArray, State

FACTOR = 12.0
CALIBRATED_WIDTH = 784
SUMMATION = 0.03
EITHER_SIDE = 2.0  # some of the jumps may come to more than all of them, which partly cancel each other
# A weight of uncertain sign, or a sum on either side of a kink, moves tensors by a few bounds, a mistake by many.
LARGEST_JUMP = 30.0
LOSSES = "losses"
KINK_DECIDES = "a hidden sum comes so close to 0 that rounding decides on which side of the ReLU it lies"


def compared_tensors(problem: NetworkProblem, state: State) -> dict[str, FloatArray]:
    """The tensors of a state by name, without the previous updates where no momentum ever reads them."""
    return (state if problem.momentum != 0 else replace(state, dW=(), db=())).tensors()


def tensor_distances(problem: NetworkProblem, expected: Trajectory, got: State, dtype: str) -> list[Distance]:
    """The distance of every tensor. The scale of a previous update is its own norm: it has no displacement."""
    start, end, found = (compared_tensors(problem, state) for state in (expected.states[0], expected.states[-1], got))
    result = []
    for name, tensor in end.items():
        displacement = norm(tensor if name.startswith("d") else tensor - start[name])
        allowed = rounding_allowance(expected, name, displacement, dtype)
        allowed += sign_allowance(problem, expected, name, allowed) + kink_allowance(expected, name, dtype)
        scale = displacement or norm(tensor) or 1.0
        result.append(Distance(name, norm(found[name] - tensor), allowed, scale))
    return result


def loss_distance(expected: Trajectory, losses: FloatArray, dtype: str) -> Distance:
    """The distance of the recorded losses, (n_steps,)."""
    size = norm(expected.losses)
    # A loss is a rounded sum even where its terms are exact, so a few eps are always allowed: the 1 here.
    summed = (1 + SUMMATION * expected.batch_size) * size
    allowed = FACTOR * np.finfo(dtype).eps * (norm(expected.loss_spread) + summed)
    allowed += kink_allowance(expected, LOSSES, dtype)
    return Distance(LOSSES, norm(losses - expected.losses), float(allowed), size or 1.0)


def rounding_allowance(expected: Trajectory, name: str, displacement: float, dtype: str) -> float:
    """FACTOR · eps · (spread + SUMMATION · B · ‖displacement‖), without the second term where nothing is summed."""
    summed = 0.0 if name in expected.unsummed else SUMMATION * expected.batch_size * displacement
    spread = expected.spread[name][-1] * growth_in_wide_layers(expected.states[0])
    return float(FACTOR * np.finfo(dtype).eps * (spread + summed))


def growth_in_wide_layers(state: State) -> float:
    """√(n / 784), n the terms of the longest sum over neurons or pixels; 1 at least."""
    longest = max(max(weights.shape) for weights in state.W)
    return float(max(1.0, (longest / CALIBRATED_WIDTH) ** 0.5))


def sign_allowance(problem: NetworkProblem, expected: Trajectory, name: str, rounding: float) -> float:
    """What weights of uncertain sign may add to the distance of a tensor.

    Where W is so close to 0 that rounding decides its sign, λ₁·sign(W) differs by 2·λ₁ between honest results. The two
    weights then move apart, in the worst case by η·2·λ₁ in every later step.
    """
    if problem.l1 == 0 or not name.lstrip("d").startswith("W"):
        return 0.0
    passed = np.array([state.tensors()[name.lstrip("d")].ravel() for state in expected.states[:-1]])
    # Four times what rounding errors of size eps do to a typical weight of this tensor.
    uncertain = 4 * rounding / FACTOR / passed.shape[1] ** 0.5
    either_sign = np.logical_or.accumulate(np.abs(passed) < uncertain, axis=0)
    rates = problem.learning_rates(expected.states[0].step, len(passed), expected.batch_size)
    jumps = 2 * problem.l1 * rates[:, None] * either_sign
    return norm(jumps[-1] if name.startswith("d") else (1 + problem.momentum) * jumps.sum(axis=0))


def kink_allowance(expected: Trajectory, name: str, dtype: str) -> float:
    """What hidden sums on either side of a kink may add to the distance of a tensor, or of the losses."""
    if dtype not in expected.jumps:
        return 0.0
    jumps = expected.jumps[dtype]
    return EITHER_SIDE * (norm(jumps.of_losses) if name == LOSSES else float(jumps.by_tensor[name][-1]))


def what_rounding_decides(problem: NetworkProblem, expected: Trajectory, wrong: Distance, dtype: str) -> str:
    """Which decision of rounding, not a rounding error, may have moved a tensor so far, as a sentence; or ""."""
    if wrong.ratio <= LARGEST_JUMP and (tensor := tensor_of_uncertain_sign(problem, expected, dtype)):
        return f"a weight of {tensor} comes so close to 0 that rounding decides its sign, and λ₁·sign(W) all the rest"
    return KINK_DECIDES if may_come_of_kinks(wrong, kink_allowance(expected, wrong.tensor, dtype)) else ""


def may_come_of_kinks(wrong: Distance, allowance: float) -> bool:
    """Whether a kink that moves this tensor by `allowance` may have moved it so far: one jump may lead to others."""
    return wrong.ratio <= LARGEST_JUMP and wrong.distance - wrong.allowed <= LARGEST_JUMP * allowance


def tensor_of_uncertain_sign(problem: NetworkProblem, expected: Trajectory, dtype: str) -> str:
    """The name of a tensor in which rounding decides a sign that λ₁ acts on, or ""."""
    for layer in range(1, len(expected.states[0].W) + 1):
        name = f"W{layer}"
        displacement = norm(expected.states[-1].tensors()[name] - expected.states[0].tensors()[name])
        if sign_allowance(problem, expected, name, rounding_allowance(expected, name, displacement, dtype)) > 0:
            return name
    return ""


def rounding_ratio(expected: Trajectory, got: State) -> float:
    """‖got − reference‖ / ‖float32(reference) − reference‖, weights and biases together.

    About 1 for float64 arithmetic that is rounded to float32 at the end; larger for float32 arithmetic, which rounds in
    every step. Infinite where the reference is exact in float32.
    """
    end = expected.states[-1]
    pairs = list(zip((*got.W, *got.b), (*end.W, *end.b), strict=True))
    distance = sum(norm(mine - right) ** 2 for mine, right in pairs)
    rounded_once = sum(norm(rounded_to_float32(right) - right) ** 2 for _, right in pairs)
    return float((distance / rounded_once) ** 0.5) if rounded_once > 0 else float("inf")


def norm(x: FloatArray) -> float:
    """The L2 norm of all elements; infinite where it overflows."""
    with np.errstate(over="ignore"):
        return float(np.linalg.norm(x))
