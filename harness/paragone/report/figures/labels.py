"""Labels at the ends of lines: as close to their lines as they can be without touching each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> NDArray[np.float64]:
    """Return positions at least `gap` apart within [low, high] that lie closest to those wanted.

    Closest in the sum of squares, and in the order of the wanted ones. With g the gap, x_i − i·g must
    not decrease: an isotonic regression, solved exactly by pooling neighbours that violate it. Where
    there is no room for the gap, it shrinks to what fits.
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
    """Return the non-decreasing sequence closest to `values`: pool adjacent violators."""
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
