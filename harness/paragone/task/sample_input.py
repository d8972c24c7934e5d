"""What the samples of one problem and size start from and work on in one round."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

WARM_UP_SEED = 0


@dataclass(frozen=True, eq=False)
class SampleInput:
    """The input of the samples of one problem and size in one round; `lengths` are their numbers of steps."""

    problem: Any  # of the family's own class
    size: int
    lengths: frozenset[int]
    seed: int

    @cached_property
    def start(self) -> Any:
        return self.problem.draw_start(self.seed, self.size)

    @cached_property
    def longest_order(self) -> NDArray[np.int64]:
        order: NDArray[np.int64] = self.problem.order(self.seed, max(self.lengths), self.size)
        return order

    def order(self, n_steps: int) -> NDArray[np.int64]:
        return self.longest_order[:n_steps]

    @property
    def prefix_start(self) -> Any:
        """What the untimed steps before a sample start from, in every round."""
        return _warm_up_start(self.problem, self.size)

    def prefix(self, n_steps: int) -> NDArray[np.int64]:
        """The order of the untimed steps before a sample; it shares nothing with the order of the sample."""
        order: NDArray[np.int64] = self.problem.order(self.seed + 1, n_steps, self.size)
        return order


@lru_cache(maxsize=32)
def _warm_up_start(problem: Any, size: int) -> Any:
    return problem.draw_start(WARM_UP_SEED, size)
