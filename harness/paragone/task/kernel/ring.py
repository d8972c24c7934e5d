"""The distinct inputs of one round, a ring, and the order in which its calls visit them.

A call on the input of the call before would find it, and its results, in the caches and in the branch predictor. So a
round has several sets of inputs, and its calls visit them in random order.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from paragone.task.kernel.reference import Arrays, Reference
from paragone.task.kernel.spec import KernelSpec

MOST_SETS = 8
LEAST_SETS = 2
MOST_BYTES = 64_000_000  # of a ring, its results included


def n_sets(spec: KernelSpec, size: int, dtype: str) -> int:
    """How many sets of inputs a ring has: 8, fewer where they are large, 1 where a state evolves."""
    if spec.form == "steps":
        return 1
    each = spec.set_bytes(size, dtype)
    return 1 if each > MOST_BYTES else max(LEAST_SETS, min(MOST_SETS, MOST_BYTES // each))


def ring(reference: Reference, spec: KernelSpec, size: int, case: str, seed: int, n_sets: int) -> Arrays:
    """The in and inout arrays of a ring by name, each (n_sets, *shape). Raises Misuse."""
    sets = [reference.inputs((seed, number), case, spec, size) for number in range(n_sets)]
    return {array.name: np.stack([one[array.name] for one in sets]) for array in spec.inputs_of()}


def one_set(ring: Arrays, number: int) -> Arrays:
    """The arrays of one set, as views."""
    return {name: array[number] for name, array in ring.items()}


def order(seed: int, n_steps: int, n_sets: int) -> NDArray[np.int64]:
    """The set of each call, (n_steps, 1): successive random permutations of the ring (PCG64)."""
    random = np.random.Generator(np.random.PCG64([seed, n_sets]))
    rows = np.tile(np.arange(n_sets, dtype=np.int64), (-(-n_steps // n_sets), 1))
    return np.ascontiguousarray(random.permuted(rows, axis=1).reshape(-1, 1)[:n_steps])
