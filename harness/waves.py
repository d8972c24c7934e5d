"""Waves: which variants live at the same time, where memory does not hold all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from harness.interface import without_version
from harness.plan import Cell


def in_waves(
    cells: Sequence[Cell], peak_bytes: Mapping[tuple[str, str, int], int], limit_bytes: int, baselines: Iterable[str]
) -> list[Cell]:
    """Return the cells with their waves: one workload and thread count each, within the memory limit.

    The baselines come in every wave of their workload, so that every ratio is formed between cells
    of the same wave, and so do versions of one variant; a variant that does not fit beside them gets a wave with
    them alone.
    """
    baselines = set(baselines)
    planned: list[Cell] = []
    wave = 0
    for _, group in groupby(cells, key=lambda cell: (cell.problem, cell.threads)):
        members = list(group)
        shared = [key for key in dict.fromkeys(cell.enrolment for cell in members) if key[1] in baselines]
        others = [key for key in dict.fromkeys(cell.enrolment for cell in members) if key[1] not in baselines]
        room = limit_bytes - sum(peak_bytes[key] for key in shared)
        for names in _packed(others, peak_bytes, room) or [[]]:
            present = {*shared, *names}
            planned += [replace(cell, wave=wave) for cell in members if cell.enrolment in present]
            wave += 1
    return planned


def _packed(
    keys: Sequence[tuple[str, str, int]], peak_bytes: Mapping[tuple[str, str, int], int], room: int
) -> list[list[tuple[str, str, int]]]:
    waves: list[list[tuple[str, str, int]]] = []
    used = 0
    for versions in _versions(keys):
        wanted = sum(peak_bytes[key] for key in versions)
        if not waves or used + wanted > room:
            waves.append([])
            used = 0
        waves[-1] += versions
        used += wanted
    return waves


def _versions(keys: Sequence[tuple[str, str, int]]) -> list[list[tuple[str, str, int]]]:
    """Return the keys with those beside each other that are versions of one variant, in the order of the first."""
    found: dict[tuple[str, str, int], list[tuple[str, str, int]]] = {}
    for problem, variant, threads in keys:
        found.setdefault((problem, without_version(variant), threads), []).append((problem, variant, threads))
    return list(found.values())
