"""Whether one result is what honest arithmetic makes of a training, and if not, why not.

A result passes through four stages: its form (shapes, finite values), the precision of its values, the distance of
every tensor from the reference, and for float32 the size of that distance, which float64 arithmetic cannot reach.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from paragone.task.check_result import CheckResult
from paragone.task.distance import Distance
from paragone.task.mlp.problem import NetworkProblem, rounded_to_float32
from paragone.task.mlp.reference import Trajectory
from paragone.task.mlp.state import State
from paragone.task.mlp.tolerance import (
    FACTOR,
    LOSSES,
    compared_tensors,
    loss_distance,
    rounding_ratio,
    tensor_distances,
    what_rounding_decides,
)

# With a looser bound wrong results would pass: the training is chaotic, or the rounding of the weights is larger than
# its steps. (A bound of NaN, where the spread overflowed, is not below it either.)
LOOSEST_BOUND = 0.1
# The spread is a linear estimate, which means nothing where rounding is amplified more than this.
MOST_AMPLIFIED = 1e6

# Float32 arithmetic rounds every weight at every step; float64 arithmetic whose result is rounded rounds it once. Where
# an L2 penalty moves every weight at every step, honest float32 is about √n_steps times as far from the reference:
# 3 times or more over 8 steps, 4.5 over 20 (scripts/calibrate_bounds.py).
STEPS_TO_TELL_ROUNDING = 8
ROUNDED_ONCE = 1.25
ROUNDING_NOT_TOLD = "whether every step was rounded to float32: not checked, to tell takes 8 steps with an L2 penalty"


def judge(
    problem: NetworkProblem, expected: Trajectory, got: State, losses: NDArray[Any] | None, dtype: str
) -> CheckResult:
    """Compare the result of a training in `dtype` with the reference, `losses` too where the problem records them."""
    n_steps = expected.n_steps
    if reason := _divergence(problem, expected, dtype):
        return CheckResult("not checked", reason, n_steps=n_steps, diverges=True)
    if fault := fault_of_result(problem, expected.states[-1], got, losses, n_steps, dtype):
        return CheckResult("failed", fault, n_steps=n_steps)
    distances = tensor_distances(problem, expected, got, dtype)
    if problem.records_loss:
        distances.append(loss_distance(expected, np.asarray(losses, dtype=np.float64), dtype))
    loosest = min(LOOSEST_BOUND, MOST_AMPLIFIED * FACTOR * float(np.finfo(dtype).eps))
    tight = [distance for distance in distances if distance.bound <= loosest]
    worst = max(tight or distances, key=lambda distance: distance.ratio)

    def result(status: str, reason: str = "", note: str = "") -> CheckResult:
        return CheckResult(status, reason, worst.error, worst.bound, worst.tensor, n_steps, note)

    # A tensor beyond a tight bound is wrong, however loose the bounds of the others are.
    if len(tight) < len(distances) and not (tight and worst.ratio > 1):
        loose = next(distance for distance in distances if distance not in tight)
        return CheckResult("not checked", _too_loose(loose), n_steps=n_steps)
    if worst.ratio > 1 and (reason := what_rounding_decides(problem, expected, worst, dtype)):
        return result("not checked", reason)
    if worst.ratio > 1:
        return result("failed", _difference(problem, expected, got, worst, dtype))
    if dtype != "float32":
        return result("passed")
    if n_steps < STEPS_TO_TELL_ROUNDING or problem.l2 == 0:
        return result("passed", note=ROUNDING_NOT_TOLD)
    if (ratio := rounding_ratio(expected, got)) < ROUNDED_ONCE:
        reason = (
            f"too good for float32: {ratio:.2f} times as far from the reference as its result rounded once; "
            "computed in float64 and rounded at the end"
        )
        return result("failed", reason)
    return result("passed")


def _too_loose(distance: Distance) -> str:
    if distance.bound <= LOOSEST_BOUND:
        return f"this training amplifies rounding more than {MOST_AMPLIFIED:.0e} times: nothing to compare"
    return f"rounding alone may move {distance.tensor} by {distance.bound:.1e} of its displacement: nothing to compare"


def fault_of_result(
    problem: NetworkProblem, expected: State, got: State, losses: NDArray[Any] | None, n_steps: int, dtype: str
) -> str | None:
    """What is wrong with the form of a result, or None. Only the shapes and the step count of `expected` matter."""
    return (
        form_fault(problem, expected, got)
        or losses_fault(problem, losses, n_steps)
        or precision_fault(problem, got, dtype)
        or step_fault(expected, got)
    )


def form_fault(problem: NetworkProblem, expected: State, got: State) -> str | None:
    """Which array of a state has the wrong shape or dtype, or values that are not finite; None where none has."""
    if not isinstance(got, State):
        return f"params: expected a State, got {type(got).__name__}"
    depth = len(expected.W)
    for kind in ("W", "b", "dW", "db") if problem.momentum != 0 else ("W", "b"):
        layers = getattr(got, kind)
        if not isinstance(layers, tuple | list) or len(layers) != depth:
            return f"{kind}: expected {depth} arrays, one per layer; got {_what(layers)}"
        for layer, (right, mine) in enumerate(zip(getattr(expected, kind), layers, strict=True), start=1):
            if not isinstance(mine, np.ndarray) or mine.shape != right.shape or mine.dtype != right.dtype:
                return f"{kind}{layer}: expected {_what(right)}, got {_what(mine)}"
            if not np.isfinite(mine).all():
                bad = np.count_nonzero(~np.isfinite(mine))
                return f"{kind}{layer} is not finite: {bad} of its {mine.size} values are NaN or infinite"
    return None


def losses_fault(problem: NetworkProblem, losses: NDArray[Any] | None, n_steps: int) -> str | None:
    if not problem.records_loss:
        return None
    if losses is None:
        return f"losses: expected one per step, ({n_steps},); train returned None"
    if not isinstance(losses, np.ndarray) or losses.shape != (n_steps,) or losses.dtype.kind != "f":
        return f"losses: expected floats of shape ({n_steps},), got {_what(losses)}"
    return None if np.isfinite(losses).all() else f"losses are not finite: {losses}"


def precision_fault(problem: NetworkProblem, got: State, dtype: str) -> str | None:
    """Which tensor holds values that float32 cannot, where float32 is declared; else None."""
    if dtype != "float32":
        return None
    for name, tensor in compared_tensors(problem, got).items():
        with np.errstate(over="ignore"):  # a value beyond float32 becomes infinite, and so differs
            unrepresentable = np.count_nonzero(rounded_to_float32(tensor) != tensor)
        if unrepresentable:
            return (
                f"{unrepresentable} of the {tensor.size} values of {name} cannot be held in float32: "
                "computed in float64 but declared float32"
            )
    return None


def step_fault(expected: State, got: State) -> str | None:
    return None if got.step == expected.step else f"the step count is {got.step}, {expected.step} is expected"


def _difference(problem: NetworkProblem, expected: Trajectory, got: State, worst: Distance, dtype: str) -> str:
    sentence = (
        f"{worst.tensor} {'differ' if worst.tensor == LOSSES else 'differs'} from the reference by "
        f"{worst.error:.1e}, {worst.bound:.1e} is allowed"
    )
    if dtype == "float64" and all(d.ratio <= 1 for d in tensor_distances(problem, expected, got, "float32")):
        return f"{sentence}; an error of this size is float32's: computed in float32 but declared float64"
    return sentence


def _divergence(problem: NetworkProblem, expected: Trajectory, dtype: str) -> str:
    """How this training diverges, as a sentence; "" where it does not."""
    if not (_is_finite(expected.states[-1], problem) and np.isfinite(expected.losses).all()):
        return "the reference itself is not finite: this training diverges"
    most = float(np.finfo(dtype).max) ** 0.5
    if any(np.abs(W).max(initial=0.0) > most for state in expected.states for W in state.W):
        return f"the reference has weights whose products {dtype} cannot hold: this training diverges"
    return ""


def _is_finite(state: State, problem: NetworkProblem) -> bool:
    return all(np.isfinite(tensor).all() for tensor in compared_tensors(problem, state).values())


def _what(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {value.shape}"
    if isinstance(value, tuple | list):
        return f"{len(value)}"
    return type(value).__name__
