"""Two sides of a live comparison as implementations of one run: who takes part under which name, and who does not."""

from __future__ import annotations

from abc import ABCMeta
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, cast

from paragone.compare.revisions import Side, side_of
from paragone.errors import HarnessError, Misuse, UnknownName
from paragone.implementation.contract import VERSION, Implementation
from paragone.implementation.plugins import Location, locations_in
from paragone.implementation.registry import Registered, Unusable, discover, read_folder
from paragone.plan.request import Request

SAME = "its source is the same on both sides"


@dataclass(frozen=True)
class VersionSet:
    """What one side has: implementations under their declared names, and the folders that cannot be used, with why."""

    side: Side
    found: Mapping[str, Registered]
    broken: Mapping[str, str]

    def lost(self, name: str, folder: str) -> str:
        """Return why this side has no such implementation; `folder` is that of the other side's."""
        reason = self.broken.get(folder) or self.broken.get(name)
        return f"{self.side.label} cannot use it: {reason}" if reason else f"{self.side.label} has none"


@dataclass(frozen=True)
class Pairing:
    """Who is measured, by declared name; who is not, name → why; and the folders that this harness cannot use."""

    names: tuple[str, ...]
    left_out: Mapping[str, str]
    broken: tuple[Unusable, ...] = field(default=())


def version_set(side: Side) -> VersionSet:
    """Return what a side has. Raises Misuse where its folder is no longer there."""
    places = [Location(side.folder)] if (side.folder / "impl.py").is_file() else locations_in(side.folder)
    if not places:
        raise Misuse(
            f"{side.label}: {side.folder} no longer holds implementations. Begin anew: paragone compare --live"
        )
    found: dict[str, Registered] = {}
    broken: dict[str, str] = {}
    for place in places:
        try:
            for implementation in read_folder(place.folder):
                found.setdefault(
                    implementation.name, Registered(implementation, place.folder, side.words or side.label)
                )
        except HarnessError as error:
            broken[place.folder.name] = str(error)
    return VersionSet(side, found, broken)


def paired(a: VersionSet, b: VersionSet, patterns: Iterable[str] = (), everything: bool = False) -> Pairing:
    """Return which implementations both sides have, in different versions; with `everything` in equal ones too.

    Raises UnknownName for a pattern that neither side knows, Misuse where nothing is left to measure.
    """
    known = sorted({*a.found, *b.found, *a.broken, *b.broken})
    chosen = _chosen(known, tuple(patterns) or ("*",))
    left_out: dict[str, str] = {}
    for name in chosen:
        if reason := _reason_against(name, a, b, everything):
            left_out[name] = reason
    names = tuple(name for name in chosen if name not in left_out)
    if not names:
        raise Misuse(_nothing(a, b, left_out))
    broken = [
        Unusable(f"{name}{VERSION}{side.side.label}", side.broken[name])
        for name in chosen
        for side in (a, b)
        if name in side.broken
    ]
    return Pairing(names, left_out, tuple(broken))


def _chosen(known: Sequence[str], patterns: Sequence[str]) -> list[str]:
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in known):
            raise UnknownName("implementation", pattern, known)
    return [name for name in known if any(fnmatchcase(name, pattern) for pattern in patterns)]


def _reason_against(name: str, a: VersionSet, b: VersionSet, everything: bool) -> str:
    """Return why an implementation is not measured, or nothing."""
    mine, theirs = a.found.get(name), b.found.get(name)
    if mine and theirs:
        return SAME if not everything and mine.source_hash() == theirs.source_hash() else ""
    either = mine or theirs
    folder = either.folder.name if either else name
    return "; ".join(side.lost(name, folder) for side, found in ((a, mine), (b, theirs)) if not found)


def _nothing(a: VersionSet, b: VersionSet, left_out: Mapping[str, str]) -> str:
    same = [name for name, reason in left_out.items() if reason == SAME]
    others = [f"{name}: {reason}" for name, reason in left_out.items() if reason != SAME]
    said = [f"nothing differs between {a.side.label} and {b.side.label}"] if same else ["there is nothing to compare"]
    if same:
        said.append(f"{len(same)} with the same source on both sides (to measure those all the same: --all)")
    return ". ".join(["; ".join([said[0], *said[1:]]), *others])


def versions(offered: VersionSet) -> list[Registered]:
    """Return the implementations of a side under names that say which side they are of: numpy_rows@a1b2c3d."""
    return [
        Registered(
            named_for_side(entry.implementation, f"{name}{VERSION}{offered.side.label}"), entry.folder, entry.origin
        )
        for name, entry in offered.found.items()
    ]


def named_for_side(implementation: type[Implementation], name: str) -> type[Implementation]:
    """Return the implementation under another name; it remains a class of its own module."""
    own: dict[str, Any] = {"name": name, "__module__": implementation.__module__, "__doc__": implementation.__doc__}
    return cast("type[Implementation]", ABCMeta(implementation.__name__, (implementation,), own))


def everyone_of(request: Request) -> tuple[list[Registered], list[Unusable]]:
    """Return every implementation that a request may speak of, those of its sides included, and what cannot be used."""
    found, broken = discover(plugins=request.plugins)
    for text in request.sides:
        found += versions(version_set(side_of(text)))
    return sorted(found, key=lambda entry: entry.name), broken
