"""A run with everything that is derived from it. Each value is computed once, when it is first asked for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from paragone.analyse.crossovers import crossovers
from paragone.analyse.fastest import fastest
from paragone.analyse.hosts import share_between_hosts, speeds_of_hosts
from paragone.analyse.plain_loops import plain_loops
from paragone.analyse.ranking import ranking
from paragone.analyse.ratios import Rounds, everywhere, launch_ratios, speeds_over_launches
from paragone.analyse.statuses import CELL, timed_samples
from paragone.analyse.summary import baselines_of, cells_with_statuses, launch_medians, summarise
from paragone.analyse.warnings import warnings
from paragone.store.reader import Run


@dataclass(frozen=True, eq=False)
class Results:
    """A run and its derived tables. They are shared: a caller must not change one in place."""

    run: Run

    @cached_property
    def samples(self) -> pd.DataFrame:
        """The timed samples, without the rejected ones."""
        return timed_samples(self.run)

    @cached_property
    def cells(self) -> pd.DataFrame:
        """The planned cells, each with its rounds per launch and its status."""
        return cells_with_statuses(self.run, self.samples)

    @cached_property
    def launches(self) -> pd.DataFrame:
        """The median of every cell in every launch."""
        return launch_medians(self.samples, self.cells)

    @cached_property
    def summary(self) -> pd.DataFrame:
        """One row per planned cell, controls too: the columns of summary.csv."""
        return summarise(self.run, self.samples, self.cells, self.launches, self.baseline_ratios)

    @cached_property
    def rounds(self) -> Rounds:
        """The samples of the cells that passed, sorted for ratios within rounds."""
        return Rounds(self.samples, self.cells)

    @cached_property
    def baseline_ratios(self) -> pd.DataFrame:
        """The log-ratio of every cell to the baseline of its dtype, in every launch."""
        others = baselines_of(self.cells, self.run)
        return launch_ratios(self.rounds, everywhere(others, self.rounds.planned))

    @cached_property
    def share_between_hosts(self) -> float:
        """The share of the variance of ratios that lies between hosts; NaN where all is of one host."""
        ratios = self.baseline_ratios[self.baseline_ratios["enters"]]
        return share_between_hosts(ratios, CELL) if "host" in ratios else math.nan

    @cached_property
    def speeds_of_hosts(self) -> dict[str, float]:
        """Host → its speed over that of the typical host; {} where all is of one host."""
        return speeds_of_hosts(self.launches, CELL) if "host" in self.launches else {}

    @cached_property
    def fastest(self) -> pd.DataFrame:
        """Every verified cell beside the fastest at its point of the grid."""
        return fastest(self.run, self.summary, self.rounds)

    @cached_property
    def ranking(self) -> pd.DataFrame:
        """Every cell at its point of the grid, the fastest first, with what it needs."""
        return ranking(self.run, self.summary, self.fastest)

    @cached_property
    def plain_loops(self) -> pd.DataFrame:
        """The cells of the implementations that declare plain loops, each beside the fastest in C."""
        return plain_loops(self.run, self.summary, self.rounds, self.launches)

    @cached_property
    def crossovers(self) -> pd.DataFrame:
        """Where one variant overtakes another along the sizes."""
        return crossovers(self.run, self.summary, self.fastest, self.rounds)

    @cached_property
    def warnings(self) -> list[str]:
        """Sentences that a reader needs before believing the numbers."""
        return warnings(self.run, self.summary)

    def relative_speeds(self, others: Mapping[str, str]) -> pd.DataFrame:
        """The speed of every cell relative to that of another variant; `others` maps variant → other variant."""
        return speeds_over_launches(launch_ratios(self.rounds, everywhere(others, self.rounds.planned)))
