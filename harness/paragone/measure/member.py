"""One worker of a launch with the cells that it samples, and what was measured and recorded of it so far."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from paragone.plan.cells import Contender
from paragone.store.plan_records import Cell
from paragone.worker.handle import WorkerHandle


@dataclass
class Member:
    """One worker of a launch, what it measured so far, and where its time went."""

    contender: Contender
    cells: list[Cell]
    worker: WorkerHandle
    digests: dict[int, str] = field(default_factory=dict)
    calls: dict[int, int] = field(default_factory=dict)  # of `predict` in an evaluation, where the cell has them
    facts: dict[str, Any] = field(default_factory=lambda: defaultdict(float))
    wall_ns: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    cpu_ns: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    fault: str = ""

    @property
    def live(self) -> list[Cell]:
        """Return the cells that can still be sampled."""
        return [cell for cell in self.cells if cell.batch_size in self.digests] if self.worker.alive else []
