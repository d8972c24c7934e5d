"""Whether a whole sample, of hundreds of steps, ended where the problem says.

`perturbation.states` trains as long as the sample did, from the same start over the same order. Where rounding does not
drive that training apart, the end of the sample must lie as close to it as `tolerance` says. The spread of a long
training is expensive, so that of a typical one stands for all; only where a result lies outside is its own spread
measured. Where the training is chaotic, only its size can be compared (`size_fault`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from paragone.task.check_result import CheckResult
from paragone.task.mlp.judge import judge
from paragone.task.mlp.kinks import jumps
from paragone.task.mlp.perturbation import PerturbedTraining, spread, states
from paragone.task.mlp.reference import Trajectory
from paragone.task.mlp.state import FloatArray, State
from paragone.task.mlp.tolerance import compared_tensors, norm

# The typical spread comes from so many noisy runs, and its margin makes up for their number. The spread that decides
# comes from more: where all rounding acts along one direction, two runs show less than a tenth of it once in a hundred.
NOISY_RUNS, DECIDING_NOISY_RUNS = 2, 8
# A typical training is followed over so many steps; beyond them the relative spread is taken to grow no more.
MOST_TYPICAL_STEPS = 512
# Trainings of one problem and batch size differ in their relative spread; most by less than this factor.
MARGIN = 3.0
# A chaotic training moves each weight matrix about as far as any other does, once it has taken some steps: in the first
# ones, saturated neurons leave the weights where they are, or not.
LEAST_SIZE, LARGEST_SIZE = 0.5, 2.0
FEWEST_SIZED_STEPS = 8


@dataclass(frozen=True)
class End:
    """The state after a training and the losses of its steps, (n_steps,)."""

    state: State
    losses: FloatArray


@dataclass(frozen=True)
class TypicalSpread:
    """spread / ‖displacement‖ along a typical training, (n_steps,), by tensor; that of the losses beside it."""

    by_tensor: dict[str, FloatArray]
    of_losses: FloatArray

    def after(self, relative: FloatArray, n_steps: int) -> float:
        """The relative spread after `n_steps`; beyond the typical training the largest of its second half."""
        if n_steps <= len(relative):
            return MARGIN * float(relative[n_steps - 1])
        return MARGIN * float(relative[len(relative) // 2 :].max())


class EndsOfTraining:
    """The ends of the trainings over the first n steps of an order, for some n.

    It trains once, and no further than the longest n that was asked for.
    """

    def __init__(self, training: PerturbedTraining, lengths: Collection[int]) -> None:
        self._lengths, self._states = lengths, states(training)
        self._losses: list[float] = []
        self._ends: dict[int, End] = {}

    def after(self, n_steps: int) -> End:
        """The end after `n_steps`, one of the lengths."""
        with np.errstate(over="ignore", invalid="ignore"):
            while len(self._losses) < n_steps:
                state, loss = next(self._states)
                self._losses.append(loss)
                if len(self._losses) in self._lengths:
                    self._ends[len(self._losses)] = End(state, np.array(self._losses))
        return self._ends[n_steps]


def typical_spread(training: PerturbedTraining) -> TypicalSpread:
    """The relative spread along this training."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        by_tensor, of_losses = spread(training, NOISY_RUNS)
        start = training.state.tensors()
        sizes: dict[str, list[float]] = {name: [] for name in start}
        losses = []
        for state, loss in states(training):
            losses.append(loss)
            for name, tensor in state.tensors().items():
                sizes[name].append(norm(tensor if name.startswith("d") else tensor - start[name]))
        relative = {name: by_tensor[name] / np.array(sizes[name]) for name in sizes}
        summed = np.sqrt(np.cumsum(of_losses**2)) / np.sqrt(np.cumsum(np.square(losses)))
    return TypicalSpread(relative, summed)


def check_whole(
    training: PerturbedTraining,
    end: End,
    typical: TypicalSpread,
    got: State,
    losses: NDArray[np.float64] | None,
    dtype: str,
) -> CheckResult:
    """Compare the end of a sample with that of the same training by the reference.

    "not checked" where rounding may drive this training apart: then there is nothing to compare.
    """
    check = judge(training.problem, _expected(training, end, typical), got, losses, dtype)
    if check.status != "failed" or not check.error > check.bound:
        return check
    # Out of the ordinary: what rounding does to this very training decides.
    n_steps = len(end.losses)
    with np.errstate(over="ignore", invalid="ignore"):
        this = replace(training, order=training.order[:n_steps])
        by_tensor, of_losses = spread(this, DECIDING_NOISY_RUNS)
        of_kinks = jumps(this)
    expected = _trajectory(training, end, {name: float(values[-1]) for name, values in by_tensor.items()}, of_losses)
    return judge(training.problem, replace(expected, jumps=of_kinks), got, losses, dtype)


def size_fault(training: PerturbedTraining, end: End, start: State, got: State) -> str | None:
    """Which weights have moved less than half as far from `start` as in `training`, or more than twice; None: none.

    The training has as many steps. Over hundreds of them, all trainings move about equally far.
    """
    for name in (name for name in compared_tensors(training.problem, start) if name.startswith("W")):
        typical = norm(end.state.tensors()[name] - training.state.tensors()[name])
        moved = norm(got.tensors()[name] - start.tensors()[name])
        if typical == moved == 0:  # on black images the first layer stays where it is
            continue
        ratio = moved / typical if typical else np.inf
        if not LEAST_SIZE <= ratio <= LARGEST_SIZE:
            return f"{name} has moved {ratio:.2g} times as far as by the reference: are steps left out?"
    return None


def _expected(training: PerturbedTraining, end: End, typical: TypicalSpread) -> Trajectory:
    n_steps, start = len(end.losses), training.state.tensors()
    spreads = {
        name: typical.after(typical.by_tensor[name], n_steps)
        * norm(tensor if name.startswith("d") else tensor - start[name])
        for name, tensor in end.state.tensors().items()
    }
    of_losses = np.array([typical.after(typical.of_losses, n_steps) * norm(end.losses)])
    return _trajectory(training, end, spreads, of_losses)


def _trajectory(training: PerturbedTraining, end: End, spreads: dict[str, float], of_losses: FloatArray) -> Trajectory:
    """What the judge takes: the start and the end of the training, and the spread at its end."""
    by_tensor = {name: np.array([value]) for name, value in spreads.items()}
    return Trajectory((training.state, end.state), end.losses, by_tensor, of_losses, training.order.shape[1])
