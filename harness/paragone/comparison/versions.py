"""The implementations of a side of a live comparison, and all implementations that a request can name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from msgspec import structs

from paragone.comparison.revisions import Side, side_of
from paragone.errors import Misuse
from paragone.implementation.described import describe_files
from paragone.implementation.plugins import Location, locations_in
from paragone.implementation.registry import Registered, Unusable, discover, implementations_of, registered_in
from paragone.implementation.variant import VERSION
from paragone.plan.request import Request


@dataclass(frozen=True)
class VersionSet:
    """The implementations of a side by declared name, and the reasons against its unusable folders or files."""

    side: Side
    found: Mapping[str, Registered]
    broken: Mapping[str, str]

    def reason_missing(self, name: str, place: str) -> str:
        """Why this side has no such implementation; `place` is the folder or file that has it on the other side."""
        reason = self.reason_unusable(name, place)
        return f"{self.side.label} cannot use it: {reason}" if reason else f"{self.side.label} has none"

    def reason_unusable(self, name: str, place: str) -> str:
        """Why this side has it and it cannot be used; "" otherwise."""
        return self.broken.get(place) or self.broken.get(name) or ""


def version_set(side: Side) -> VersionSet:
    """Read the implementations of a side. Raises Misuse where its folder no longer holds any."""
    places = [Location(side.folder)] if (side.folder / "impl.py").is_file() else locations_in(side.folder)
    if not places:
        raise Misuse(
            f"{side.label}: {side.folder} no longer holds implementations. Begin anew: paragone compare --live"
        )
    found: dict[str, Registered] = {}
    broken: dict[str, str] = {}
    described = describe_files([place.path for place in places])
    for place in places:
        declared = described[place.path]
        if isinstance(declared, str):
            broken[place.place] = declared
        else:
            for entry in registered_in(replace(place, origin=side.words or side.label), declared):
                found.setdefault(entry.name, entry)
    return VersionSet(side, found, broken)


def versions(side: VersionSet) -> list[Registered]:
    """The implementations of a side, named with its version: numpy_rows@a1b2c3d."""
    return [
        replace(entry, implementation=structs.replace(entry.implementation, name=f"{name}{VERSION}{side.side.label}"))
        for name, entry in side.found.items()
    ]


def all_implementations(request: Request) -> tuple[list[Registered], list[Unusable]]:
    """All implementations that a request can name, those of its sides included, and the unusable folders."""
    found, broken = discover(implementations_of(request.problems[0]), request.plugins)
    for text in request.sides:
        found += versions(version_set(side_of(text)))
    return sorted(found, key=lambda entry: entry.name), broken
