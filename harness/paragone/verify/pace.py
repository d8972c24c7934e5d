"""The pace of a contender: the time of a step at one size, from which that at a larger size is predicted."""

from __future__ import annotations

import math
from dataclasses import dataclass

from paragone.plan.request import Request
from paragone.task.problem import Problem
from paragone.worker.commands import EstimateStep
from paragone.worker.worker import Worker

# The first estimate is made at a size like this. A step shorter than OVERHEAD_SECONDS may be mostly overhead, so its
# time does not scale to large sizes.
FIRST_PROBE = 10
OVERHEAD_SECONDS = 0.01


@dataclass(frozen=True)
class Pace:
    """The time of a step of a problem at one size."""

    problem: Problem
    size: int
    step_seconds: float

    def predict(self, size: int) -> float:
        """The time of a step at another size, if time grows with the work."""
        return self.step_seconds * self.problem.work(size) / self.problem.work(self.size)


def pace_at(size: int, worker: Worker, problem: Problem, pace: Pace | None, request: Request) -> Pace:
    """A pace that predicts the step at this size; a step that is mostly overhead predicts nothing larger."""
    if pace is None:
        pace = measured_pace(worker, problem, first_probe(problem, size), request)
    while pace.step_seconds < OVERHEAD_SECONDS and pace.predict(size) > request.too_slow_seconds:
        larger = math.ceil(pace.size * 2 * OVERHEAD_SECONDS / pace.step_seconds)
        pace = measured_pace(worker, problem, min(size, larger), request)
    return pace


def measured_pace(worker: Worker, problem: Problem, size: int, request: Request) -> Pace:
    command = EstimateStep(size=size, budgets=request.budgets)
    return Pace(problem, size, worker.call_from(problem.draw_start(request.seed, size), command).step_seconds)


def first_probe(problem: Problem, size: int) -> int:
    """The size of the first estimate, `size` at most: one of the problem's own, since it may have no smaller one."""
    return min((listed for listed in problem.sizes if FIRST_PROBE <= listed < size), default=size)
