"""The definition of the step: float64, one sample at a time, written to be believed rather than to be fast.

Every result is compared with what this file computes. It divides the uint8 images by 255 in float64, multiplies
matrices with vectors only, and adds up the gradients of the samples one by one.

    x (D,), y (C,) one-hot, z and a per layer; W (fan_out, fan_in), b (fan_out,), δ = ∂ℓ/∂z (fan_out,)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from paragone.task.mlp.kinks import Jumps, jumps
from paragone.task.mlp.perturbation import PerturbedTraining, spread
from paragone.task.mlp.problem import NetworkProblem
from paragone.task.mlp.state import FloatArray, State

Formula = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True)
class Trajectory:
    """The states that a training passes through, and the loss of every step.

    `states` has n_steps + 1 entries, the start first; `losses` is (n_steps,), each before its update. `spread`, by
    tensor, and `loss_spread`, both (n_steps,), are the root-mean-square distances that relative rounding errors of
    size 1 would cause after each step (`perturbation.spread`). `jumps`, by dtype, is what a kink adds (`kinks`). The
    tolerance is built on both. No sum over the mini-batch moves the tensors `unsummed`.
    """

    states: tuple[State, ...]
    losses: FloatArray
    spread: dict[str, FloatArray]
    loss_spread: FloatArray
    batch_size: int
    jumps: Mapping[str, Jumps] = field(default_factory=dict)
    unsummed: frozenset[str] = frozenset()

    @property
    def n_steps(self) -> int:
        return len(self.losses)

    def head(self, n_steps: int) -> Trajectory:
        """The first `n_steps` steps, or all if there are fewer."""
        spread_of_head = {name: values[:n_steps] for name, values in self.spread.items()}
        return Trajectory(
            self.states[: n_steps + 1],
            self.losses[:n_steps],
            spread_of_head,
            self.loss_spread[:n_steps],
            self.batch_size,
            {dtype: jumps_of_all.head(n_steps) for dtype, jumps_of_all in self.jumps.items()},
        )


def trajectory(
    problem: NetworkProblem,
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    state: State,
    order: NDArray[np.int64],
) -> Trajectory:
    """Train from `state`, one step per row of `order`.

    `images` is (N, D) uint8, `labels` (N,), `order` (n_steps, B) indices into both. A training that diverges has
    infinities or NaNs in its states.
    """
    states, losses = [state], []
    with np.errstate(over="ignore", invalid="ignore"):
        for batch in order:
            following, loss = step(problem, images[batch], labels[batch], states[-1])
            states.append(following)
            losses.append(loss)
        training = PerturbedTraining.of(problem, images, labels, state, order)
        rounding, loss_rounding = spread(training)
        of_kinks = jumps(training)
    return Trajectory(tuple(states), np.array(losses), rounding, loss_rounding, order.shape[1], of_kinks)


def step(
    problem: NetworkProblem, images: NDArray[np.uint8], labels: NDArray[np.uint8], state: State
) -> tuple[State, float]:
    """The state after one step on this mini-batch, and the loss before it.

    g = R·Σ_batch ∂ℓ/∂W + λ₂·W + λ₁·sign(W);  Δ = η·g;  W ← W − (Δ + μ·Δ_prev);  Δ_prev ← Δ
    """
    batch_size = len(images)
    R = problem.batch_scale(batch_size)
    eta = float(problem.learning_rates(state.step, 1, batch_size)[0])
    loss_sum, W_sum, b_sum = summed_gradients(problem, images, labels, state)
    new = []
    for layer in range(len(state.W)):
        W, b = state.W[layer], state.b[layer]
        dW = eta * (R * W_sum[layer] + problem.l2 * W + problem.l1 * np.sign(W))
        db = eta * (R * b_sum[layer])
        W = W - (dW + problem.momentum * state.dW[layer])
        b = b - (db + problem.momentum * state.db[layer])
        new.append((W, b, dW, db))
    weights, biases, dW_all, db_all = zip(*new, strict=True)
    return State(weights, biases, dW_all, db_all, state.step + 1), R * loss_sum


def summed_gradients(
    problem: NetworkProblem, images: NDArray[np.uint8], labels: NDArray[np.uint8], state: State
) -> tuple[float, list[FloatArray], list[FloatArray]]:
    """Σ_batch ℓ, Σ_batch ∂ℓ/∂W and Σ_batch ∂ℓ/∂b, the last two with one array per layer.

    ∂ℓ/∂W[l] = δ[l] a[l−1]ᵀ;  ∂ℓ/∂b[l] = δ[l];  δ[l−1] = (W[l]ᵀ δ[l]) · φ′(z[l−1])
    """
    _, hidden_slope = HIDDEN[problem.hidden_activation]
    loss_sum = 0.0
    W_sum = [np.zeros_like(W) for W in state.W]
    b_sum = [np.zeros_like(b) for b in state.b]
    for image, label in zip(images, labels, strict=True):
        x = image / 255.0
        y = np.zeros(problem.layers[-1])
        y[label] = 1.0
        z, activations = forward(problem, state.W, state.b, x)
        loss_sum += sample_loss(problem, z, y)
        delta = output_delta(problem, activations[-1], y)
        for layer in reversed(range(len(state.W))):
            a = activations[layer]
            W_sum[layer] += np.outer(delta, a)
            b_sum[layer] += delta
            if layer > 0:
                delta = (state.W[layer].T @ delta) * hidden_slope(a)
    return loss_sum, W_sum, b_sum


def forward(
    problem: NetworkProblem, W: Sequence[FloatArray], b: Sequence[FloatArray], x: FloatArray
) -> tuple[FloatArray, list[FloatArray]]:
    """The logits of the last layer and the activations of all layers, x first.

    z[l] = W[l] a[l−1] + b[l];  a[l] = φ(z[l]), in the last layer the problem's output activation
    """
    hidden_activation, _ = HIDDEN[problem.hidden_activation]
    activations = [x]
    for W_l, b_l in zip(W[:-1], b[:-1], strict=True):
        activations.append(hidden_activation(W_l @ activations[-1] + b_l))
    z = W[-1] @ activations[-1] + b[-1]
    activations.append(softmax(z) if problem.output_activation == "softmax" else sigmoid(z))
    return z, activations


def sigmoid(z: FloatArray) -> FloatArray:
    """1 / (1 + exp(−z)), computed from exp(−|z|), which never overflows."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, e) / (1.0 + e)


# φ and φ′ of the hidden layers, the latter in the value a = φ(z). At z = 0 the slope of a ReLU is 0.
HIDDEN: dict[str, tuple[Formula, Formula]] = {
    "sigmoid": (sigmoid, lambda a: a * (1 - a)),
    "tanh": (lambda z: np.tanh(z), lambda a: 1 - a**2),
    "relu": (lambda z: np.maximum(z, 0.0), lambda a: np.where(a > 0, 1.0, 0.0)),
}


def softmax(z: FloatArray) -> FloatArray:
    """exp(z) / Σ exp(z), with z shifted by its maximum so that nothing overflows."""
    e = np.exp(z - z.max())
    return np.asarray(e / e.sum())


def output_delta(problem: NetworkProblem, a: FloatArray, y: FloatArray) -> FloatArray:
    """∂ℓ/∂z of the last layer: (a − y)·a·(1 − a) for the quadratic loss, a − y for the others."""
    if problem.loss == "quadratic":
        return (a - y) * a * (1 - a)
    return a - y


def sample_loss(problem: NetworkProblem, z: FloatArray, y: FloatArray) -> float:
    """ℓ of one sample, from the logits.

    quadratic ½ Σ (σ(z) − y)²;  log Σ log(1 + exp(z)) − y·z;  cross_entropy log Σ exp(z) − Σ y·z
    """
    if problem.loss == "quadratic":
        return float(0.5 * np.sum((sigmoid(z) - y) ** 2))
    if problem.loss == "log":
        return float(np.sum(np.logaddexp(0.0, z) - y * z))
    top = z.max()
    return float(top + np.log(np.sum(np.exp(z - top))) - y @ z)
