"""The implementations of a side of a live comparison, and all implementations that a request can name."""

from __future__ import annotations

from abc import ABCMeta
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from paragone.compare.revisions import Side, side_of
from paragone.errors import HarnessError, Misuse
from paragone.implementation.contract import VERSION, Implementation
from paragone.implementation.plugins import Location, locations_in
from paragone.implementation.registry import Registered, Unusable, discover, read_folder
from paragone.plan.request import Request


@dataclass(frozen=True)
class VersionSet:
    """The implementations of a side by declared name, and its unusable folders with the reason."""

    side: Side
    found: Mapping[str, Registered]
    broken: Mapping[str, str]

    def reason_missing(self, name: str, folder: str) -> str:
        """Why this side has no such implementation; `folder` is the one that holds it on the other side."""
        reason = self.broken.get(folder) or self.broken.get(name)
        return f"{self.side.label} cannot use it: {reason}" if reason else f"{self.side.label} has none"


def version_set(side: Side) -> VersionSet:
    """Read the implementations of a side. Raises Misuse where its folder no longer holds any."""
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


def versions(side: VersionSet) -> list[Registered]:
    """The implementations of a side, named with its version: numpy_rows@a1b2c3d."""
    return [
        Registered(_renamed(entry.implementation, f"{name}{VERSION}{side.side.label}"), entry.folder, entry.origin)
        for name, entry in side.found.items()
    ]


def _renamed(implementation: type[Implementation], name: str) -> type[Implementation]:
    """A subclass with another name, in the module of the implementation."""
    own: dict[str, Any] = {"name": name, "__module__": implementation.__module__, "__doc__": implementation.__doc__}
    return cast("type[Implementation]", ABCMeta(implementation.__name__, (implementation,), own))


def all_implementations(request: Request) -> tuple[list[Registered], list[Unusable]]:
    """All implementations that a request can name, those of its sides included, and the unusable folders."""
    found, broken = discover(plugins=request.plugins)
    for text in request.sides:
        found += versions(version_set(side_of(text)))
    return sorted(found, key=lambda entry: entry.name), broken
