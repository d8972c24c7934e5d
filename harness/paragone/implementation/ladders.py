"""Ladders: implementations that improve on each other step by step.

Which there are is data, `ladders.toml`, whose head explains it; what their sources say of them is in `claims.toml`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LADDERS = Path(__file__).with_name("ladders.toml")


@dataclass(frozen=True)
class Step:
    """A rung: the implementation, the dtype in which its source ran it, and what it changes besides that."""

    implementation: str
    dtype: str
    what: str


@dataclass(frozen=True)
class Ladder:
    """Steps in their order; `name` is for files."""

    name: str
    title: str
    about: str
    steps: tuple[Step, ...]


@cache
def ladders(path: Path = LADDERS) -> tuple[Ladder, ...]:
    """Return the ladders that a file declares."""
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["ladder"]
    return tuple(
        Ladder(
            entry["name"],
            entry["title"],
            entry["about"],
            tuple(Step(**step) for step in entry["step"]),
        )
        for entry in entries
    )
