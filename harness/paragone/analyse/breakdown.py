"""Where the time of a step goes: the pairs of a profile, summed up by phase."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median, quantiles

from paragone.implementation.contract import PHASES
from paragone.store.records import Pair

OTHER = "other"
# Two clocks and rounding can make the phases add up to this much more than the whole step.
NOISE = 0.01

Key = tuple[str, str, int, int]  # problem, variant, size, threads


@dataclass(frozen=True)
class Spread:
    """Median and quartiles over the rounds."""

    median: float
    low: float
    high: float

    @property
    def share(self) -> float:
        """Half the interquartile range, as a share of the median."""
        return (self.high - self.low) / 2 / self.median if self.median else 0.0


@dataclass(frozen=True)
class Breakdown:
    """One cell's microseconds per step: each phase, the rest ("other"), and the whole step with clocks and without."""

    problem: str
    variant: str
    size: int
    threads: int
    rounds: int
    phases: dict[str, Spread]  # in the order of the step, then "other"
    parts: dict[str, tuple[float, ...]]  # of backward: one time per call, the output layer's first
    clocked: Spread
    plain: Spread
    cost: float  # median over the rounds of clocked / plain − 1
    is_same: bool  # in every round the clocked result had the same bits as the plain one

    @property
    def key(self) -> Key:
        return self.problem, self.variant, self.size, self.threads

    @property
    def other(self) -> float:
        return self.phases[OTHER].median

    def warning(self, at_size: str) -> str:
        """A sentence where the phases add up to more than the whole step, beyond noise; else "".

        `at_size` is how its family speaks of a size: "batch", "n =".
        """
        if self.other >= -NOISE * self.clocked.median:
            return ""
        excess = -self.other / self.clocked.median
        return (
            f"{self.variant} {at_size} {self.size}: its phases add up to {excess:.1%} more than the whole, beyond "
            f"the {NOISE:.0%} of noise: its clock runs faster than the harness's, or a phase is counted twice"
        )

    def share(self, phase: str) -> float:
        """The median of a phase as a share of the sum of all phases and "other"."""
        whole = sum(max(0.0, spread.median) for spread in self.phases.values())
        return max(0.0, self.phases[phase].median) / whole if whole else 0.0


def breakdowns(rows: Iterable[Pair]) -> list[Breakdown]:
    """A breakdown of every cell that has a pair, ordered by problem, threads and size."""
    cells: dict[Key, list[Pair]] = {}
    for row in rows:
        cells.setdefault((row.problem, row.variant, row.size, row.threads), []).append(row)
    ordered = sorted(cells, key=lambda key: (key[0], key[3], key[2]))
    return [_breakdown(key, cells[key]) for key in ordered]


def _breakdown(key: Key, rows: list[Pair]) -> Breakdown:
    timed = [phase for phase in PHASES if any(phase in row.phases for row in rows)]
    phases = {phase: spread(_per_step(row, row.phases.get(phase, 0)) for row in rows) for phase in timed}
    others = spread(_per_step(row, row.clocked_ns - sum(row.phases.values())) for row in rows)
    return Breakdown(
        *key,
        rounds=len(rows),
        phases={**phases, OTHER: others},
        parts=_parts(rows),
        clocked=spread(_per_step(row, row.clocked_ns) for row in rows),
        plain=spread(_per_step(row, row.plain_ns) for row in rows),
        cost=median(row.clocked_ns / row.plain_ns - 1 for row in rows),
        is_same=all(row.is_same for row in rows),
    )


def _parts(rows: list[Pair]) -> dict[str, tuple[float, ...]]:
    names = dict.fromkeys(name for row in rows for name in row.parts)
    calls = {name: max(len(row.parts.get(name, ())) for row in rows) for name in names}
    return {
        name: tuple(
            median(_per_step(row, row.parts[name][call]) for row in rows if call < len(row.parts.get(name, ())))
            for call in range(calls[name])
        )
        for name in names
    }


def _per_step(row: Pair, ns: float) -> float:
    return float(ns / row.n_steps / 1000)  # microseconds


def spread(values: Iterable[float]) -> Spread:
    """Median and quartiles; all three are the value itself where there is only one."""
    numbers = list(values)
    if len(numbers) == 1:
        return Spread(numbers[0], numbers[0], numbers[0])
    low, middle, high = quantiles(numbers, n=4, method="inclusive")
    return Spread(middle, low, high)
