"""One launch: a fresh worker for every contender of a wave, and all of them killed at its end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from paragone.plan.cells import Contender
from paragone.store.plan_records import Cell, ContenderKey
from paragone.store.records import Launch, Outcome, Round
from paragone.verify.pilot import OpenWorker
from paragone.verify.pilot_result import outcome
from paragone.verify.time_account import TimeAccount
from paragone.worker.worker import Worker

T = TypeVar("T")


@dataclass
class Member:
    """A contender of the launch, its worker, and its cells, smallest size first."""

    contender: Contender
    worker: Worker
    cells: list[Cell]


@dataclass
class SampledMember(Member):
    """A member whose cells are sampled in rounds, with the times and facts collected so far."""

    launch: int
    attempt: int
    ready: set[int] = field(default_factory=set)  # the sizes whose cold sample has passed
    digests: set[str] = field(default_factory=set)  # of all its results
    accounts: dict[int, list[TimeAccount]] = field(default_factory=lambda: defaultdict(list))  # by size
    calls: dict[int, int] = field(default_factory=dict)  # of `predict` in one evaluation, by size
    facts: dict[str, Any] = field(default_factory=lambda: defaultdict(float))  # columns of its `Launch` row
    wall_ns: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    cpu_ns: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    fault: str = ""

    @property
    def live(self) -> list[Cell]:
        """The cells that can still be sampled."""
        return [cell for cell in self.cells if cell.size in self.ready] if self.worker.alive else []

    def outcome(self, size: int | None, stage: str, status: str, reason: str, **numbers: Any) -> Outcome:
        where = {"launch": self.launch, "attempt": self.attempt}
        return outcome(self.contender, size, stage, status, reason, **numbers, **where)


def cells_by_contender(cells: Sequence[Cell]) -> dict[ContenderKey, list[Cell]]:
    """The cells of each contender, smallest size first."""
    keys = dict.fromkeys(cell.contender for cell in cells)
    return {key: sorted((c for c in cells if c.contender == key), key=lambda cell: cell.size) for key in keys}


def members_of(
    cells: Sequence[Cell],
    contenders: Mapping[ContenderKey, Contender],
    open_worker: OpenWorker,
    random: np.random.Generator,
) -> Iterator[Member]:
    """Yield each contender of the cells in random order; its worker is opened when it is yielded."""
    own = cells_by_contender(cells)
    for key in shuffled(list(own), random):
        yield Member(contenders[key], open_worker(contenders[key]), own[key])


@contextmanager
def killed_at_end(members: Sequence[Member]) -> Iterator[None]:
    """Kill the workers of all members when the block ends, those added inside it too."""
    try:
        yield
    finally:
        for member in members:
            member.worker.kill()


def shuffled(items: Sequence[T], random: np.random.Generator) -> list[T]:
    return [items[i] for i in random.permutation(len(items))]


def launch_row(member: SampledMember, status: str) -> Launch:
    """The row of the launch of a member whose worker has been killed."""
    return Launch(
        problem=member.contender.problem.name,
        variant=member.contender.variant.name,
        threads=member.contender.threads,
        wave=member.cells[0].wave,
        launch=member.launch,
        attempt=member.attempt,
        cpus=tuple(member.worker.cpus),
        waiting_cpu_seconds=member.worker.waiting_cpu_ns / 1e9,
        cpu_over_wall=sum(member.cpu_ns.values()) / max(1, sum(member.wall_ns.values())),
        status=status,
        reason=member.fault,
        **member.facts,
    )


def round_row(member: SampledMember, round_: int, elapsed_s: float) -> Round:
    """The row of a round in which this member and others of its wave took part."""
    return Round(
        problem=member.contender.problem.name,
        threads=member.contender.threads,
        wave=member.cells[0].wave,
        launch=member.launch,
        attempt=member.attempt,
        round=round_,
        elapsed_s=elapsed_s,
    )
