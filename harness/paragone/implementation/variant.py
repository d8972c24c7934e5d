"""A variant: an implementation with the values of its axes fixed; and what the name of one says.

Apart from the contract, whose arrays need NumPy: a command that only names variants does not wait for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from paragone.implementation.described import VERSION as VERSION
from paragone.implementation.described import Described

# Behind the name of the second contender of an A/A.
CONTROL = " (A/A)"


@dataclass(frozen=True)
class Variant:
    """An implementation with the values of its axes fixed; `control` marks the second contender for A/A."""

    implementation: Described
    axis: tuple[tuple[str, str], ...]
    control: bool = False

    @property
    def name(self) -> str:
        """`numpy_rows[dtype=float32,order=C]`, with CONTROL behind it for the control."""
        values = ",".join(f"{axis}={value}" for axis, value in self.axis)
        return f"{self.implementation.name}[{values}]" + (CONTROL if self.control else "")

    @property
    def declared_name(self) -> str:
        """The name of the implementation that its own folder declares, without a version behind it."""
        return without_version(self.implementation.name)

    @property
    def dtype(self) -> str:
        """The name of the dtype it computes in."""
        return dict(self.axis)["dtype"]


def without_version(name: str) -> str:
    """The name of an implementation or a variant as it is without a version: numpy_rows[dtype=float32]."""
    implementation, bracket, axes = name.partition("[")
    return implementation.partition(VERSION)[0] + bracket + axes


def axes_of(variant: str) -> dict[str, str]:
    """Axis → value of a variant's name: dtype and order of `numpy_rows[dtype=float32,order=F]`."""
    inside = variant.partition("[")[2].partition("]")[0]
    pairs = (part.partition("=") for part in inside.split(",") if part)
    return {axis: value for axis, _, value in pairs}


def variants(implementation: Described) -> Iterator[Variant]:
    """Yield every combination of the values of its axes."""
    for values in product(*implementation.axes.values()):
        yield Variant(implementation, tuple(zip(implementation.axes, values, strict=True)))
