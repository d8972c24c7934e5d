"""Places for labels beside points: none touches another, and each is as near to its point as possible."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> NDArray[np.float64]:
    """Return positions in [low, high], at least `gap` apart, closest to those wanted and in the same order.

    Closest in the sum of squares. With g the gap, x_i − i·g must not decrease: an isotonic regression, solved exactly
    by pooling adjacent violators. Where there is no room for the gap, it shrinks to what fits.
    """
    ideal = np.asarray(wanted, dtype=float)
    count = len(ideal)
    if count == 0:
        return ideal
    gap = min(gap, (high - low) / max(1, count - 1))
    order = np.argsort(ideal, kind="stable")
    offsets = gap * np.arange(count)
    pooled = _isotonic(ideal[order] - offsets)
    positions = np.empty(count)
    positions[order] = np.clip(pooled, low, max(low, high - offsets[-1])) + offsets
    return positions


def _isotonic(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the non-decreasing sequence closest to `values`, by pooling adjacent violators."""
    means: list[float] = []
    sizes: list[int] = []
    for value in values:
        means.append(float(value))
        sizes.append(1)
        while len(means) > 1 and means[-2] > means[-1]:
            mean, size = means.pop(), sizes.pop()
            means[-1] = (means[-1] * sizes[-1] + mean * size) / (sizes[-1] + size)
            sizes[-1] += size
    return np.repeat(means, sizes)
