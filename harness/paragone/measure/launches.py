"""The launches of a plan. Each stands by itself: the machine's limits, then every wave in fresh processes.

A wave of a launch needs the folder of its run (the plan, and the rows that are there already) and its numbers, and
nothing of the others: it has its own baseline and A/A. So it may run in any order, on any machine of the same kind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from paragone.measure.limits import LimitsOfLaunch
from paragone.measure.resume import RemainingSamples
from paragone.measure.rounds import Rounds
from paragone.measure.stages import stage
from paragone.plan.cells import Contender
from paragone.store.plan_records import Cell
from paragone.store.run_folder import RunFolder


@dataclass(frozen=True)
class Launches:
    """Runs the launches of a plan, each as far as its samples are not there yet.

    `attempts` maps (launch, wave) → the last attempt. Without `limits` those of the machine are not measured.
    """

    rows: RunFolder
    rounds: Rounds
    cells: Sequence[Cell]
    contenders: Sequence[Contender]
    remaining: RemainingSamples
    attempts: Mapping[tuple[int, int], int]
    limits: LimitsOfLaunch | None

    def run(self, launch: int) -> None:
        """Run one launch; the attempt at each of its waves is the one after the last."""
        self.measure_limits(launch)
        for wave in sorted({cell.wave for cell in self.cells}):
            self.run_wave(launch, wave, self.attempts.get((launch, wave), -1) + 1)

    def measure_limits(self, launch: int) -> None:
        """Measure the limits of this machine, as far as they are not there."""
        if self.limits is not None:
            self.rounds.report_progress(f"launch {launch + 1}: the machine's limits", 0)
            with stage("limits of the machine", self.rows.append, launch):
                self.limits.record(self.rows, self.contenders, self.cells, launch)

    def run_wave(self, launch: int, wave: int, attempt: int) -> None:
        """Run what is missing of one wave of a launch."""
        of_wave = [cell for cell in self.cells if cell.wave == wave]
        if any(self.remaining.wants_any(cell, launch) for cell in of_wave):
            self.rounds.run_launch(of_wave, launch, attempt)
