"""The request: what the user asked for. A stored plan gives it back, so that a run can be resumed."""

from __future__ import annotations

import math
from typing import Any

from paragone.errors import ResultsUnusable
from paragone.store.plan_records import Plan, RequestOptions, StoredRequest
from paragone.store.records import columns
from paragone.task.problem import Problem
from paragone.worker.budgets import STANDARD, Budgets

FEWEST_ROUNDS, ROUNDS, QUICK_ROUNDS = 5, 10, 6
# A longer step is measured only with --slow.
TOO_SLOW_SECONDS, TOO_SLOW_FOR_QUICK_SECONDS = 2.0, 1.0


class Request(RequestOptions, frozen=True):
    """What the user asked for; empty selections mean everything."""

    problems: tuple[Problem, ...]
    budgets: Budgets = STANDARD

    @property
    def too_slow_seconds(self) -> float:
        """A cell with a longer step is not measured."""
        if self.slow:
            return math.inf
        return TOO_SLOW_FOR_QUICK_SECONDS if self.quick else TOO_SLOW_SECONDS

    def stored(self) -> StoredRequest:
        """The request with fingerprints in place of problems: two requests are equal where their stored forms are."""
        return StoredRequest(
            **_options(self), problems={problem.name: problem.fingerprint() for problem in self.problems}
        )


def request_of(plan: Plan) -> Request:
    """The request of a stored plan. Raises ResultsUnusable where an old plan stores none."""
    if plan.request is None:
        raise ResultsUnusable(
            f"run {plan.run}: its plan does not say what was asked for. A new run: paragone bench --new"
        )
    return Request(tuple(plan.problems.values()), **_options(plan.request))


def _options(request: RequestOptions) -> dict[str, Any]:
    return {name: getattr(request, name) for name in columns(RequestOptions)}
