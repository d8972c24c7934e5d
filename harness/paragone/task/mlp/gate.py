"""The gate: nothing passes whose result is not what the problem defines.

An implementation is given as a function `train`; it may run in this process or behind a pipe.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paragone.errors import HarnessError, VerificationFailed, error_text
from paragone.task.check_result import CheckResult
from paragone.task.mlp.diagnose import likely_mistake
from paragone.task.mlp.hard_starts import check_hard_starts
from paragone.task.mlp.judge import fault_of_result, form_fault, judge, step_fault
from paragone.task.mlp.problem import NetworkProblem
from paragone.task.mlp.reference import Trajectory, trajectory
from paragone.task.mlp.state import State
from paragone.task.mlp.stress import check_steps, is_stress_problem, stress_problem, stress_state
from paragone.task.mlp.tolerance import compared_tensors
from paragone.task.mlp.trajectory_cache import cached_trajectory

__all__ = [
    "CheckResult",
    "Train",
    "check_approximate",
    "check_form",
    "check_head",
    "check_steps",
    "gate",
    "judge",
    "pass_through",
    "stress_problem",
    "stress_state",
]

# (state to reset to, order) → (state after the training, losses or None).
Train = Callable[[State, NDArray[np.int64]], tuple[State, NDArray[Any] | None]]


def check_head(
    train: Train,
    problem: NetworkProblem,
    expected: Trajectory,
    order: NDArray[np.int64],
    dtype: str,
    deterministic: bool = True,
) -> CheckResult:
    """Train the head twice and compare both results with the reference; the bits must agree if `deterministic`.

    One step is trained in between. It uncovers an incomplete reset, and results that are live arrays instead of copies.
    A HarnessError of `train`, such as a worker that died, is not caught.
    """
    start = expected.states[0]
    untouched, order_as_given = start.digest(), order.copy()
    try:
        got, losses = _trained(train, start, order)
        check = judge(problem, expected, got, losses, dtype)
        if not check.passed:
            return check
        before = _bits(problem, got, losses)
        _trained(train, start, order[:1])
        if _bits(problem, got, losses) != before:
            return replace(check, status="failed", reason="params gives out live arrays: later training changes them")
        again, losses_again = _trained(train, start, order)
    except VerificationFailed as failure:
        return CheckResult("failed", str(failure), n_steps=expected.n_steps)
    if start.digest() != untouched or not np.array_equal(order, order_as_given):
        return replace(check, status="failed", reason="it changes the state or the order that it is given")
    second = judge(problem, expected, again, losses_again, dtype)
    same_bits = _bits(problem, again, losses_again) == before
    if second.passed and (same_bits or not deterministic):
        return check
    difference = second.reason or "the bits differ, and it is declared deterministic"
    reason = f"the same state and order give another result the second time (does reset restore all?): {difference}"
    return replace(second, status="failed", reason=reason)


def pass_through(
    train: Train,
    problem: NetworkProblem,
    start: State,
    order: NDArray[np.int64],
    window: slice,
    final: State,
    losses: NDArray[Any] | None,
) -> tuple[State, State, NDArray[Any] | None]:
    """The states before and after the steps `window` of a training that ended in `final`, and the losses between.

    The implementation trains once more, in three parts of which the window is the second. The last must end in the
    bits of `final`: so the first two end in states that the training has passed through. `losses` are those of the
    whole training. Raises VerificationFailed.
    """
    states = [start]
    parts: list[NDArray[Any] | None] = []
    for steps in (slice(0, window.start), window, slice(window.stop, len(order))):
        state, of_part = states[-1], None
        if steps.start < steps.stop:
            state, of_part = _trained(train, states[-1], order[steps])
            reached = replace(start, step=start.step + steps.stop)
            if fault := form_fault(problem, reached, state) or step_fault(reached, state):
                raise VerificationFailed(f"after {steps.stop} steps: {fault}")
        if problem.momentum == 0:  # then an implementation may return anything as previous updates
            state = State.at_rest(state.W, state.b, state.step)
        states.append(state)
        parts.append(of_part)
    recorded = [part for part in parts if part is not None]
    whole = np.concatenate(recorded) if losses is not None and recorded else None
    if _bits(problem, states[-1], whole) != _bits(problem, final, losses):
        raise VerificationFailed(
            "trained again in three parts it ends in other bits: does it take every step, does reset restore all?"
        )
    return states[1], states[2], parts[1]


def check_approximate(
    train: Train,
    problem: NetworkProblem,
    start: State,
    order: NDArray[np.int64],
    dtype: str,
    difference: str,
    deterministic: bool = True,
) -> CheckResult:
    """Check an implementation that only approximates the problem: "not checked", with the difference as the reason.

    It fails where the form of its result is wrong, or where it is declared deterministic and gives other bits when it
    trains again.
    """
    try:
        got, losses = _trained(train, start, order)
        check = check_form(problem, start, got, losses, len(order), dtype, difference)
        if check.status == "failed" or not deterministic:
            return check
        before = _bits(problem, got, losses)
        again = _bits(problem, *_trained(train, start, order))
    except VerificationFailed as failure:
        return CheckResult("failed", str(failure), n_steps=len(order))
    if again != before:
        reason = "the same state and order give other bits the second time, and it is declared deterministic"
        return replace(check, status="failed", reason=reason)
    return check


def check_form(
    problem: NetworkProblem,
    start: State,
    got: State,
    losses: NDArray[Any] | None,
    n_steps: int,
    dtype: str,
    difference: str,
) -> CheckResult:
    """Check the form of the result only: "not checked" with the difference as the reason, or "failed"."""
    due = replace(start, step=start.step + n_steps)
    if fault := fault_of_result(problem, due, got, losses, n_steps, dtype):
        return CheckResult("failed", fault, n_steps=n_steps)
    return CheckResult("not checked", difference, n_steps=n_steps)


def gate(
    train: Train,
    problem: NetworkProblem,
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    batch_size: int,
    seed: int,
    dtype: str,
    deterministic: bool = True,
    folder: Path | None = None,
    data_sha256: str = "",
    max_steps: int | None = None,
) -> CheckResult:
    """Check one implementation, which has loaded `problem`, at one batch size; a failure names the likely mistake.

    To be called with the problem and with `stress_problem(problem)`. `folder` keeps reference trajectories, which are
    named by `data_sha256` among others. `max_steps` shortens the check of slow implementations.
    """
    start = stress_state(problem, seed, batch_size) if is_stress_problem(problem) else problem.start_state(seed)
    order = problem.order(seed, check_steps(batch_size), batch_size)
    expect = _reference(problem, images, labels, folder, data_sha256)
    expected = expect(start, order)
    # Fewer steps are the head of the same trajectory, so one cached file serves fast and slow implementations.
    expected, order = expected.head(max_steps or len(order)), order[:max_steps]
    last: list[State] = []  # the latest full result, which a diagnosis needs

    def recorded(state: State, rows: NDArray[np.int64]) -> tuple[State, NDArray[Any] | None]:
        got, losses = train(state, rows)
        if len(rows) == len(order):
            last[:] = [got]
        return got, losses

    check = check_head(recorded, problem, expected, order, dtype, deterministic)
    if check.status == "failed" and check.error > check.bound:
        looks_like = likely_mistake(problem, images, labels, expected, order, last[0], dtype)
        return replace(check, reason=f"{check.reason}; it looks as if {looks_like}") if looks_like else check
    if check.passed and is_stress_problem(problem):
        once = partial(_trained, train)
        return check_hard_starts(once, problem, images, labels, batch_size, seed, dtype, expect) or check
    return check


def _reference(
    problem: NetworkProblem, images: NDArray[np.uint8], labels: NDArray[np.uint8], folder: Path | None, data_sha256: str
) -> Callable[[State, NDArray[np.int64]], Trajectory]:
    """The function that trains the reference from a state over an order; `folder` keeps what it found."""

    def expect(state: State, order: NDArray[np.int64]) -> Trajectory:
        if folder is None:
            return trajectory(problem, images, labels, state, order)
        return cached_trajectory(problem, data_sha256, images, labels, state, order, folder)

    return expect


def _trained(train: Train, state: State, order: NDArray[np.int64]) -> tuple[State, NDArray[Any] | None]:
    """Call `train`. Raises VerificationFailed where the implementation raises."""
    try:
        got, losses = train(state, order)
    except HarnessError:
        raise
    except Exception as error:
        raise VerificationFailed(f"it raises {error_text(error)}") from error
    return got, losses


def _bits(problem: NetworkProblem, state: State, losses: NDArray[Any] | None) -> tuple[bytes, ...]:
    tensors = [*compared_tensors(problem, state).values()] + ([] if losses is None else [losses])
    return (str(state.step).encode(), *(np.ascontiguousarray(tensor).tobytes() for tensor in tensors))
