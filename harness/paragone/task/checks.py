"""What a family offers to show that an implementation computes its problem: the contract of its checks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from paragone.task.check_result import CheckResult
from paragone.task.sample_input import SampleInput

# (start, order) → (the result, the losses of its steps where the problem records any).
Run = Callable[[Any, NDArray[np.int64]], tuple[Any, NDArray[Any] | None]]


@dataclass(frozen=True)
class Candidate:
    """Whose results are checked: what it computes, in which dtype, and what it says of itself.

    `difference` says how it only comes near the problem; None where it solves the problem itself.
    """

    problem: Any  # of the family's own class
    dtype: str
    deterministic: bool = True
    difference: str | None = None


@dataclass(frozen=True)
class SampleResult:
    """What a sample of `n_steps` steps ended with."""

    state: Any  # of the family's own class
    losses: NDArray[Any] | None
    n_steps: int


class Checks(Protocol):
    """Compares the results of one run's candidates with the reference. `run` has loaded the candidate's problem."""

    def check_first_steps(self, run: Run, candidate: Candidate, size: int, max_steps: int) -> CheckResult:
        """Compare the first steps from a start that the run's seed gives, `max_steps` at most."""
        ...

    def check_data(self, run: Run, candidate: Candidate, seconds: float, work_seconds: float) -> CheckResult | None:
        """Check that all data are in their places, or as many as take about `seconds`; None where there are none.

        `work_seconds` is the time of a unit of work.
        """
        ...

    def check_form(self, candidate: Candidate, input_: SampleInput, result: SampleResult) -> CheckResult:
        """Check the form of a sample's result: names, shapes, dtypes, finite values. It never passes."""
        ...

    def check_whole_sample(
        self, run: Run, candidate: Candidate, input_: SampleInput, result: SampleResult
    ) -> CheckResult:
        """Compare the whole of a sample with the reference, or where that says nothing, as much as says something."""
        ...

    def check_sample(self, run: Run, candidate: Candidate, input_: SampleInput, result: SampleResult) -> CheckResult:
        """As `check_whole_sample`, but of a long sample no more than a part that nobody can foresee."""
        ...
