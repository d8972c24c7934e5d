"""Labels at the ends of lines, instead of a legend: as close to their lines as possible without touching each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes

from paragone.report.figures.figure import text_width
from paragone.report.figures.spread import spread

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


def panel_room(labels: Sequence[str], count: int, least_height: float) -> tuple[float, float]:
    """Return the inches beside a panel for its labels, of which there are `count` at most, and the panel's height."""
    beside = label_space(count) + 0.2 + max(text_width(label, LABEL_SIZE, "bold") for label in labels)
    return beside, max(least_height, count * LABEL_GAP * 1.25)


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
