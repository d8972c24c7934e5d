"""A run with everything that is derived from it. Each value is computed once, when it is first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from paragone.analyse.crossovers import crossovers
from paragone.analyse.fastest import fastest
from paragone.analyse.statuses import timed_samples
from paragone.analyse.summary import cells_with_statuses, launch_medians, relative_speeds, summarise

if TYPE_CHECKING:
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
        return summarise(self.run, self.samples, self.cells, self.launches)

    @cached_property
    def fastest(self) -> pd.DataFrame:
        """Every verified cell beside the fastest at its point of the grid."""
        return fastest(self.run, self.summary, self.samples, self.cells)

    @cached_property
    def crossovers(self) -> pd.DataFrame:
        """Where one variant overtakes another along batch size."""
        return crossovers(self.run, self.summary, self.fastest, self.samples, self.cells)

    def relative_speeds(self, others: Mapping[str, str]) -> pd.DataFrame:
        """The speed of every cell relative to that of another variant; `others` maps variant → other variant."""
        return relative_speeds(self.samples, self.cells, others)
