"""Copies of an implementation as plugins under other names: identical ones, and ones slowed by a known share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from paragone.implementation.registry import Registered

COPY = '''"""{name}: {about}, for the self-test."""

from pathlib import Path

from paragone.implementation.registry import read_folder
from paragone.selftest.spin import Slowed

ORIGINAL = {{found.name: found for found in read_folder(Path({folder!r}))}}[{original!r}]


class Copy({bases}):
    """{about}."""

    name = {name!r}
    idea = {about!r}
    maths = ()
    axes = {{"dtype": ORIGINAL.axes["dtype"]}}
    slowdown = {slowdown!r}
'''


@dataclass(frozen=True)
class Copy:
    """A copy: its name, and the share of its time by which it is slowed; None is an identical one."""

    name: str
    slowdown: float | None = None


def copies(n_identical: int, slowdowns: Iterable[float], n_slowed: int) -> list[Copy]:
    """Return the copies of a trial: identical ones, and `n_slowed` of each slowdown (0.05 for 5 %)."""
    identical = [Copy(f"copy_{number}") for number in range(1, n_identical + 1)]
    slowed = [
        Copy(f"slowed_{round(1000 * share)}_permille_{number}", share)
        for share in slowdowns
        for number in range(1, n_slowed + 1)
    ]
    return identical + slowed


def write_copies(original: Registered, wanted: Iterable[Copy], folder: Path) -> None:
    """Write a folder with an `impl.py` for each copy into `folder`, which --plugins can take.

    A copy runs the original's own code: its class is derived from it, and an identical one overrides nothing of it.
    """
    for copy in wanted:
        slowed = copy.slowdown is not None
        about = f"{original.name}, {f'{copy.slowdown:.1%} slower' if slowed else 'the same code'}"
        text = COPY.format(
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
