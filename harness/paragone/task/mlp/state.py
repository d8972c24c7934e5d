"""The canonical state of a network in training: `reset` takes it, `params` returns it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class State:
    """Everything that the next step depends on; float64, C order, one entry per layer.

    `W[l]` is (fan_out, fan_in), `b[l]` is (fan_out,). `dW[l]` and `db[l]` are the previous
    updates Δ_prev, of the same shapes: zero at the start, and ignored by a problem without
    momentum. `step` counts the steps taken so far and fixes the learning rate of the next.
    """

    W: tuple[FloatArray, ...]
    b: tuple[FloatArray, ...]
    dW: tuple[FloatArray, ...]
    db: tuple[FloatArray, ...]
    step: int = 0

    @classmethod
    def at_rest(cls, W: Sequence[FloatArray], b: Sequence[FloatArray], step: int = 0) -> State:
        """The state of these weights and biases with previous updates of 0."""
        return cls(
            tuple(W),
            tuple(b),
            tuple(np.zeros_like(W_l) for W_l in W),
            tuple(np.zeros_like(b_l) for b_l in b),
            step,
        )

    @classmethod
    def from_tensors(cls, tensors: dict[str, FloatArray], step: int) -> State:
        """The inverse of `tensors()`."""
        depth = range(1, sum(name.startswith("W") for name in tensors) + 1)
        W, b, dW, db = (tuple(tensors[f"{kind}{layer}"] for layer in depth) for kind in ("W", "b", "dW", "db"))
        return cls(W, b, dW, db, step)

    def tensors(self) -> dict[str, FloatArray]:
        """The arrays by name: W1, b1, … then dW1, db1, …; layers count from 1."""
        return dict(self._named())

    @classmethod
    def from_flat(cls, vector: FloatArray, layers: Sequence[int], step: int) -> State:
        """The inverse of `flat()`, in a copy; `layers` are the sizes of the network."""
        shapes = [shape for fans in zip(layers[1:], layers[:-1], strict=True) for shape in (fans, fans[:1])] * 2
        ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
        parts = np.split(np.array(vector, dtype=np.float64), ends[:-1])
        arrays = [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]
        half = len(arrays) // 2
        return cls(
            tuple(arrays[:half:2]), tuple(arrays[1:half:2]), tuple(arrays[half::2]), tuple(arrays[half + 1 :: 2]), step
        )

    def flat(self) -> FloatArray:
        """Everything but the step as one vector: W1, b1, W2, b2, … then dW1, db1, …, each in C order.

        In this form a state is handed to another language.
        """
        return np.concatenate([tensor.ravel() for tensor in self.tensors().values()])

    def _named(self) -> Iterator[tuple[str, FloatArray]]:
        for weights, biases in (("W", "b"), ("dW", "db")):
            pairs = zip(getattr(self, weights), getattr(self, biases), strict=True)
            for layer, (W_l, b_l) in enumerate(pairs, start=1):
                yield f"{weights}{layer}", W_l
                yield f"{biases}{layer}", b_l

    def digest(self) -> str:
        """A hash of every bit of the state."""
        content = hashlib.blake2b(str(self.step).encode(), digest_size=16)
        for name, tensor in self._named():
            content.update(f"{name}{tensor.shape}".encode())
            content.update(np.ascontiguousarray(tensor, dtype=np.float64).data)
        return content.hexdigest()
