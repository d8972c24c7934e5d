"""The matrix products of one step, as arrays in the step's own shapes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

Product = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]  # left, right, result

# Products of such values stay away from 0, infinity and denormal numbers.
ENTRY = 2.0**-10


def step_products(layers: Sequence[int], batch_size: int, dtype: DTypeLike) -> Iterator[Product]:
    """Yield left, right and result of each product.

    Per layer of weights: forward A·W, the gradient Aᵀ·delta, and after the first layer delta·Wᵀ. Samples lie in rows,
    results go into preallocated memory. No gather, no activation, no update.
    """
    A = [np.full((batch_size, size), ENTRY, dtype) for size in layers]
    delta = [np.full((batch_size, size), ENTRY, dtype) for size in layers]
    for layer, fans in enumerate(pairwise(layers)):
        W, dW = (np.full(fans, ENTRY, dtype) for _ in range(2))
        yield A[layer], W, A[layer + 1]
        yield A[layer].T, delta[layer + 1], dW
        if layer > 0:
            yield delta[layer + 1], W.T, delta[layer]
