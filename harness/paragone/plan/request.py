"""What the user asked for, as data that a stored plan can give back."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from paragone.errors import ResultsUnusable
from paragone.plan.power import FEWEST_LAUNCHES
from paragone.task.mlp.problem import Problem

BASELINE = "numpy_rows"
FEWEST_ROUNDS, ROUNDS, QUICK_ROUNDS = 5, 10, 6
# A longer step is measured only with --slow.
TOO_SLOW_SECONDS, TOO_SLOW_FOR_QUICK_SECONDS = 2.0, 1.0


@dataclass(frozen=True)
class Request:
    """What the user asked for; empty selections mean everything."""

    problems: tuple[Problem, ...]
    implementations: tuple[str, ...] = ()
    dtypes: tuple[str, ...] = ()
    batch_sizes: tuple[int | str, ...] = ()
    threads: tuple[int, ...] = (1,)
    launches: int = FEWEST_LAUNCHES
    rounds: int | None = None  # None: as many as the cells leave time for
    resolve: float | None = None
    baseline: str = BASELINE
    seed: int = 1
    slow: bool = False
    quick: bool = False
    memory: bool = True  # the memory pass
    curves: bool = True  # the learning curves
    time_limit_s: float = 120.0
    memory_limit_bytes: int | None = None  # of one worker; None: half of what the machine has
    plugins: tuple[str, ...] = ()  # absolute paths
    sides: tuple[str, ...] = ()  # of a live comparison, LABEL=FOLDER each
    # Where not empty, these cells alone, and the baseline beside them: (problem, variant, threads, batch size).
    only: tuple[Sequence[str | int], ...] = ()
    evaluated: tuple[str, ...] = ()  # problems whose test set is evaluated too, by those who predict

    @property
    def too_slow_seconds(self) -> float:
        """Return from how long a step on a cell is not measured."""
        if self.slow:
            return math.inf
        return TOO_SLOW_FOR_QUICK_SECONDS if self.quick else TOO_SLOW_SECONDS

    def to_json(self) -> dict[str, Any]:
        """Return the request as plain data, problems by fingerprint: equal requests are equal here."""
        return {
            **{key: list(value) if isinstance(value, tuple) else value for key, value in vars(self).items()},
            "problems": {problem.name: problem.fingerprint() for problem in self.problems},
        }


def request_of(plan: Mapping[str, Any]) -> Request:
    """Return the request that a stored plan was made from.

    Raises ResultsUnusable for a plan of another version.
    """
    try:
        stored: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in plan["request"].items()
        }
        problems = tuple(Problem.from_json(problem) for problem in plan["problems"].values())
        return Request(**{**stored, "problems": problems})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ResultsUnusable(
            f"run {plan.get('run')}: its plan is not one of this version of paragone ({error!r}). "
            "A new run: paragone bench --new"
        ) from None
