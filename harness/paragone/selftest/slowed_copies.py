"""Copies of an implementation, written as plugins: identical ones, and ones slower by a known share.

Their true differences are known: identical copies must not be called different, slowed ones must be found.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paragone.adapters.arrays import ArrayImplementation
from paragone.implementation.registry import Registered

PLUGIN = '''"""{name}: {about}, for the self-test."""

from pathlib import Path

from paragone.implementation.registry import read_folder
from paragone.selftest.slowed_copies import Slowed

ORIGINAL = {{one.name: one for one in read_folder(Path({folder!r}))}}[{original!r}]


class Copy({bases}):
    """{about}."""

    name = {name!r}
    idea = {about!r}
    maths = ()
    axes = {{"dtype": ORIGINAL.axes["dtype"]}}
    slowdown = {slowdown!r}
'''


class Slowed(ArrayImplementation):
    """Stands before the implementation that it slows: `class Copy(Slowed, NumpyRows)`."""

    slowdown = 0.0  # 0.05: every train takes 5 % longer than it would by itself

    def train(self, order: NDArray[np.int64]) -> NDArray[Any] | None:
        """Train, then spin for `slowdown` times as long as that took; sleeping would be far less exact."""
        begin = time.perf_counter_ns()
        losses = super().train(order)
        end = begin + (time.perf_counter_ns() - begin) * (1 + self.slowdown)
        while time.perf_counter_ns() < end:
            pass
        return losses


@dataclass(frozen=True)
class Copy:
    """One copy; without a slowdown it is identical to the original."""

    name: str
    slowdown: float | None = None


def copies(n_identical: int, slowdowns: Iterable[float], n_slowed: int) -> list[Copy]:
    """The copies of a trial: identical ones, then `n_slowed` of each slowdown (0.05 for 5 %)."""
    identical = [Copy(f"copy_{number}") for number in range(1, n_identical + 1)]
    slowed = [
        Copy(f"slowed_{round(1000 * share)}_permille_{number}", share)
        for share in slowdowns
        for number in range(1, n_slowed + 1)
    ]
    return identical + slowed


def write_copies(original: Registered, wanted: Iterable[Copy], folder: Path) -> None:
    """Write a plugin for each copy into `folder`, as --plugins takes it.

    A copy is a class derived from the original's: it runs the original's own code, and an identical one overrides
    none of it.
    """
    for copy in wanted:
        slowed = copy.slowdown is not None
        about = f"{original.name}, {f'{copy.slowdown:.1%} slower' if slowed else 'the same code'}"
        text = PLUGIN.format(
            name=copy.name,
            about=about,
            original=original.name,
            folder=str(original.folder.resolve()),
            bases="Slowed, ORIGINAL" if slowed else "ORIGINAL",
            slowdown=copy.slowdown or 0.0,
        )
        path = folder / copy.name / "impl.py"
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
