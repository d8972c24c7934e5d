"""The result of the pilot for one contender: the cells that may be timed, and an outcome for every check and gap."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from dataclasses import replace as replace_fields
from typing import Any

from msgspec.structs import replace

from paragone.plan.cells import Contender
from paragone.plan.request import FEWEST_ROUNDS, ROUNDS
from paragone.store.plan_records import Cell
from paragone.store.records import Outcome
from paragone.task.check_result import CheckResult
from paragone.verify.first_steps import FirstSteps
from paragone.worker.budgets import STANDARD, Budgets

# Between samples: the pipe, waking, resetting, hashing the result, writing the row.
OVERHEAD_SECONDS = 0.008


@dataclass
class PilotResult:
    """The pilot's result for one contender; `step_seconds`, `check_seconds` and `first_steps` by size."""

    contender: Contender
    cells: list[Cell] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    peak_bytes: int = 0
    load_seconds: float = 0.0
    modules: dict[str, str] = field(default_factory=dict)  # path → stamp of code that lies elsewhere
    step_seconds: dict[int, float] = field(default_factory=dict)
    check_seconds: dict[int, float] = field(default_factory=dict)  # of the comparison of one sample
    first_steps: dict[int, FirstSteps] = field(default_factory=dict)
    began_s: float = field(default_factory=time.time)  # by the wall clock

    def add_outcome(self, stage: str, status: str, reason: str, size: int | None = None, **facts: Any) -> None:
        self.outcomes.append(outcome(self.contender, size, stage, status, reason, **facts))

    def add_check(self, stage: str, size: int | None, check: CheckResult) -> bool:
        """Add the outcome of a check; True where the cell may be timed."""
        self.add_outcome(stage, check.status, check.reason, size, **found_by(check))
        return check.status != "failed"

    def add_too_slow(self, size: int, step_seconds: float) -> None:
        reason = f"a step is estimated at {step_seconds:.0f} s; --slow measures it all the same"
        self.add_outcome("cost", "not measured", reason, size)

    def as_control(self, control: Contender) -> PilotResult:
        """The same result for the A/A control of this baseline, which runs the same code."""
        cells = [replace(cell, variant=control.variant.name) for cell in self.cells]
        outcomes = [replace(row, variant=control.variant.name) for row in self.outcomes]
        return replace_fields(self, contender=control, cells=cells, outcomes=outcomes)


def found_by(check: CheckResult) -> dict[str, Any]:
    """What a check found beside its status and its reason, as columns of an outcome; None for what is not finite."""
    return {
        "note": check.note or None,
        "error": _finite(check.error),
        "bound": _finite(check.bound),
        "shown_errors": {case: _finite(error) for case, error in check.shown.items()} or None,
        "n_steps": check.n_steps,
    }


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


def outcome(contender: Contender, size: int | None, stage: str, status: str, reason: str, **facts: Any) -> Outcome:
    problem, variant, threads = contender.key
    return Outcome(
        problem=problem,
        variant=variant,
        size=size,
        threads=threads,
        stage=stage,
        status=status,
        reason=reason,
        **facts,
    )


def rounds_in_time(cells: Sequence[Cell], budgets: Budgets = STANDARD, n_parts: int = 1) -> int:
    """The rounds of a launch: ROUNDS, fewer where many cells make a round long, FEWEST_ROUNDS at least.

    Rounds are cut, never launches: times differ more between launches than within one. `n_parts` rounds share what
    lies around a sample.
    """
    overhead_seconds = OVERHEAD_SECONDS / n_parts
    round_seconds = sum(cell.sample_seconds + overhead_seconds for cell in cells if not cell.once_per_launch)
    in_time = int(budgets.rounds_seconds / n_parts / max(round_seconds, 1e-9))
    return n_parts * min(ROUNDS, max(FEWEST_ROUNDS, in_time))
