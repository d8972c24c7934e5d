"""The step a second time, on whole mini-batches, with every quantity open to change.

The reference defines what is right and cannot be altered. This step is faster, and each quantity that rounding or a
mistake could touch is a field of `PerturbedTraining`: `spread` measures what rounding does to a training, `diagnose`
repeats a training with one mistake at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from paragone.task.mlp.hidden import HIDDEN, no_slope, sigmoid, sigmoid_slope
from paragone.task.mlp.problem import NetworkProblem
from paragone.task.mlp.state import FloatArray, State

BLOCK = 1000  # images converted at once: 6 MB of pixels
# Far above float64's own rounding errors, and small enough for a linear response: hardly any sum crosses a kink.
NOISE = 2.0**-38
N_NOISY_RUNS = 4
NOISE_LENGTH = 1 << 20


def unchanged(x: FloatArray) -> FloatArray:
    return x


def weighted_sum(A: FloatArray, W: FloatArray, b: FloatArray) -> FloatArray:
    """Z = A Wᵀ + b"""
    return A @ W.T + b


@dataclass(frozen=True)
class PerturbedTraining:
    """A training, with a field for each way in which it can differ from the one that the problem defines."""

    problem: NetworkProblem
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
    hidden_sum: Callable[[FloatArray, FloatArray, FloatArray], FloatArray] = weighted_sum
    hidden_activation: Callable[[FloatArray], FloatArray] = sigmoid
    hidden_slope: Callable[[FloatArray], FloatArray] = sigmoid_slope
    noise: Callable[[FloatArray], FloatArray] = unchanged
    updates_before_delta: bool = False
    trains_biases: bool = True
    penalises_biases: bool = False
    accumulates_momentum: bool = False

    @classmethod
    def of(
        cls,
        problem: NetworkProblem,
        images: NDArray[np.uint8],
        labels: NDArray[np.uint8],
        state: State,
        order: NDArray[np.int64],
    ) -> PerturbedTraining:
        """The training that the problem defines, without any perturbation."""
        hidden = HIDDEN[problem.hidden_activation]
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
            output_slope=sigmoid_slope if problem.loss == "quadratic" else no_slope,
            hidden_activation=hidden.activation,
            hidden_slope=hidden.slope,
        )


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
    loss, gradients = 0.0, None
    for first in range(0, max(1, training.order.shape[1]), BLOCK):  # a mistake may leave no image
        block = slice(first, first + BLOCK)
        X: FloatArray = training.images[training.order[i, block]] * np.float64(training.pixel_scale)
        Y: FloatArray = np.eye(problem.layers[-1])[training.labels[training.label_order[i, block]]]
        block_loss, of_block = _gradients(training, state, X, Y, eta)
        loss += block_loss
        gradients = of_block if gradients is None else [a + b for a, b in zip(gradients, of_block, strict=True)]
    assert gradients is not None
    n_layers = len(state.W)
    new = []
    for W, dW_previous, dW in zip(state.W, state.dW, gradients[:n_layers], strict=True):
        _scale(dW, training.R, problem, W)
        dW *= eta
        dW = training.noise(dW)
        new.append(_moved(training, W, dW, dW_previous))
    for b, db_previous, db in zip(state.b, state.db, gradients[n_layers:], strict=True):
        if training.trains_biases:
            _scale(db, training.R, problem if training.penalises_biases else None, b)
            db *= eta
            new.append(_moved(training, b, training.noise(db), db_previous))
        else:
            new.append((training.noise(b), np.zeros_like(b)))
    moved, kept = zip(*new, strict=True)
    weights, biases = moved[:n_layers], moved[n_layers:]
    return State(weights, biases, kept[:n_layers], kept[n_layers:], state.step + 1), training.R * loss


def _scale(gradient: FloatArray, R: float, penalty: NetworkProblem | None, W: FloatArray) -> None:
    """gradient ← R·gradient + λ₂·W + λ₁·sign(W), in place; without the last two terms where `penalty` is None."""
    gradient *= R
    if penalty and penalty.l2:
        gradient += penalty.l2 * W
    if penalty and penalty.l1:
        gradient += penalty.l1 * np.sign(W)


def _moved(
    training: PerturbedTraining, W: FloatArray, dW: FloatArray, dW_previous: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """W − (dW + μ·dW_previous), and the update that the next step takes for the previous one."""
    move = dW + training.problem.momentum * dW_previous if training.problem.momentum else dW
    return training.noise(W - move), move if training.accumulates_momentum else dW


def _gradients(
    training: PerturbedTraining, state: State, X: FloatArray, Y: FloatArray, eta: float
) -> tuple[float, list[FloatArray]]:
    """The summed loss of a block, and its summed gradients: those of all weights, then those of all biases."""
    A = [X]
    for W, b in zip(state.W[:-1], state.b[:-1], strict=True):
        A.append(training.noise(training.hidden_activation(training.noise(training.hidden_sum(A[-1], W, b)))))
    Z = training.noise(A[-1] @ state.W[-1].T + state.b[-1])
    A.append(training.noise(softmax(Z) if training.output_activation == "softmax" else sigmoid(Z)))
    delta = training.noise((A[-1] - Y) * training.output_slope(A[-1]))
    W_sums, b_sums = [], []
    for layer in reversed(range(len(state.W))):
        gradient = delta.T @ A[layer]
        W_sums.append(gradient)
        b_sums.append(delta.sum(axis=0))
        if layer > 0:
            W = state.W[layer] - eta * training.R * gradient if training.updates_before_delta else state.W[layer]
            delta = training.noise((delta @ W) * training.hidden_slope(A[layer]))
    return _loss(training.problem, Z, A[-1], Y), [*reversed(W_sums), *reversed(b_sums)]


def _loss(problem: NetworkProblem, Z: FloatArray, A: FloatArray, Y: FloatArray) -> float:
    if problem.loss == "quadratic":
        return float(0.5 * np.sum((A - Y) ** 2))
    if problem.loss == "log":
        return float(np.sum(np.logaddexp(0.0, Z) - Y * Z))
    top = Z.max(axis=1, keepdims=True)
    return float(np.sum(top + np.log(np.sum(np.exp(Z - top), axis=1, keepdims=True))) - np.sum(Y * Z))


def spread(training: PerturbedTraining, n_runs: int = N_NOISY_RUNS) -> tuple[dict[str, FloatArray], FloatArray]:
    """How far rounding drives this training apart, per unit of relative rounding error.

        spread = √(mean over the noisy runs of ‖noisy − plain‖²) / NOISE

    In a noisy run every weight, logit, activation, delta and update of every step is multiplied by 1 + NOISE·ξ with ξ
    standard normal (Monte Carlo arithmetic: D. S. Parker, UCLA CSD-970002, 1997). Returns the spread after each step,
    (n_steps,), by tensor, and that of the losses.
    """
    n_steps = len(training.order)
    squares = {name: np.zeros(n_steps) for name in training.state.tensors()}
    loss_squares = np.zeros(n_steps)
    noisy = [states(replace(training, noise=noise_of(run))) for run in range(n_runs)]
    for i, ((plain, plain_loss), *others) in enumerate(zip(states(training), *noisy, strict=True)):
        expected = plain.tensors()
        for state, loss in others:
            for name, tensor in state.tensors().items():
                difference = (tensor - expected[name]).ravel()
                squares[name][i] += difference @ difference
            loss_squares[i] += np.square(loss - plain_loss)
    scale = NOISE * n_runs**0.5
    return {name: np.sqrt(total) / scale for name, total in squares.items()}, np.sqrt(loss_squares) / scale


def noise_of(run: int) -> Callable[[FloatArray], FloatArray]:
    """x ↦ x·(1 + NOISE·ξ) with ξ standard normal: at each call another stretch of one long series."""
    random = np.random.Generator(np.random.PCG64(run))

    def noise(x: FloatArray) -> FloatArray:
        series = _noise_series(max(NOISE_LENGTH, 4 * x.size))
        first = int(random.integers(len(series) - x.size))
        return x * series[first : first + x.size].reshape(x.shape)

    return noise


@cache
def _noise_series(length: int) -> FloatArray:
    """1 + NOISE·ξ, so many of them: to draw new ones at each step would take most of the time."""
    return 1 + NOISE * np.random.Generator(np.random.PCG64(0)).standard_normal(length)


def logits(problem: NetworkProblem, state: State, images: NDArray[np.float64]) -> NDArray[np.float64]:
    """Z of the last layer, (N, C). Softmax and sigmoid are increasing, so the class is that of the largest logit."""
    A, hidden = images, HIDDEN[problem.hidden_activation]
    for W, b in zip(state.W[:-1], state.b[:-1], strict=True):
        A = hidden.activation(A @ W.T + b)
    return A @ state.W[-1].T + state.b[-1]
