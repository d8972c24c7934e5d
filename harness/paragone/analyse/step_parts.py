"""What the time of a step goes to beside its arithmetic: the phases of a profile, and the speeds of the machine.

A step consists of these parts. F, B, U, G and L are its phases forward, backward, update, gather and loss.

    arithmetic                a_F + a_B, at the speed of a large matrix product:
                                a_F = min(F, operations of forward / product)
                                a_B = min(B + U, operations of backward and update / product)
    exp                       e = min(F − a_F, exponentials of a step / speed of NumPy's exp)
    gather                    G
    rest of forward           F − a_F − e
    loss                      L
    rest of backward, update  B + U − a_B
    other                     the whole less all phases: calls, the loop, the pipe to another program

Backward and update are taken together, because some add the gradient to the parameters within its product. Code that is
faster than the machine's product, or than NumPy's exp, has no rest: so the parts add up to the phases.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

import numpy as np

from paragone.analyse.attained import step_seconds_at_least
from paragone.analyse.breakdown import OTHER, Breakdown
from paragone.store.records import Limit
from paragone.task.problem import Problem

ARITHMETIC, EXP, GATHER = "arithmetic", "exp", "gather"
REST_OF_FORWARD, LOSS, REST_OF_BACKWARD = "rest of forward", "loss", "rest of backward and update"
PARTS = (ARITHMETIC, EXP, GATHER, REST_OF_FORWARD, LOSS, REST_OF_BACKWARD, OTHER)

Place = tuple[str, str, int]  # problem, dtype, threads


@dataclass(frozen=True)
class Speeds:
    """How fast this machine does what a step consists of, in one dtype and number of threads."""

    product: float  # FLOP/s of a large matrix product
    read: float  # bytes/s from memory
    exp: float  # numbers/s
    gather: float  # bytes/s of rows at random


@dataclass(frozen=True)
class StepParts:
    """One cell's parts, in microseconds of a step with its clocks, and how much of the machine's limit it attains."""

    cell: Breakdown
    parts: dict[str, float]  # in the order of PARTS
    of_forward: float  # the arithmetic of forward: a_F
    of_behind: float  # that of backward and update: a_B
    share_of_limit: float  # of the step without clocks
    usual_gather: float  # microseconds in which NumPy's take would gather as much

    @property
    def whole(self) -> float:
        """The sum of the parts; "other" counts as 0 where clocks and rounding make it negative."""
        return sum(self.parts.values())

    def share(self, part: str) -> float:
        """A part as a share of the whole."""
        return self.parts[part] / self.whole if self.whole else 0.0

    @property
    def largest_loss(self) -> str:
        """The largest part that is not arithmetic."""
        return max((part for part in PARTS if part != ARITHMETIC), key=lambda part: self.parts[part])


def speeds_of(rows: Iterable[Limit]) -> dict[Place, Speeds]:
    """Medians over the launches of a profile, by problem, dtype and threads; none where one of the four is missing."""
    found: dict[Place, dict[str, list[float]]] = {}
    for row in rows:
        found.setdefault((row.problem, row.dtype, row.threads), {}).setdefault(row.what, []).append(row.per_second)
    medians = {place: {what: median(rates) for what, rates in kinds.items()} for place, kinds in found.items()}
    return {
        place: Speeds(of["gemm"], of["read"], of["exp"], of["gather"] * np.dtype(place[1]).itemsize)
        for place, of in medians.items()
        if of.keys() >= {"gemm", "read", "exp", "gather"}
    }


def step_parts(cell: Breakdown, problem: Problem, dtype: str, speeds: Speeds) -> StepParts:
    """The parts of one cell."""
    phases = {name: max(0.0, spread.median) for name, spread in cell.phases.items()}
    forward, behind = phases.get("forward", 0.0), phases.get("backward", 0.0) + phases.get("update", 0.0)
    flops = problem.flops_by_phase(cell.size)
    flops_behind = flops.get("backward", 0.0) + flops.get("update", 0.0)
    of_forward = min(forward, _microseconds(flops.get("forward", 0.0), speeds.product))
    of_behind = min(behind, _microseconds(flops_behind, speeds.product))
    exp = min(forward - of_forward, _microseconds(problem.exponentials_per_step(cell.size), speeds.exp))
    parts = {
        ARITHMETIC: of_forward + of_behind,
        EXP: exp,
        GATHER: phases.get("gather", 0.0),
        REST_OF_FORWARD: forward - of_forward - exp,
        LOSS: phases.get("loss", 0.0),
        REST_OF_BACKWARD: behind - of_behind,
        OTHER: phases[OTHER],
    }
    limit = step_seconds_at_least(problem, dtype, cell.size, speeds.product, speeds.read)
    return StepParts(
        cell,
        parts,
        of_forward,
        of_behind,
        share_of_limit=limit * 1e6 / cell.plain.median,
        usual_gather=_microseconds(problem.bytes_per_step(cell.size, dtype), speeds.gather),
    )


def _microseconds(count: float, per_second: float) -> float:
    return count / per_second * 1e6
