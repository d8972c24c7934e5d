"""Waves: which variants live at the same time, where memory does not hold all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from paragone.implementation.contract import without_version
from paragone.implementation.ladders import ladders
from paragone.plan.cells import Cell, ContenderKey

Peaks = Mapping[ContenderKey, int]


def in_waves(cells: Sequence[Cell], peak_bytes: Peaks, limit_bytes: int, baselines: Iterable[str]) -> list[Cell]:
    """Return the cells with their waves: one problem and thread count each, within the memory limit.

    The baselines come in every wave of their problem, so that every ratio is formed between cells
    of the same wave. What is compared with each other shares one too: versions of one variant, and, where they fit,
    the steps of a ladder. A variant that does not fit beside the baselines gets a wave with them alone.
    """
    baselines = set(baselines)
    planned: list[Cell] = []
    wave = 0
    for _, group in groupby(cells, key=lambda cell: (cell.problem, cell.threads)):
        members = list(group)
        shared = [key for key in dict.fromkeys(cell.contender for cell in members) if key[1] in baselines]
        others = [key for key in dict.fromkeys(cell.contender for cell in members) if key[1] not in baselines]
        room = limit_bytes - sum(peak_bytes[key] for key in shared)
        for names in _packed(_families(others, peak_bytes, room), peak_bytes, room) or [[]]:
            present = {*shared, *names}
            planned += [replace(cell, wave=wave) for cell in members if cell.contender in present]
            wave += 1
    return planned


def _packed(families: Sequence[Sequence[ContenderKey]], peak_bytes: Peaks, room: int) -> list[list[ContenderKey]]:
    """Return the waves: each family in the first that has room for it, else in one of its own."""
    waves: list[list[ContenderKey]] = []
    for family in families:
        wanted = _sum(family, peak_bytes)
        fitting = (wave for wave in waves if _sum(wave, peak_bytes) + wanted <= room)
        if (first := next(fitting, None)) is not None:
            first += family
        else:
            waves.append([*family])
    return waves


def _families(keys: Sequence[ContenderKey], peak_bytes: Peaks, room: int) -> list[list[ContenderKey]]:
    """Return what stays together: the steps of a ladder that fit into `room`, else the versions of a variant."""
    ladder_of = {step.implementation: ladder.name for ladder in ladders() for step in ladder.steps}

    def ladder(key: ContenderKey) -> str:
        variant = without_version(key[1])
        return ladder_of.get(variant.partition("[")[0], variant)

    families: list[list[ContenderKey]] = []
    for family in _grouped(keys, ladder):
        fits = _sum(family, peak_bytes) <= room
        families += [family] if fits else _grouped(family, lambda key: without_version(key[1]))
    return families


def _grouped(keys: Sequence[ContenderKey], name: Callable[[ContenderKey], str]) -> list[list[ContenderKey]]:
    """Return the keys with those of one name beside each other, in the order of the first."""
    found: dict[str, list[ContenderKey]] = {}
    for key in keys:
        found.setdefault(name(key), []).append(key)
    return list(found.values())


def _sum(keys: Iterable[ContenderKey], peak_bytes: Peaks) -> int:
    return sum(peak_bytes[key] for key in keys)
