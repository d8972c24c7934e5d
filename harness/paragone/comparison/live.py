"""A live comparison: which implementations of two sides are measured against each other, and which are left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from paragone.comparison.versions import VersionSet
from paragone.errors import Incomparable, Unavailable, UnknownName
from paragone.implementation.registry import Unusable
from paragone.implementation.variant import VERSION

SAME = "its source is the same on both sides"


@dataclass(frozen=True)
class Pairing:
    """The implementations to measure, those left out (name → reason), and what is unusable on either side.

    `newly_broken` are those left out that B alone cannot use.
    """

    names: tuple[str, ...]
    left_out: Mapping[str, str]
    broken: tuple[Unusable, ...] = field(default=())
    newly_broken: tuple[str, ...] = field(default=())


def paired(a: VersionSet, b: VersionSet, patterns: Iterable[str] = (), everything: bool = False) -> Pairing:
    """Pair the implementations that both sides have and whose source differs; with `everything`, equal ones too.

    Raises UnknownName for a pattern that matches nothing on either side, and where nothing is left to measure
    Incomparable, or Unavailable if that is because B cannot use what A can.
    """
    known = sorted({*a.found, *b.found, *a.broken, *b.broken})
    chosen = _chosen(known, tuple(patterns) or ("*",))
    left_out: dict[str, str] = {}
    for name in chosen:
        if reason := _reason_against(name, a, b, everything):
            left_out[name] = reason
    names = tuple(name for name in chosen if name not in left_out)
    newly_broken = tuple(name for name in left_out if _is_newly_broken(name, a, b))
    if not names:
        why = _nothing_to_measure(a, b, left_out)
        raise Unavailable(why) if newly_broken else Incomparable(why)
    broken = [
        Unusable(f"{name}{VERSION}{side.side.label}", side.broken[name])
        for name in chosen
        for side in (a, b)
        if name in side.broken
    ]
    return Pairing(names, left_out, tuple(broken), newly_broken)


def _chosen(known: Sequence[str], patterns: Sequence[str]) -> list[str]:
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in known):
            raise UnknownName("implementation", pattern, known)
    return [name for name in known if any(fnmatchcase(name, pattern) for pattern in patterns)]


def _reason_against(name: str, a: VersionSet, b: VersionSet, everything: bool) -> str:
    """Why an implementation is not measured; "" where it is."""
    mine, theirs = a.found.get(name), b.found.get(name)
    if mine and theirs:
        return SAME if not everything and mine.version_hash() == theirs.version_hash() else ""
    place = _place(name, a, b)
    return "; ".join(side.reason_missing(name, place) for side, found in ((a, mine), (b, theirs)) if not found)


def _place(name: str, a: VersionSet, b: VersionSet) -> str:
    """The folder or file of an implementation on the side that can use it; its name where none can."""
    either = a.found.get(name) or b.found.get(name)
    return either.location.place if either else name


def _is_newly_broken(name: str, a: VersionSet, b: VersionSet) -> bool:
    place = _place(name, a, b)
    return bool(b.reason_unusable(name, place)) and not a.reason_unusable(name, place)


def _nothing_to_measure(a: VersionSet, b: VersionSet, left_out: Mapping[str, str]) -> str:
    same = [name for name, reason in left_out.items() if reason == SAME]
    others = [f"{name}: {reason}" for name, reason in left_out.items() if reason != SAME]
    sentences = (
        [f"nothing differs between {a.side.label} and {b.side.label}"] if same else ["there is nothing to compare"]
    )
    if same:
        sentences.append(f"{len(same)} with the same source on both sides (to measure those all the same: --all)")
    return ". ".join(["; ".join(sentences), *others])
