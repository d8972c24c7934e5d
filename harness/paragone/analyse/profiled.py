"""A profile read back from its folder, with what is derived from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from statistics import median

from paragone.analyse.breakdown import Breakdown, breakdowns
from paragone.analyse.step_parts import Place, Speeds, StepParts, speeds_of, step_parts
from paragone.errors import ResultsUnusable
from paragone.files.schema import shown
from paragone.store.plan_records import ProfilePlan
from paragone.store.reader import read_profile_plan, read_table
from paragone.store.records import ClockReading, Limit, Outcome, Pair
from paragone.store.runs import is_finished


@dataclass(frozen=True)
class Profiled:
    """A profile as read back: its plan, the breakdowns of its cells, the reasons for missing ones, machine's speeds."""

    folder: Path
    plan: ProfilePlan
    cells: list[Breakdown]
    outcomes: list[Outcome]
    reading_ns: float | None  # the cost of reading Python's clock
    finished: bool
    speeds: Mapping[Place, Speeds] = field(default_factory=dict)  # none in old profiles

    @cached_property
    def parts(self) -> list[StepParts]:
        """What each cell's step consists of, in the order of the cells; none where the machine's speeds are unknown."""
        dtypes = {variant.variant: variant.dtype for variant in self.plan.variants}
        places = [(cell, (cell.problem, dtypes[cell.variant], cell.threads)) for cell in self.cells]
        return [
            step_parts(cell, self.plan.problems[cell.problem], place[1], self.speeds[place])
            for cell, place in places
            if place in self.speeds
        ]


def read_profile(folder: Path) -> Profiled:
    """Raises ResultsUnusable where the folder holds no valid profile."""
    readings = [clock.reading_ns for clock in read_table(folder, ClockReading)]
    plan = read_profile_plan(folder)
    pairs_taken, known = read_table(folder, Pair, plan.problems), {one.variant for one in plan.variants}
    for number, row in enumerate(pairs_taken, start=1):
        if row.variant not in known:
            got = shown(row.variant)
            raise ResultsUnusable(f"{folder}/pairs.jsonl, line {number}: variant: expected one of the plan, got {got}")
    return Profiled(
        folder,
        plan,
        breakdowns(pairs_taken),
        read_table(folder, Outcome, plan.problems),
        median(readings) if readings else None,
        is_finished(folder),
        speeds_of(read_table(folder, Limit, plan.problems)),
    )
