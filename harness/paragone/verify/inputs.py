"""What samples start from and work on: drawn anew for every round, from the system's randomness.

All variants of a problem and size have the same input in a round, so their ratios compare equal work. No input
comes twice, and none is known to a worker before its clock starts: what an implementation remembers, prepares or
gathers beforehand is of no use to it. The seed is written down with the sample.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping

from paragone.store.plan_records import Cell
from paragone.task.problem import Problem
from paragone.task.sample_input import SampleInput as SampleInput  # measuring imports it from here

SEED_BITS = 48


class RoundInputs:
    """The inputs of one round of these cells, by problem and size; drawn when it is made."""

    def __init__(self, cells: Iterable[Cell], problems: Mapping[str, Problem]) -> None:
        self._lengths: dict[tuple[str, int], set[int]] = {}
        for cell in cells:
            self._lengths.setdefault((cell.problem, cell.size), set()).add(cell.n_steps)
        self._problems, self._seed = problems, secrets.randbits(SEED_BITS)
        self._drawn: dict[tuple[str, int], SampleInput] = {}

    def of(self, cell: Cell) -> SampleInput:
        place = (cell.problem, cell.size)
        if place not in self._drawn:
            problem, lengths = self._problems[cell.problem], frozenset(self._lengths[place])
            self._drawn[place] = SampleInput(problem, cell.size, lengths, self._seed)
        return self._drawn[place]
