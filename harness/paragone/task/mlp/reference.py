"""The definition of the step: float64, one sample at a time, written to be believed rather than to be fast.

Everything else is compared with what this file computes. It takes the uint8 images, divides by 255 in
float64, multiplies matrices with vectors only, and adds the gradients of the samples up one by one.
"""

from __future__ import annotations

import contextlib
import hashlib
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from paragone.files.atomic import replacing
from paragone.task.mlp import perturbation as matrices_module
from paragone.task.mlp import problem as problem_module
from paragone.task.mlp import state as state_module
from paragone.task.mlp.perturbation import PerturbedTraining, spread
from paragone.task.mlp.problem import Problem
from paragone.task.mlp.state import FloatArray, State

# A change in any of these files may change a number, so it makes every cached trajectory void.
DEFINING_SOURCES = (__file__, matrices_module.__file__, problem_module.__file__, state_module.__file__)


@dataclass(frozen=True)
class Trajectory:
    """The states a training passes through, the start first, and the loss of every step.

    `states` has n_steps + 1 entries; `losses` is (n_steps,), each before its update. `spread`, by
    tensor, and `loss_spread`, both (n_steps,), say how far relative rounding errors of size 1 would
    have moved the state after each step and its loss (see `matrices.spread`): the scale of the bounds.
    """

    states: tuple[State, ...]
    losses: FloatArray
    spread: dict[str, FloatArray]
    loss_spread: FloatArray
    batch_size: int

    @property
    def n_steps(self) -> int:
        """Return the number of steps."""
        return len(self.losses)

    def head(self, n_steps: int) -> Trajectory:
        """Return the first `n_steps` steps, or all of them if there are fewer."""
        spread_of_head = {name: values[:n_steps] for name, values in self.spread.items()}
        return Trajectory(
            self.states[: n_steps + 1],
            self.losses[:n_steps],
            spread_of_head,
            self.loss_spread[:n_steps],
            self.batch_size,
        )


def trajectory(
    problem: Problem,
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    state: State,
    order: NDArray[np.int64],
) -> Trajectory:
    """Return where the training goes from `state`: one step per row of `order`.

    `images` is (N, D) uint8, `labels` (N,), `order` (n_steps, B) indices into both.
    """
    states, losses = [state], []
    with np.errstate(over="ignore", invalid="ignore"):  # a training may diverge: its values then say so
        for batch in order:
            following, loss = step(problem, images[batch], labels[batch], states[-1])
            states.append(following)
            losses.append(loss)
        rounding, loss_rounding = spread(PerturbedTraining.of(problem, images, labels, state, order))
    return Trajectory(tuple(states), np.array(losses), rounding, loss_rounding, order.shape[1])


def step(problem: Problem, images: NDArray[np.uint8], labels: NDArray[np.uint8], state: State) -> tuple[State, float]:
    """Return the state after one step on this mini-batch, and the loss before it.

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
    problem: Problem, images: NDArray[np.uint8], labels: NDArray[np.uint8], state: State
) -> tuple[float, list[FloatArray], list[FloatArray]]:
    """Return Σ_batch ℓ, Σ_batch ∂ℓ/∂W and Σ_batch ∂ℓ/∂b, the last two as one array per layer."""
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
                delta = (state.W[layer].T @ delta) * a * (1 - a)
    return loss_sum, W_sum, b_sum


def forward(
    problem: Problem, W: Sequence[FloatArray], b: Sequence[FloatArray], x: FloatArray
) -> tuple[FloatArray, list[FloatArray]]:
    """Return the logits of the last layer and the activations of all, x first.

    z[l] = W[l] a[l−1] + b[l];  a[l] = σ(z[l]), in the last layer the problem's output activation
    """
    activations = [x]
    for W_l, b_l in zip(W, b, strict=True):
        z = W_l @ activations[-1] + b_l
        activations.append(sigmoid(z))
    if problem.output_activation == "softmax":
        activations[-1] = softmax(z)
    return z, activations


def sigmoid(z: FloatArray) -> FloatArray:
    """Return 1 / (1 + exp(−z)), of which only exp(−|z|) is ever computed: no overflow for any z."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, e) / (1.0 + e)


def softmax(z: FloatArray) -> FloatArray:
    """Return exp(z) / Σ exp(z), shifted by the largest logit so that nothing overflows."""
    e = np.exp(z - z.max())
    return np.asarray(e / e.sum())


def output_delta(problem: Problem, a: FloatArray, y: FloatArray) -> FloatArray:
    """Return ∂ℓ/∂z of the last layer: (a − y)·a·(1 − a) for the quadratic loss, a − y for the others."""
    if problem.loss == "quadratic":
        return (a - y) * a * (1 - a)
    return a - y


def sample_loss(problem: Problem, z: FloatArray, y: FloatArray) -> float:
    """Return ℓ of one sample, from the logits.

    quadratic ½ Σ (σ(z) − y)²;  log Σ log(1 + exp(z)) − y·z;  cross_entropy log Σ exp(z) − Σ y·z
    """
    if problem.loss == "quadratic":
        return float(0.5 * np.sum((sigmoid(z) - y) ** 2))
    if problem.loss == "log":
        return float(np.sum(np.logaddexp(0.0, z) - y * z))
    top = z.max()
    return float(top + np.log(np.sum(np.exp(z - top))) - y @ z)


def cached_trajectory(
    problem: Problem,
    data_sha256: str,
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    state: State,
    order: NDArray[np.int64],
    folder: Path,
) -> Trajectory:
    """Return `trajectory(…)`, from `folder` where the same one was computed before.

    The file is named by everything that decides the numbers. One that is damaged is computed again.
    """
    path = folder / f"{_cache_key(problem, data_sha256, state, order)}.npz"
    known = _read(path)
    if known is not None:
        return known
    computed = trajectory(problem, images, labels, state, order)
    with contextlib.suppress(OSError):  # a cache that cannot be written costs time, nothing else
        _write(path, computed)
    return computed


def _cache_key(problem: Problem, data_sha256: str, state: State, order: NDArray[np.int64]) -> str:
    content = hashlib.sha256()
    for source in DEFINING_SOURCES:
        content.update(Path(source).read_bytes())
    words = (problem.fingerprint(), data_sha256, state.digest(), str(order.shape))
    content.update("\0".join(words).encode())
    content.update(np.ascontiguousarray(order, dtype=np.int64).data)
    return content.hexdigest()[:32]


def _write(path: Path, found: Trajectory) -> None:
    """Write the trajectory to a file: a reader meets a whole one or none."""
    arrays: dict[str, NDArray[np.float64] | NDArray[np.int64]] = {
        "losses": found.losses,
        "loss_spread": found.loss_spread,
        "steps": np.array([state.step for state in found.states]),
        "batch_size": np.array(found.batch_size),
    }
    for name, values in found.spread.items():
        arrays[f"spread@{name}"] = values
        arrays[f"states@{name}"] = np.stack([state.tensors()[name] for state in found.states])
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        np.savez(file, allow_pickle=False, **arrays)


def _read(path: Path) -> Trajectory | None:
    """Return the trajectory in this file; None where there is none, or none that can be trusted."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        tensors = {name.partition("@")[2]: stack for name, stack in arrays.items() if name.startswith("states@")}
        states = tuple(
            State.from_tensors({name: stack[i] for name, stack in tensors.items()}, int(step))
            for i, step in enumerate(arrays["steps"])
        )
        rounding = {name: arrays[f"spread@{name}"] for name in tensors}
        return Trajectory(states, arrays["losses"], rounding, arrays["loss_spread"], int(arrays["batch_size"]))
    except (OSError, EOFError, ValueError, KeyError, IndexError, zipfile.BadZipFile, zlib.error):
        return None
