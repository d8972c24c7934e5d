"""What is left to sample: everything planned, less what the run's folder holds already."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from paragone.store.plan_records import Cell, ContenderKey
from paragone.store.reader import read_table
from paragone.store.records import Outcome, Sample


@dataclass
class RemainingSamples:
    """The samples that a run still wants."""

    rounds: int
    sampled: set[tuple[Any, ...]] = field(default_factory=set)
    dead: set[tuple[ContenderKey, int | None]] = field(default_factory=set)  # None: at every batch size

    def wants(self, cell: Cell, launch: int, round_: int) -> bool:
        """Return whether this round of this launch still needs a sample of the cell."""
        if (cell.contender, cell.batch_size) in self.dead or (cell.contender, None) in self.dead:
            return False
        if cell.once_per_launch and round_ != cell.batch_size % self.rounds:
            return False
        return (*cell.contender, cell.batch_size, cell.wave, launch, round_) not in self.sampled

    def wants_any(self, cell: Cell, launch: int) -> bool:
        """Return whether any round of this launch still needs the cell."""
        return any(self.wants(cell, launch, round_) for round_ in range(self.rounds))

    def seconds(self, cell: Cell, launches: int) -> float:
        """Return about how long the samples of the cell take that are still wanted."""
        wanted = sum(self.wants(cell, launch, round_) for launch in range(launches) for round_ in range(self.rounds))
        return wanted * cell.sample_seconds


def remaining_samples(folder: Path, rounds: int) -> tuple[RemainingSamples, dict[tuple[int, int], int]]:
    """Return what a run's folder still lacks, and the last attempt at each (launch, wave) that it holds."""
    remaining = RemainingSamples(rounds)
    attempts: dict[tuple[int, int], int] = {}
    for row in read_table(folder, Sample):
        place = (row.launch, row.wave)
        attempts[place] = max(attempts.get(place, 0), row.attempt)
        if row.kind == "timed":
            names = (row.problem, row.variant, row.threads, row.batch_size, row.wave)
            remaining.sampled.add((*names, row.launch, row.round))
    for outcome in read_table(folder, Outcome):
        if outcome.status == "failed" and outcome.threads is not None:
            remaining.dead.add(((outcome.problem, outcome.variant, outcome.threads), outcome.batch_size))
    return remaining, attempts
