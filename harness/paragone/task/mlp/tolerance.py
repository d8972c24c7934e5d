"""How far an honest result may lie from the reference: one formula, and how its constants were found.

    allowed = FACTOR · eps · (spread + SUMMATION · B · ‖displacement‖)

per tensor, in absolute terms. `spread` is what relative rounding errors of size 1, in every weight, logit,
activation, delta and update, would do to this very training (`matrices.spread`, measured by random
perturbation of it), so the bound grows by itself where a training is chaotic (η = 3 at batch size 1
multiplies some errors by thousands) or where the displacement is small beside the weights that
store it (mlp4 at batch size 1: 0.2 % after 20 steps). The second term stands for sums over a
mini-batch added up one by one, which the perturbation does not know: it grows like B, not √B, because
the deltas of a whole mini-batch can be nearly equal, and then every addition rounds to the same side (mlp4 at batch
size 20000 in float32: NumPy's own sum over the rows is off by 1e-4).

`scripts/calibrate_bounds.py` found the constants. Over the three problems and their stress problems, both dtypes, batch sizes
1 to 20000 and up to eight seeds, the worst error of five honest implementations is 0.26 of its bound (mlp4 at batch
size 10000: those sums of nearly equal deltas), then 0.25 (nielsen at batch size 1: chaos), and
mostly below 0.05: BLAS or sums term by term, samples in rows, in columns, or one by one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from paragone.task.mlp.problem import Problem, rounded_to_float32
from paragone.task.mlp.reference import Trajectory
from paragone.task.mlp.state import FloatArray, State

FACTOR = 12.0
SUMMATION = 0.03
LOSSES = "losses"


@dataclass(frozen=True)
class TensorDistance:
    """How far one tensor lies from the reference, and how far it may: both absolute, L2 norms.

    `scale` is what both are divided by to be shown: the norm of the reference's displacement.
    """

    tensor: str
    distance: float
    allowed: float
    scale: float

    @property
    def error(self) -> float:
        """Return the distance, relative to the scale."""
        return self.distance / self.scale

    @property
    def bound(self) -> float:
        """Return what is allowed, relative to the scale."""
        return self.allowed / self.scale

    @property
    def ratio(self) -> float:
        """Return the distance in units of what is allowed."""
        if self.distance == 0:
            return 0.0
        return self.distance / self.allowed if self.allowed > 0 else float("inf")


def compared_tensors(problem: Problem, state: State) -> dict[str, FloatArray]:
    """Return the tensors that count: without momentum the previous updates mean nothing."""
    return (state if problem.momentum != 0 else replace(state, dW=(), db=())).tensors()


def tensor_distances(problem: Problem, expected: Trajectory, got: State, dtype: str) -> list[TensorDistance]:
    """Return the deviation of every tensor; previous updates are compared as they are, not as displacements."""
    start, end, found = (compared_tensors(problem, state) for state in (expected.states[0], expected.states[-1], got))
    result = []
    for name, tensor in end.items():
        displacement = norm(tensor if name.startswith("d") else tensor - start[name])
        allowed = rounding_allowance(expected, name, displacement, dtype)
        allowed += sign_allowance(problem, expected, name, allowed)
        scale = displacement or norm(tensor) or 1.0
        result.append(TensorDistance(name, norm(found[name] - tensor), allowed, scale))
    return result


def loss_distance(expected: Trajectory, losses: FloatArray, dtype: str) -> TensorDistance:
    """Return the deviation of the recorded losses; `losses` is (n_steps,)."""
    size = norm(expected.losses)
    # A loss is itself a rounded sum, however exact its terms: never asked to be better than a few eps.
    summed = (1 + SUMMATION * expected.batch_size) * size
    allowed = FACTOR * np.finfo(dtype).eps * (norm(expected.loss_spread) + summed)
    return TensorDistance(LOSSES, norm(losses - expected.losses), float(allowed), size or 1.0)


def rounding_allowance(expected: Trajectory, name: str, displacement: float, dtype: str) -> float:
    """Return how far rounding may drive this tensor from the reference."""
    summed = SUMMATION * expected.batch_size * displacement
    return float(FACTOR * np.finfo(dtype).eps * (expected.spread[name][-1] + summed))


def sign_allowance(problem: Problem, expected: Trajectory, name: str, rounding: float) -> float:
    """Return what the signs that rounding decides may add.

    λ₁·sign(W) jumps by 2·λ₁ where W is so close to 0 that an honest result may have either sign; from
    then on that weight goes its own way, with the other sign at the worst in every step.
    """
    if problem.l1 == 0 or not name.lstrip("d").startswith("W"):
        return 0.0
    passed = np.array([state.tensors()[name.lstrip("d")].ravel() for state in expected.states[:-1]])
    uncertain = 4 * rounding / FACTOR / passed.shape[1] ** 0.5  # four times what rounding of size eps does to a weight
    either_sign = np.logical_or.accumulate(np.abs(passed) < uncertain, axis=0)
    rates = problem.learning_rates(expected.states[0].step, len(passed), expected.batch_size)
    jumps = 2 * problem.l1 * rates[:, None] * either_sign
    return norm(jumps[-1] if name.startswith("d") else (1 + problem.momentum) * jumps.sum(axis=0))


def tensor_of_uncertain_sign(problem: Problem, expected: Trajectory, dtype: str) -> str:
    """Return the name of a tensor in which rounding decides a sign that λ₁ acts on, or ""."""
    for layer in range(1, len(expected.states[0].W) + 1):
        name = f"W{layer}"
        displacement = norm(expected.states[-1].tensors()[name] - expected.states[0].tensors()[name])
        if sign_allowance(problem, expected, name, rounding_allowance(expected, name, displacement, dtype)) > 0:
            return name
    return ""


def rounding_ratio(expected: Trajectory, got: State) -> float:
    """Return ‖got − reference‖ over ‖reference rounded to float32 once − reference‖, weights and biases together.

    1 for float64 arithmetic that is rounded at the end; float32 arithmetic has more to round.
    """
    end = expected.states[-1]
    pairs = list(zip((*got.W, *got.b), (*end.W, *end.b), strict=True))
    distance = sum(norm(mine - right) ** 2 for mine, right in pairs)
    rounded_once = sum(norm(rounded_to_float32(right) - right) ** 2 for _, right in pairs)
    return float((distance / rounded_once) ** 0.5) if rounded_once > 0 else float("inf")


def norm(x: FloatArray) -> float:
    """Return the L2 norm of all elements; infinite where it overflows."""
    with np.errstate(over="ignore"):
        return float(np.linalg.norm(x))
