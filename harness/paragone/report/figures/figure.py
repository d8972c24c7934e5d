"""The sheet that every figure is drawn on: one style, sizes in inches, byte-identical files.

Matplotlib's global state and the user's settings stay untouched: a figure is an object, and the style applies only
inside `figure_style`.
"""

from __future__ import annotations

import bisect
import io
import itertools
import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from paragone.report.figures.drawing import Drawing, Form
from paragone.report.figures.palette import GRID, INK, SOFT_INK
from paragone.report.text import formatting

STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": SOFT_INK,
    "axes.labelcolor": SOFT_INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.grid": False,
    "xtick.color": SOFT_INK,
    "ytick.color": SOFT_INK,
    "ytick.left": False,
    "hatch.linewidth": 0.6,
    "text.parse_math": False,  # a problem may have a dollar sign in its name
    "svg.hashsalt": "paragone",
    "svg.fonttype": "path",
}
DPI = 160
NO_DATES: dict[Form, dict[str, Any]] = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None}}
LEFT = 0.62  # inches for the tick labels of y
TITLE_HEIGHT = 0.34
NARROW = 0.25  # times the size of the font: no character is narrower
TICK_WIDTH = 0.47  # inches along the axis for one size


@contextmanager
def figure_style() -> Iterator[None]:
    """Apply Matplotlib's defaults with ours on top, whatever the user's settings are."""
    style: Any = {key: value for key, value in matplotlib.rcParamsDefault.items() if not key.startswith("backend")}
    style.update(STYLE)
    with matplotlib.rc_context(style), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # Matplotlib draws a box instead
        yield


class ShownFigure(Figure):
    """A figure that a notebook shows by itself; of others it knows only those of pyplot."""

    def _repr_png_(self) -> bytes:
        content = io.BytesIO()
        self.savefig(content, format="png", metadata=NO_DATES["png"])
        return content.getvalue()


class Sheet:
    """A figure with a title and a subtitle. Sizes and places are in inches, from the top left corner."""

    def __init__(self, width: float, height: float, title: str, subtitle: Sequence[str]) -> None:
        lines = [part for line in subtitle for part in wrapped(line, width - 0.4, 8.5)]
        self.top = 0.22 + TITLE_HEIGHT + 0.18 * len(lines)
        self.width, self.height = width, height + self.top
        self.figure = ShownFigure(figsize=(self.width, self.height), facecolor="white", dpi=DPI)
        FigureCanvasAgg(self.figure)
        self.text(0.15, 0.22, title, size=12.5, weight="bold")
        for number, line in enumerate(lines):
            self.text(0.15, 0.22 + TITLE_HEIGHT + 0.18 * number - 0.06, line, size=8.5, color=SOFT_INK)

    def text(self, x: float, y: float, text: str, **style: Any) -> None:
        """Write at x, y from the top left corner of the sheet."""
        self.figure.text(x / self.width, 1 - y / self.height, text, **{"va": "center", "ha": "left", **style})

    def axes(self, x: float, y: float, width: float, height: float) -> Axes:
        """Return axes whose top left corner lies at x, y below title and subtitle."""
        bottom = 1 - (self.top + y + height) / self.height
        place = (x / self.width, bottom, width / self.width, height / self.height)
        return self.figure.add_axes(place)

    def drawing(self, name: str, caption: str) -> Drawing:
        return Drawing(name, caption, self._file)

    def _file(self, form: Form) -> bytes:
        """Return the figure as a file. It holds no date, so that the same figure is the same bytes."""
        buffer = io.BytesIO()
        with figure_style():
            self.figure.savefig(buffer, format=form, dpi=DPI, metadata=NO_DATES[form], facecolor="white")
        return buffer.getvalue()


def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Return the width in inches."""
    text = text.replace("$", "S")  # TextPath would parse it as mathematics
    if not text.strip():
        return 0.0
    font = FontProperties(family="DejaVu Sans", weight=weight)
    return _outline_width(TextPath((0, 0), text, size=size, prop=font, usetex=False)) / 72


def _outline_width(outline: Path) -> float:
    """Return `outline.get_extents().width`, in a hundredth of the time.

    Matplotlib looks for the extremes of every curve. A curve reaches beyond the points on the outline only where its
    control point does, which no letter of the font has; where one has, Matplotlib is asked after all.
    """
    x, codes = np.asarray(outline.vertices)[:, 0], np.asarray(outline.codes)
    controls = np.flatnonzero(codes == Path.CURVE3)[::2]  # of each pair of vertices, the second is on the outline
    on_outline = codes != Path.CLOSEPOLY
    on_outline[controls] = False
    low, high = x[on_outline].min(), x[on_outline].max()
    if (codes == Path.CURVE4).any() or (x[controls] < low).any() or (x[controls] > high).any():
        return float(outline.get_extents().width)
    return float(high - low)


def wrapped(text: str, width: float, size: float) -> list[str]:
    """Break the text between words into lines of at most `width` inches; a word that is longer has its own line."""
    words, lines = text.split(" "), []
    while words:
        fitting = _fitting(words, width, size)
        lines.append(" ".join(words[:fitting]).strip())
        words = words[fitting:]
    return lines


def _fitting(words: Sequence[str], width: float, size: float) -> int:
    """Return how many of the first words fit into a line, at least one. Few lines are measured, for that takes long."""
    most = 1 + width * 72 / size / NARROW  # characters
    ends = list(itertools.accumulate(len(word) + 1 for word in words))
    low, high = 1, max(1, bisect.bisect(ends, most))
    while low < high:
        middle = (low + high + 1) // 2
        if text_width(" ".join(words[:middle]), size) <= width:
            low = middle
        else:
            high = middle - 1
    return low


def size_axis(axes: Axes, sizes: Sequence[int], name: str) -> None:
    """Make x a logarithmic axis of sizes with that name, with as many ticks as have room for their labels."""
    axes.set_xscale("log")
    axes.set_xlim(min(sizes) / 1.35, max(sizes) * 1.35)
    width = axes.bbox.width / axes.figure.dpi  # inches
    axes.xaxis.set_major_locator(FixedLocator(sizes_to_label(sizes, most=max(1, round(width / TICK_WIDTH)))))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda size, _: formatting.size(round(size))))
    axes.set_xlabel(name)


def sizes_to_label(sizes: Sequence[int], most: int = 7, closest: float = 1.9) -> list[int]:
    """Return the first and the last size, and between them those at least a factor `closest` apart."""
    sizes = sorted(set(sizes))
    factor = max(closest, (sizes[-1] / sizes[0]) ** (1 / most))
    chosen = sizes[:1]
    for size in sizes[1:]:
        is_last = size == sizes[-1]
        if is_last and len(chosen) > 1 and size < chosen[-1] * factor:
            chosen.pop()
        if is_last or size >= chosen[-1] * factor:
            chosen.append(size)
    return chosen


def log_axis(axis: Axis, low: float, high: float, format_tick: Callable[[float], str]) -> None:
    """Put as many ticks on a logarithmic axis as its range has room for."""
    decades = math.log10(high / low)
    subs: tuple[float, ...] = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)
    for most_decades, fewer in ((0.6, (1, 1.5, 2, 3, 5, 7)), (1.1, (1, 2, 5)), (2.4, (1,))):
        if decades > most_decades:
            subs = fewer
    axis.set_major_locator(LogLocator(subs=subs, numticks=20))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: format_tick(value)))


def rate_axis(axes: Axes, low: float, high: float, labelled: bool) -> None:
    """Make y a logarithmic axis of work per second with grid lines; `labelled` for the first panel of a row."""
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    log_axis(axes.yaxis, low, high, formatting.tick)
    axes.tick_params(axis="y", labelleft=labelled)
    axes.grid(axis="y", color=GRID, linewidth=0.7)
    axes.set_axisbelow(True)
