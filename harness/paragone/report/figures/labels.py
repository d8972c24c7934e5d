"""Labels at the ends of lines, instead of a legend: as close to their lines as possible without touching each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

LABEL_SIZE = 8.0
LABEL_GAP = 0.152  # inches between the middles of two labels


class LineEnd(NamedTuple):
    """The last point of a line, in data coordinates, and its label."""

    x: float
    y: float
    label: str
    colour: str
    is_bold: bool = False


def label_space(count: int) -> float:
    """Return the inches between the axes and their labels: more labels need longer connecting lines."""
    return 0.2 + 0.016 * count


def label_lines(axes: Axes, ends: Sequence[LineEnd], height: float) -> None:
    """Write each label to the right of the axes and connect it to its line; `height` of the axes in inches."""
    to_fraction = axes.transData + axes.transAxes.inverted()
    wanted = [float(to_fraction.transform((end.x, end.y))[1]) for end in ends]
    places = spread(wanted, LABEL_GAP / height, 0.0, 1.0)
    width = axes.bbox.width / axes.bbox.height * height
    for end, place in zip(ends, places, strict=True):
        axes.annotate(
            end.label,
            xy=(end.x, end.y),
            xytext=(1 + label_space(len(ends)) / width, place),
            textcoords="axes fraction",
            size=LABEL_SIZE,
            color=end.colour,
            weight="bold" if end.is_bold else "normal",
            va="center_baseline",
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": end.colour, "lw": 0.6, "alpha": 0.55, "shrinkA": 1, "shrinkB": 4,
                        "relpos": (0, 0.5)},
        )  # fmt: skip


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
