"""Speed over what an implementation takes: a dot for each, and the Pareto front named at the right edge.

A line leads from each dot of the front to its name. The names stand in the order of the speeds, apart from each other,
in a chart that is high enough for all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from paragone.report.figures.spread import spread
from paragone.report.page.axis import Tick
from paragone.report.text import formatting

NAME_REM, LEAST_REM = 1.2, 14.0  # heights: of a name, and of a chart
LONGEST_NAME = 28  # characters


class Axis(Protocol):
    """Places in per cent, and ticks."""

    def at(self, number: float, /) -> str: ...

    def ticks(self) -> list[Tick]: ...


class Dot(NamedTuple):
    """`takes` is in the unit of the axis across, `at` the place of the speed in per cent."""

    name: str
    takes: float
    at: str
    colours: dict[str, str]
    title: str
    on_front: bool
    is_ring: bool = False


def scatter(dots: Sequence[Dot], across: Axis) -> dict[str, Any]:
    """Return what the template needs of one chart."""
    placed = [{**dot._asdict(), "across": across.at(dot.takes)} for dot in dots]
    front = sorted((dot for dot in placed if dot["on_front"]), key=lambda dot: float(dot["at"]))
    height = max(LEAST_REM, NAME_REM * len(front))
    levels = spread([float(dot["at"]) for dot in front], 100 * NAME_REM / height, 0.0, 100.0)
    for dot, level in zip(front, levels, strict=True):
        dot |= {"level": f"{level:.2f}", "shown": formatting.shortened(dot["name"], LONGEST_NAME)}
    return {
        "dots": [dot for dot in placed if not dot["on_front"]] + front,
        "front": front,
        "ticks": across.ticks(),
        "height_rem": f"{height:.1f}",
        "longest": max((len(dot["shown"]) for dot in front), default=0),
    }
