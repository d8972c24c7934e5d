"""The sheet every figure is drawn on: one style, sizes in inches, and files that come out the same every time.

Nothing here touches Matplotlib's global state or the user's settings: a figure is an object, and the
style holds only while `drawing` is open.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

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
    "text.parse_math": False,  # a dollar in the name of a problem is a dollar
    "svg.hashsalt": "paragone",
    "svg.fonttype": "path",
}
DPI = 160
LEFT, BOTTOM = 0.62, 0.62  # inches for tick labels
TITLE_HEIGHT = 0.34
ROOM_OF_A_SIZE = 0.47  # inches along the axis for the number of a batch size


@dataclass(frozen=True)
class Drawn:
    """A finished figure: its file name without ending, what it shows in a sentence, and its two files."""

    name: str
    caption: str
    png: bytes
    svg: bytes


@contextmanager
def drawing() -> Iterator[None]:
    """Hold the style: Matplotlib's own defaults with ours on top, whatever the user's settings are."""
    style: Any = {key: value for key, value in matplotlib.rcParamsDefault.items() if not key.startswith("backend")}
    style.update(STYLE)
    with matplotlib.rc_context(style), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # a box stands for it
        yield


class Sheet:
    """A figure of a size in inches with a title and a subtitle; axes are placed in inches from the top left."""

    def __init__(self, width: float, height: float, title: str, subtitle: Sequence[str]) -> None:
        lines = [part for line in subtitle for part in wrapped(line, width - 0.4, 8.5)]
        self.top = 0.22 + TITLE_HEIGHT + 0.18 * len(lines)
        self.width, self.height = width, height + self.top
        self.figure = Figure(figsize=(self.width, self.height), facecolor="white", dpi=DPI)
        FigureCanvasAgg(self.figure)
        self.text(0.15, 0.22, title, size=12.5, weight="bold")
        for number, line in enumerate(lines):
            self.text(0.15, 0.22 + TITLE_HEIGHT + 0.18 * number - 0.06, line, size=8.5, color=SOFT_INK)

    def text(self, x: float, y: float, text: str, **style: Any) -> None:
        """Write at x, y inches from the top left corner of the sheet."""
        self.figure.text(x / self.width, 1 - y / self.height, text, **{"va": "center", "ha": "left", **style})

    def axes(self, x: float, y: float, width: float, height: float) -> Axes:
        """Return axes whose top left corner lies at x, y inches, below title and subtitle."""
        bottom = 1 - (self.top + y + height) / self.height
        place = (x / self.width, bottom, width / self.width, height / self.height)
        return self.figure.add_axes(place)

    def drawn(self, name: str, caption: str) -> Drawn:
        """Return the figure as PNG and SVG, without dates, so that the same figure is the same bytes."""
        files = {}
        for form, metadata in (("png", {"Software": None}), ("svg", {"Date": None, "Creator": None})):
            buffer = io.BytesIO()
            self.figure.savefig(buffer, format=form, dpi=DPI, metadata=metadata, facecolor="white")
            files[form] = buffer.getvalue()
        return Drawn(name, caption, files["png"], files["svg"])


def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Return how wide a text is, in inches."""
    text = text.replace("$", "S")  # TextPath would read mathematics into it
    if not text.strip():
        return 0.0
    font = FontProperties(family="DejaVu Sans", weight=weight)
    return float(TextPath((0, 0), text, size=size, prop=font, usetex=False).get_extents().width) / 72


def wrapped(text: str, width: float, size: float) -> list[str]:
    """Return the text broken between words into lines of at most `width` inches."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and text_width(longer, size) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def batch_axis(axes: Axes, sizes: Sequence[int]) -> None:
    """Make x a logarithmic axis with a tick at every batch size that leaves room for its number."""
    axes.set_xscale("log")
    axes.set_xlim(min(sizes) / 1.35, max(sizes) * 1.35)
    width = axes.bbox.width / axes.figure.dpi  # inches
    axes.xaxis.set_major_locator(FixedLocator(legible(sizes, most=max(1, round(width / ROOM_OF_A_SIZE)))))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda size, _: formatting.batch(round(size))))
    axes.set_xlabel("batch size")


def legible(sizes: Sequence[int], most: int = 7, closest: float = 1.9) -> list[int]:
    """Return the sizes to write at ticks: the ends, and between them those far enough apart."""
    sizes = sorted(set(sizes))
    room = max(closest, (sizes[-1] / sizes[0]) ** (1 / most))
    chosen = sizes[:1]
    for size in sizes[1:]:
        is_last = size == sizes[-1]
        if is_last and len(chosen) > 1 and size < chosen[-1] * room:
            chosen.pop()
        if is_last or size >= chosen[-1] * room:
            chosen.append(size)
    return chosen


def log_axis(axis: Axis, low: float, high: float, written: Callable[[float], str]) -> None:
    """Put as many ticks on a logarithmic axis as its range can carry, written by `written`."""
    decades = math.log10(high / low)
    subs: tuple[float, ...] = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)
    for most_decades, fewer in ((0.6, (1, 1.5, 2, 3, 5, 7)), (1.1, (1, 2, 5)), (2.4, (1,))):
        if decades > most_decades:
            subs = fewer
    axis.set_major_locator(LogLocator(subs=subs, numticks=20))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: written(value)))


def rate_axis(axes: Axes, low: float, high: float, labelled: bool) -> None:
    """Make y a logarithmic axis with grid lines, and with numbers such as "100 k" where it is the first of its row."""
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    log_axis(axes.yaxis, low, high, formatting.tick)
    axes.tick_params(axis="y", labelleft=labelled)
    axes.grid(axis="y", color=GRID, linewidth=0.7)
    axes.set_axisbelow(True)
