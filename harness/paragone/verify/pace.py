"""The pace of a contender: the time of a step at one size, from which that at a larger size is predicted."""

from __future__ import annotations

import bisect
from dataclasses import dataclass

from paragone.plan.request import Request
from paragone.task.problem import Problem
from paragone.worker.commands import EstimateStep
from paragone.worker.worker import Worker

# The first estimate is made at a size like this.
FIRST_PROBE = 10
# A step may be mostly overhead, whose time does not grow with the work. So where a step seems too slow, one is tried
# that would take so long if it did, and is believed where it takes most of that.
PROBE_SECONDS, MOST_OF_IT = 0.2, 0.7


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
    """A pace that predicts the step at this size; where it would be too slow, that its time grows with the work."""
    if pace is None:
        pace = measured_pace(worker, problem, first_probe(problem, size), request)
    while pace.predict(size) > request.too_slow_seconds:
        larger = largest_within(PROBE_SECONDS, pace, size)
        if larger <= pace.size:  # a step takes that long already
            return pace
        probed = measured_pace(worker, problem, larger, request)
        if probed.step_seconds > MOST_OF_IT * pace.predict(larger):
            return probed
        pace = probed
    return pace


def largest_within(seconds: float, pace: Pace, most: int) -> int:
    """The largest size, `most` at most, at which a step is predicted to take no longer."""
    sizes = range(pace.size, most + 1)
    return sizes[max(0, bisect.bisect_right(sizes, seconds, key=pace.predict) - 1)] if sizes else most


def measured_pace(worker: Worker, problem: Problem, size: int, request: Request) -> Pace:
    command = EstimateStep(size=size, budgets=request.budgets)
    return Pace(problem, size, worker.call_from(problem.draw_start(request.seed, size), command).step_seconds)


def first_probe(problem: Problem, size: int) -> int:
    """The size of the first estimate, `size` at most: one of the problem's own, since it may have no smaller one."""
    return min((listed for listed in problem.sizes if FIRST_PROBE <= listed < size), default=size)
