"""An implementation made slower by an exact share of its own time: what a benchmark must be able to find."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paragone.adapters.arrays import ArrayImplementation


class Slowed(ArrayImplementation):
    """Stands before the implementation that it slows: `class Copy(Slowed, NumpyRows)`."""

    slowdown = 0.0  # the share of its own time that every train takes longer

    def train(self, order: NDArray[np.int64]) -> NDArray[Any] | None:
        """Return what the implementation returns, after (1 + slowdown) times as long: it spins until then."""
        begin = time.perf_counter_ns()
        losses = super().train(order)
        end = begin + (time.perf_counter_ns() - begin) * (1 + self.slowdown)
        while time.perf_counter_ns() < end:
            pass
        return losses
