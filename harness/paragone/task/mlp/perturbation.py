"""The step a second time, on whole mini-batches, with every quantity open to change.

The reference defines what is right and cannot be altered. This step is faster, and each quantity that rounding or a
mistake could touch is a field of `PerturbedTraining`: `spread` measures what rounding does to a training, `diagnose`
repeats a training with one mistake at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from paragone.task.mlp.problem import Problem
from paragone.task.mlp.state import FloatArray, State

BLOCK = 1000  # images converted at once: 6 MB of pixels
NOISE = 2.0**-30  # far above float64's own rounding errors, and small enough for a linear response
N_NOISY_RUNS = 4


def unchanged(x: FloatArray) -> FloatArray:
    return x


def slope(A: FloatArray) -> FloatArray:
    """σ′ from the activation: A·(1 − A)."""
    return A * (1 - A)


def no_slope(A: FloatArray) -> FloatArray:
    """1 in place of σ′."""
    return np.ones_like(A)


@dataclass(frozen=True)
class PerturbedTraining:
    """A training, with a field for each way in which it can differ from the one that the problem defines."""

    problem: Problem
    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    state: State
    order: NDArray[np.int64]
    R: float
    rates: FloatArray  # η of every step
    label_order: NDArray[np.int64]  # indices of the labels that go with the images of `order`
    pixel_scale: float = 1 / 255
    output_activation: str = ""
    output_slope: Callable[[FloatArray], FloatArray] = no_slope
    hidden_slope: Callable[[FloatArray], FloatArray] = slope
    noise: Callable[[FloatArray], FloatArray] = unchanged
    updates_before_delta: bool = False
    trains_biases: bool = True
    penalises_biases: bool = False
    accumulates_momentum: bool = False

    @classmethod
    def of(
        cls,
        problem: Problem,
        images: NDArray[np.uint8],
        labels: NDArray[np.uint8],
        state: State,
        order: NDArray[np.int64],
    ) -> PerturbedTraining:
        """The training that the problem defines, without any perturbation."""
        return cls(
            problem=problem,
            images=images,
            labels=labels,
            state=state,
            order=order,
            R=problem.batch_scale(order.shape[1]),
            rates=problem.learning_rates(state.step, *order.shape),
            label_order=order,
            output_activation=problem.output_activation,
            output_slope=slope if problem.loss == "quadratic" else no_slope,
        )


def sigmoid(Z: FloatArray) -> FloatArray:
    """1 / (1 + exp(−Z)) = ½ + ½·tanh(Z/2), which cannot overflow."""
    return 0.5 + 0.5 * np.tanh(0.5 * Z)


def softmax(Z: FloatArray) -> FloatArray:
    """exp(Z) / Σ exp(Z) of every row."""
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return np.asarray(E / E.sum(axis=1, keepdims=True))


def states(training: PerturbedTraining) -> Iterator[tuple[State, float]]:
    """Train; yield the state after every step and the loss before it."""
    state = training.state
    for i in range(len(training.order)):
        state, loss = _step(training, state, i)
        yield state, loss


def _step(training: PerturbedTraining, state: State, i: int) -> tuple[State, float]:
    """`reference.step` on the mini-batch order[i], summed over blocks of images."""
    problem, eta = training.problem, float(training.rates[i])
    loss = 0.0
    W_sum = [np.zeros_like(W) for W in state.W]
    b_sum = [np.zeros_like(b) for b in state.b]
    for first in range(0, training.order.shape[1], BLOCK):
        block = slice(first, first + BLOCK)
        X = training.images[training.order[i, block]].astype(np.float64) * training.pixel_scale
        Y: FloatArray = np.eye(problem.layers[-1])[training.labels[training.label_order[i, block]]]
        loss += _add_gradients(training, state, X, Y, eta, W_sum, b_sum)
    new = []
    for W, b, dW_previous, db_previous, W_g, b_g in zip(
        state.W, state.b, state.dW, state.db, W_sum, b_sum, strict=True
    ):
        dW = training.noise(eta * (training.R * W_g + problem.l2 * W + problem.l1 * np.sign(W)))
        penalty = problem.l2 * b + problem.l1 * np.sign(b) if training.penalises_biases else 0.0
        db = training.noise(eta * (training.R * b_g + penalty)) if training.trains_biases else np.zeros_like(b)
        W_move = dW + problem.momentum * dW_previous
        b_move = db + (problem.momentum * db_previous if training.trains_biases else 0.0)
        kept = (W_move, b_move) if training.accumulates_momentum else (dW, db)
        new.append((training.noise(W - W_move), training.noise(b - b_move), *kept))
    weights, biases, dW_all, db_all = zip(*new, strict=True)
    return State(weights, biases, dW_all, db_all, state.step + 1), training.R * loss


def _add_gradients(
    training: PerturbedTraining,
    state: State,
    X: FloatArray,
    Y: FloatArray,
    eta: float,
    W_sum: list[FloatArray],
    b_sum: list[FloatArray],
) -> float:
    """Add this block's gradients to W_sum and b_sum in place; return its summed loss."""
    A = [X]
    for W, b in zip(state.W, state.b, strict=True):
        Z = training.noise(A[-1] @ W.T + b)
        A.append(training.noise(sigmoid(Z)))
    if training.output_activation == "softmax":
        A[-1] = training.noise(softmax(Z))
    delta = training.noise((A[-1] - Y) * training.output_slope(A[-1]))
    for layer in reversed(range(len(state.W))):
        gradient = delta.T @ A[layer]
        W_sum[layer] += gradient
        b_sum[layer] += delta.sum(axis=0)
        if layer > 0:
            W = state.W[layer] - eta * training.R * gradient if training.updates_before_delta else state.W[layer]
            delta = training.noise((delta @ W) * training.hidden_slope(A[layer]))
    return _loss(training.problem, Z, A[-1], Y)


def _loss(problem: Problem, Z: FloatArray, A: FloatArray, Y: FloatArray) -> float:
    if problem.loss == "quadratic":
        return float(0.5 * np.sum((A - Y) ** 2))
    if problem.loss == "log":
        return float(np.sum(np.logaddexp(0.0, Z) - Y * Z))
    top = Z.max(axis=1, keepdims=True)
    return float(np.sum(top + np.log(np.sum(np.exp(Z - top), axis=1, keepdims=True))) - np.sum(Y * Z))


def spread(training: PerturbedTraining) -> tuple[dict[str, FloatArray], FloatArray]:
    """How far rounding drives this training apart, per unit of relative rounding error.

        spread = √(mean over the noisy runs of ‖noisy − plain‖²) / NOISE

    In a noisy run every weight, logit, activation, delta and update of every step is multiplied by 1 + NOISE·ξ with ξ
    standard normal (Monte Carlo arithmetic: D. S. Parker, UCLA CSD-970002, 1997). Returns the spread after each step,
    (n_steps,), by tensor, and that of the losses.
    """
    random = np.random.Generator(np.random.PCG64(0))

    def noise(x: FloatArray) -> FloatArray:
        return x * (1 + NOISE * random.standard_normal(x.shape))

    plain = list(states(training))
    squares = {name: np.zeros(len(plain)) for name in training.state.tensors()}
    loss_squares = np.zeros(len(plain))
    for _ in range(N_NOISY_RUNS):
        for i, (state, loss) in enumerate(states(replace(training, noise=noise))):
            expected = plain[i][0].tensors()
            for name, tensor in state.tensors().items():
                squares[name][i] += np.sum((tensor - expected[name]) ** 2)
            loss_squares[i] += np.square(loss - plain[i][1])
    scale = NOISE * N_NOISY_RUNS**0.5
    return {name: np.sqrt(total) / scale for name, total in squares.items()}, np.sqrt(loss_squares) / scale


def logits(state: State, images: NDArray[np.float64]) -> NDArray[np.float64]:
    """Z of the last layer, (N, C). Softmax and sigmoid are increasing, so the class is that of the largest logit."""
    A = images
    for W, b in zip(state.W[:-1], state.b[:-1], strict=True):
        A = 0.5 * (1 + np.tanh(0.5 * (A @ W.T + b)))
    return A @ state.W[-1].T + state.b[-1]
