"""Whose turn it is in a round: one cell after the other, or cells whose samples alternate in parts.

Where two versions are compared and nothing else is asked, the steps between reset and result are timed in parts by
turns: version A, its control, version B, some milliseconds each, in a new random order each time. A machine that
changes its speed from one tenth of a second to the next changes it for all of them alike. Each part is a round.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import numpy as np
from msgspec import structs

from paragone.implementation.variant import CONTROL, without_version
from paragone.measure.launch import SampledMember, shuffled
from paragone.store.plan_records import Cell
from paragone.verify.inputs import RoundInputs
from paragone.verify.seen_sample import StartedSample

# The parts of a sample that alternates with others: of 40 ms, so that one takes 5 ms. A part begins with the caches as
# another worker left them, so shorter ones would measure that.
ALTERNATING_PARTS = 8

Turn = list[tuple[SampledMember, Cell]]


def in_parts(cells: Sequence[Cell], n_parts: int) -> list[Cell]:
    """The cells with the steps of one part; a step longer than a part is one.

    Versions of a variant, and its control, have as many steps as the one with the fewest: each part begins with cold
    caches, which are shared by all its steps.
    """
    if n_parts == 1:
        return list(cells)
    fewest: dict[tuple[str, str, int, int], Cell] = {}
    for cell in sorted(cells, key=lambda cell: -cell.n_steps):
        fewest[_point(cell)] = cell
    return [
        structs.replace(
            cell,
            n_steps=max(1, fewest[_point(cell)].n_steps // n_parts),
            prefix_steps=fewest[_point(cell)].prefix_steps // n_parts,
        )
        for cell in cells
    ]


def _point(cell: Cell) -> tuple[str, str, int, int]:
    """What the versions of a cell, and its control, have in common."""
    return cell.problem, without_version(cell.variant.removesuffix(CONTROL)), cell.size, cell.threads


def whole(cell: Cell, n_parts: int) -> Cell:
    """The cell with the steps of all parts; a cell that is sampled once in a launch has one part."""
    if cell.once_per_launch:
        return cell
    return structs.replace(cell, n_steps=cell.n_steps * n_parts, prefix_steps=cell.prefix_steps * n_parts)


def turns_of(todo: Sequence[tuple[SampledMember, Cell]], random: np.random.Generator, n_parts: int) -> list[Turn]:
    """The cells in random order, each by itself; those of one problem and size together where they take parts."""
    if n_parts == 1:
        return [[each] for each in shuffled(todo, random)]
    points: dict[tuple[str, int], Turn] = {}
    for member, cell in shuffled(todo, random):
        points.setdefault((cell.problem, cell.size), []).append((member, cell))
    return list(points.values())


def samples_taken(
    turn: Turn,
    inputs: RoundInputs,
    n_parts: int,
    random: np.random.Generator,
    ending: Callable[[SampledMember, Cell], AbstractContextManager[None]],
) -> list[tuple[SampledMember, StartedSample]]:
    """Take the samples of a turn in parts that alternate, in a new random order each time.

    `ending` is entered around what may fail: a cell that fails ends there, and is not among those returned.
    """
    ended: list[tuple[SampledMember, StartedSample]] = []
    going_on: list[tuple[SampledMember, StartedSample]] = []
    for member, cell in turn:
        if member.worker.alive:
            with ending(member, cell):
                sample = StartedSample(member.worker, inputs.of(cell), cell, cell.prefix_steps, n_parts)
                going_on.append((member, sample))
    while going_on:
        taken, going_on = going_on, []
        for member, sample in shuffled(taken, random):
            with ending(member, sample.cell):
                sample.take_part()
                (ended if sample.is_whole else going_on).append((member, sample))
    return ended
