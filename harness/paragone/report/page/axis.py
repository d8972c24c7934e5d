"""The axes of the first screen: places in per cent of their length, and ticks with room for their texts."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from paragone.report.text import formatting

LEAST_GAP, ACROSS_GAP = 12, 22  # per cent between two ticks, and where their texts stand side by side in little room
ROOM = 0.03  # of the axis, left free at both ends
MOST_TICKS = 5
LINE_STEPS = [digit * 10**power for power in range(8) for digit in (1, 2, 5)]  # between ticks for lines of maths
AT_ZERO, FROM_ZERO = 4.0, 16.0  # per cent: where nothing stands, and where the numbers above 0 begin

Tick = tuple[str, str]  # place and text


class LogAxis:
    """A logarithmic axis that holds all these numbers; it begins at `start` per cent of its length."""

    def __init__(self, numbers: Sequence[float], start: float = 0.0, least_gap: float = LEAST_GAP) -> None:
        known = [math.log10(number) for number in numbers if number > 0] or [0.0]
        room = max(0.05, ROOM * (max(known) - min(known)))
        self.low, self.high = min(known) - room, max(known) + room
        self.start, self.least_gap = start, least_gap

    def at(self, number: float) -> str:
        share = (math.log10(number) - self.low) / (self.high - self.low)
        return f"{self.start + (100 - self.start) * share:.2f}"

    def ticks(self) -> list[Tick]:
        """Return powers of ten, and as many numbers between them as have room."""
        decades = range(math.floor(self.low), math.ceil(self.high) + 1)
        for steps in ((1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8), (1, 1.5, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,)):
            numbers = [step * 10.0**power for power in decades for step in steps]
            ticks = [(self.at(number), formatting.tick(number)) for number in numbers]
            if all(float(after) - float(at) >= self.least_gap for (at, _), (after, _) in itertools.pairwise(ticks)):
                break
        return [(at, text) for at, text in ticks if self.start <= float(at) <= 100]


class LineAxis:
    """A linear axis from 0 for numbers of lines."""

    def __init__(self, most: int) -> None:
        self.most = max(1, most)
        self.step = next(step for step in LINE_STEPS if most < MOST_TICKS * step)

    def at(self, lines: float) -> str:
        return f"{100 * (1 - ROOM) * lines / self.most:.2f}"

    def ticks(self) -> list[Tick]:
        return [(self.at(lines), str(lines)) for lines in range(0, self.most + 1, self.step)]


class ByteAxis:
    """A logarithmic axis of 10⁹ bytes, with a place of its own for 0."""

    def __init__(self, numbers: Sequence[float]) -> None:
        self.above = LogAxis([number / 1e9 for number in numbers], FROM_ZERO, ACROSS_GAP)

    def at(self, n_bytes: float) -> str:
        return self.above.at(n_bytes / 1e9) if n_bytes > 0 else f"{AT_ZERO:.2f}"

    def ticks(self) -> list[Tick]:
        return [(f"{AT_ZERO:.2f}", "0"), *self.above.ticks()]
