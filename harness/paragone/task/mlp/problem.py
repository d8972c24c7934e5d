"""The problem as data: network, loss, update rule, and the random streams of its start and its orders."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paragone.files.schema import LARGEST, LARGEST_NUMBER
from paragone.task.mlp.starts import start_scales
from paragone.task.mlp.state import State
from paragone.task.mlp.step_counts import StepCounts
from paragone.task.mlp.words import WORDS
from paragone.task.problem import Arrays, Declares, Problem, Words

# The pairs of output activation and loss for which a step is defined.
OUTPUTS_AND_LOSSES = (("sigmoid", "quadratic"), ("sigmoid", "log"), ("softmax", "cross_entropy"))
HIDDEN_ACTIVATIONS = ("sigmoid", "tanh", "relu")
REDUCTIONS = ("mean", "sum")
STARTS = ("standard_normal", "scaled_normal", "he_normal")

MOST_CLASSES = 256  # labels are bytes
WORDS_AND_GRID = {"description", "source", "batch_sizes"}  # no time depends on them
MOST_LAYERS = 1000
MOST_PARAMETERS = 10**8  # of a network: 0.8 GB in float64, and a run holds several copies
BASELINE, QUICK_SIZES = "numpy_rows", (10, 1000)
# The most images of a sample: where train defers its work, a step seems to take no time.
MOST_IMAGES = 2_000_000


@dataclass(frozen=True)
class NetworkProblem(StepCounts, Problem):
    """A network, a data set, and the step that trains it.

    With R = 1/B (`reduction` "mean") or 1 ("sum"), B the batch size and Δ_prev the previous update:

        g = R·Σ_batch ∂ℓ/∂W + l2·W + l1·sign(W)      (the penalties on weights only)
        Δ = η·g;   W ← W − (Δ + momentum·Δ_prev);   Δ_prev ← Δ

    `learning_rate` holds (batch size, η) pairs, smallest batch size first. `batch_sizes` is the default grid of a run.
    """

    name: str
    description: str
    source: str
    dataset: str
    n_train: int
    layers: tuple[int, ...]
    hidden_activation: str
    output_activation: str
    loss: str
    learning_rate: tuple[tuple[int, float], ...]
    learning_rate_decay: float
    momentum: float
    l1: float
    l2: float
    reduction: str
    start: str
    records_loss: bool
    batch_sizes: tuple[int, ...]

    @property
    def words(self) -> Words:
        return WORDS

    @property
    def family(self) -> str:
        return "mlp"

    @property
    def sizes(self) -> tuple[int, ...]:
        return self.batch_sizes

    @property
    def quick_sizes(self) -> tuple[int, ...]:
        return tuple(size for size in QUICK_SIZES if size <= self.n_train) or (self.n_train,)

    @property
    def baseline(self) -> str:
        return BASELINE

    @property
    def named_sizes(self) -> Mapping[str, int]:
        """`full` is the whole training set."""
        return {"full": self.n_train}

    def size_fault(self, size: int) -> str | None:
        return None if 1 <= size <= self.n_train else f"expected 1 to {self.n_train}, or full"

    def work(self, size: int) -> float:
        """The images of a mini-batch."""
        return size

    def undeclared_by(self, implementation: Declares) -> str | None:
        """Code that was written when all hidden layers were sigmoid says nothing, and would train another network."""
        known = implementation.hidden_activations
        if self.hidden_activation in known:
            return None
        return f"its hidden layers are {' or '.join(known) or 'none'}, not {self.hidden_activation}"

    @property
    def has_plain_update(self) -> bool:
        """Whether the update is W ← W − η·R·Σ ∂ℓ/∂W and nothing else."""
        return self.momentum == self.l1 == self.l2 == 0

    def steps_per_epoch(self, batch_size: int) -> int:
        """⌊N/B⌋: the remainder that does not fill a mini-batch is dropped."""
        return self.n_train // batch_size

    def most_steps(self, size: int) -> int:
        return max(1, MOST_IMAGES // size)

    def batch_scale(self, batch_size: int) -> float:
        """R, the factor on the summed gradients and the summed loss."""
        return 1 / batch_size if self.reduction == "mean" else 1.0

    def start_learning_rate(self, batch_size: int) -> float:
        """η of epoch 0: that of the largest listed batch size ≤ B, else the first in the list."""
        rate = self.learning_rate[0][1]
        for listed_size, listed_rate in self.learning_rate:
            if listed_size <= batch_size:
                rate = listed_rate
        return rate

    def learning_rates(self, first_step: int, n_steps: int, batch_size: int) -> NDArray[np.float64]:
        """η of each of `n_steps` steps from `first_step` on, shape (n_steps,).

        Before epoch k (k = 0, 1, …): η ← η / (1 + d·k), with d the decay.
        """
        start = self.start_learning_rate(batch_size)
        if self.learning_rate_decay == 0:
            return np.full(n_steps, start)
        epochs = (first_step + np.arange(n_steps)) // self.steps_per_epoch(batch_size)
        divisors = np.cumprod(1 + self.learning_rate_decay * np.arange(epochs[-1] + 1 if n_steps else 1))
        return np.asarray(start / divisors[epochs], dtype=np.float64)

    def start_state(self, seed: int) -> State:
        """The network before its first step, drawn by PCG64 from `seed`.

        Weights and biases are standard normal, or that times 1/√fan_in ("scaled_normal"), or the weights are that
        times √(2/fan_in) and the biases 0 ("he_normal": K. He et al., 2015, for ReLU). They are rounded to float32, so
        that every dtype starts from the same numbers.
        """
        random = np.random.Generator(np.random.PCG64(seed))
        W, b = [], []
        for fan_in, fan_out in self.fans:
            of_weights, of_biases = start_scales(self.start, fan_in)
            W.append(rounded_to_float32(of_weights * random.standard_normal((fan_out, fan_in))))
            b.append(rounded_to_float32(of_biases * random.standard_normal(fan_out)))
        return State.at_rest(W, b)

    def draw_start(self, seed: int, size: int) -> State:
        """`start_state`: the same at every batch size."""
        return self.start_state(seed)

    def state_of(self, arrays: Arrays, step: int) -> State:
        return State.from_tensors(dict(arrays), step)

    def order(self, seed: int, n_steps: int, size: int) -> NDArray[np.int64]:
        """The image indices of every mini-batch, shape (n_steps, B), int64; B is `size`.

        Rows of successive random permutations of the training set (PCG64, `seed`). The indices at the end of an epoch
        that do not fill a mini-batch are dropped. At full batch every row is 0 … N−1.
        """
        if size == self.n_train:
            return np.tile(np.arange(self.n_train), (n_steps, 1))
        random = np.random.Generator(np.random.PCG64([seed, size]))
        per_epoch = self.steps_per_epoch(size)
        epochs = [
            random.permutation(self.n_train)[: per_epoch * size].reshape(per_epoch, size)
            for _ in range(max(1, -(-n_steps // per_epoch)))
        ]
        return np.ascontiguousarray(np.concatenate(epochs)[:n_steps])

    @property
    def call_sizes(self) -> tuple[int, ...]:
        """One image, and the whole training set."""
        return 1, self.n_train

    def steps_per_pass(self, size: int) -> int:
        """Those of an epoch."""
        return self.steps_per_epoch(size)

    def fault(self) -> str | None:
        rates = [number for pair in self.learning_rate for number in pair]
        numbers = (*rates, self.momentum, self.l1, self.l2, self.learning_rate_decay)
        if not 2 <= len(self.layers) <= MOST_LAYERS:
            return f".layers: expected 2 to {MOST_LAYERS} sizes, got {len(self.layers)}"
        if not all(1 <= size <= LARGEST for size in (*self.layers, *self.batch_sizes, self.n_train)):
            return f": expected sizes from 1 to {LARGEST}"
        if not all(abs(number) <= LARGEST_NUMBER for number in numbers):
            return ": expected finite numbers"
        return None

    def definition(self) -> dict[str, Any]:
        return {key: value for key, value in asdict(self).items() if key not in WORDS_AND_GRID}

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> NetworkProblem:
        """The inverse of `to_json`."""
        rates = tuple((int(size), float(rate)) for size, rate in data["learning_rate"])
        lists = {"layers": tuple(data["layers"]), "batch_sizes": tuple(data["batch_sizes"]), "learning_rate": rates}
        return cls(**{**data, **lists})

    def fingerprint(self) -> str:
        """A hash of everything that decides the numbers: not of description, source and grid."""
        content = asdict(replace(self, description="", source="", batch_sizes=()))
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def rounded_to_float32(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """x rounded to the nearest float32, as float64."""
    return x.astype(np.float32).astype(np.float64)
