"""Waves: groups of contenders whose processes fit into memory together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby

from msgspec.structs import replace

from paragone.implementation.variant import without_version
from paragone.store.plan_records import Cell, ContenderKey

Peaks = Mapping[ContenderKey, int]


def in_waves(
    cells: Sequence[Cell],
    peak_bytes: Peaks,
    limit_bytes: int,
    baselines: Iterable[str],
    folders: Mapping[str, str],
) -> list[Cell]:
    """The cells with their wave numbers. A wave has one problem and one number of threads, and fits into `limit_bytes`.

    Baselines are in every wave of their problem, so that every ratio is formed within a wave. Versions of a variant
    share a wave and, where they fit, so do the implementations of a folder; `folders` maps implementation → folder. A
    variant too large to fit beside the baselines gets a wave with them alone, beyond the limit.
    """
    baselines = set(baselines)
    planned: list[Cell] = []
    wave = 0
    for _, group in groupby(cells, key=lambda cell: (cell.problem, cell.threads)):
        of_place = list(group)
        shared = [key for key in dict.fromkeys(cell.contender for cell in of_place) if key[1] in baselines]
        others = [key for key in dict.fromkeys(cell.contender for cell in of_place) if key[1] not in baselines]
        room = limit_bytes - sum(peak_bytes[key] for key in shared)
        for names in _packed(_families(others, peak_bytes, room, folders), peak_bytes, room) or [[]]:
            present = {*shared, *names}
            planned += [replace(cell, wave=wave) for cell in of_place if cell.contender in present]
            wave += 1
    return planned


def _packed(families: Sequence[Sequence[ContenderKey]], peak_bytes: Peaks, room: int) -> list[list[ContenderKey]]:
    """First fit: each family goes into the first wave that has room for it, else into a new one."""
    waves: list[list[ContenderKey]] = []
    for family in families:
        wanted = _sum(family, peak_bytes)
        fitting = (wave for wave in waves if _sum(wave, peak_bytes) + wanted <= room)
        if (first := next(fitting, None)) is not None:
            first += family
        else:
            waves.append([*family])
    return waves


def _families(
    keys: Sequence[ContenderKey], peak_bytes: Peaks, room: int, folders: Mapping[str, str]
) -> list[list[ContenderKey]]:
    """The contenders that share a wave: those of one folder where they fit into `room`, else the versions of a variant.

    The implementations of a folder are steps of one idea: readers compare them with each other.
    """

    def folder(key: ContenderKey) -> str:
        return folders.get(key[1].partition("[")[0], without_version(key[1]))

    families: list[list[ContenderKey]] = []
    for family in _grouped(keys, folder):
        fits = _sum(family, peak_bytes) <= room
        families += [family] if fits else _grouped(family, lambda key: without_version(key[1]))
    return families


def _grouped(keys: Sequence[ContenderKey], name: Callable[[ContenderKey], str]) -> list[list[ContenderKey]]:
    """The keys in groups of one name, in the order of each group's first key."""
    found: dict[str, list[ContenderKey]] = {}
    for key in keys:
        found.setdefault(name(key), []).append(key)
    return list(found.values())


def _sum(keys: Iterable[ContenderKey], peak_bytes: Peaks) -> int:
    return sum(peak_bytes[key] for key in keys)
