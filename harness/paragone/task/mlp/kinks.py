"""How far a training may move because rounding decides on which side of its kink a hidden sum lies.

The slope of a ReLU jumps at 0. Where a sum lies within rounding errors of 0, both slopes are honest, and the one that
is taken moves the weights by a part of a gradient and not by a rounding error. So the training is repeated with the
other side of every such sum, and the distance between the two trainings is what the judge allows besides. A sum whose
terms are all 0 is left alone: no rounding reaches it, and the slope at 0 is 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from paragone.task.mlp.hidden import HIDDEN
from paragone.task.mlp.perturbation import NOISE, PerturbedTraining, noise_of, states, weighted_sum
from paragone.task.mlp.state import FloatArray, State

DTYPES = ("float32", "float64")
NOISY_RUNS = 2
# Rounding decides where |Z| is below so many times what errors of size eps make of a typical sum of its layer. Of 8000
# sums over 784 pixels that are added up term by term, the worst is off by 13 times as much.
DOUBT = 32.0


@dataclass(frozen=True)
class Jumps:
    """The distance between the two trainings after each step, (n_steps,), by tensor, and that of the losses."""

    by_tensor: dict[str, FloatArray]
    of_losses: FloatArray

    @property
    def are_there(self) -> bool:
        return any(distances.any() for distances in self.by_tensor.values())

    def head(self, n_steps: int) -> Jumps:
        by_tensor = {name: distances[:n_steps] for name, distances in self.by_tensor.items()}
        return Jumps(by_tensor, self.of_losses[:n_steps])


class Recorded:
    """Z, of which it keeps those of a step: of the first block of its mini-batch, one array per hidden layer.

    `squares` are the mean squares of what errors of size 1 in every term make of these sums.
    """

    def __init__(self, n_layers: int) -> None:
        self.n_layers = n_layers
        self.start_step()

    def start_step(self) -> None:
        self.sums: list[FloatArray] = []
        self.squares: list[float] = []

    def __call__(self, A: FloatArray, W: FloatArray, b: FloatArray) -> FloatArray:
        Z = weighted_sum(A, W, b)
        if len(self.sums) < self.n_layers:
            self.sums.append(Z)
            self.squares.append(float(np.mean(A**2, axis=0) @ np.mean(W**2, axis=0) + np.mean(b**2)))
        return Z


class OtherSides:
    """Z, but on the other side of 0 where |Z| is below the doubt about its layer."""

    def __init__(self) -> None:
        self.doubts: list[float] = []  # of each hidden layer in this step
        self.n_calls = 0

    def __call__(self, A: FloatArray, W: FloatArray, b: FloatArray) -> FloatArray:
        Z, doubt = weighted_sum(A, W, b), self.doubts[self.n_calls % len(self.doubts)]
        self.n_calls += 1
        near = np.abs(Z) < doubt
        if near.any():
            near &= np.abs(A) @ np.abs(W).T + np.abs(b) > 0
        return np.where(near, np.where(Z > 0, -doubt, doubt), Z)


def jumps(training: PerturbedTraining) -> dict[str, Jumps]:
    """The jumps of this training by dtype; none where its hidden activation has no kink."""
    n_hidden = len(training.state.W) - 1
    if n_hidden == 0 or not HIDDEN[training.problem.hidden_activation].has_kink:
        return {}
    others = {dtype: OtherSides() for dtype in DTYPES}
    flipped = {dtype: states(replace(training, hidden_sum=other)) for dtype, other in others.items()}
    found = {dtype: _Distances(training.state, len(training.order)) for dtype in DTYPES}
    for i, (plain, doubts) in enumerate(_with_spread_of_sums(training, n_hidden)):
        for dtype, other in others.items():
            other.doubts = [float(DOUBT * np.finfo(dtype).eps * spread) for spread in doubts]
            found[dtype].add(i, plain, next(flipped[dtype]))
    return {dtype: distances.jumps for dtype, distances in found.items()}


def _with_spread_of_sums(
    training: PerturbedTraining, n_hidden: int
) -> Iterator[tuple[tuple[State, float], list[float]]]:
    """After each step its state and loss, and how far relative rounding errors of size 1 drive a hidden sum apart.

    The latter is the root mean square over neurons, images and noisy runs, for each hidden layer: of errors in the
    terms of the sum, and of what noise has made of the weights and the activations before.
    """
    recorded = [Recorded(n_hidden) for _ in range(1 + NOISY_RUNS)]
    noises: list[Callable[[FloatArray], FloatArray]] = [training.noise, *map(noise_of, range(NOISY_RUNS))]
    runs = [
        states(replace(training, hidden_sum=sums, noise=noise)) for sums, noise in zip(recorded, noises, strict=True)
    ]
    for plain, *_ in zip(*runs, strict=True):
        right, *noisy = recorded
        drifted = [
            [np.mean(np.square((Z - Z_right) / NOISE)) for Z, Z_right in zip(each.sums, right.sums, strict=True)]
            for each in noisy
        ]
        yield plain, list(np.sqrt(right.squares + np.mean(drifted, axis=0)))
        for each in recorded:
            each.start_step()


class _Distances:
    """Fills the distances between two trainings, step by step."""

    def __init__(self, start: State, n_steps: int) -> None:
        self.jumps = Jumps({name: np.zeros(n_steps) for name in start.tensors()}, np.zeros(n_steps))

    def add(self, i: int, one: tuple[State, float], other: tuple[State, float]) -> None:
        (state, loss), (other_state, other_loss) = one, other
        right = state.tensors()
        for name, tensor in other_state.tensors().items():
            self.jumps.by_tensor[name][i] = np.linalg.norm(tensor - right[name])
        self.jumps.of_losses[i] = abs(other_loss - loss)
