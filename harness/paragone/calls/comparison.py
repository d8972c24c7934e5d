"""The answer: which callables agree, how long each takes, and how sure the differences are."""

from __future__ import annotations

import io
import math
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from paragone.analyse.statuses import FAILED
from paragone.calls import words
from paragone.errors import MeasurementFailed, Misuse, VerificationFailed

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Comparison:
    """What `paragone.compare` found.

    `frame` has a row for each callable at each size, and for the control, the first callable once more: its time
    (`seconds`), its `speed` relative to the first (above 1 is faster), intervals at 95 %, `margin` (0.01 for 1 %; a
    smaller difference is no difference), `verdict` in a word, and `status` with the `reason` where it failed.
    `samples` has the time of a call in each round.
    """

    frame: pd.DataFrame
    samples: pd.DataFrame
    notes: tuple[str, ...] = ()
    has_sizes: bool = False

    @property
    def verdict(self) -> str:
        """Such as "b is slower than a: a call takes 3.1 % longer [2.1, 4.0]"."""
        return words.verdict(self.frame, self.has_sizes)

    def is_not_slower(self, fraction: float) -> bool:
        """False where one of the callables surely takes more than this fraction longer than the first (0.05 for 5 %).

        Where the machine is too noisy to tell, that is, where an interval or the noise of A/A is wider than the
        fraction, a test of pytest is skipped, and MeasurementFailed is raised elsewhere. Raises VerificationFailed
        where a callable failed or gives another result, Misuse where there is nothing to compare.
        """
        if not 0 <= fraction < math.inf:
            raise Misuse(f"is_not_slower: expected a fraction such as 0.05 for 5 %, got {fraction!r}")
        rows = self.frame[~self.frame["control"]]
        failed = rows[rows["status"].isin(FAILED)]
        if len(failed):
            raise VerificationFailed(words.failures(failed, self.has_sizes))
        others = rows[rows["name"] != rows["name"].iloc[0]]
        if others.empty:
            raise Misuse("is_not_slower: there is one callable, so nothing that it could be slower than")
        low, high = 1 / others["speed_high"] - 1, 1 / others["speed_low"] - 1  # by how much longer
        if (others["verdict"].eq("slower") & (low > fraction)).any():
            return False
        is_within = (1 + high) * (1 + others["margin"]) - 1 <= fraction
        is_fine = others["margin"].clip(lower=(high - low) / 2) <= fraction
        if len(unsure := others[~(is_within | (is_fine & low.notna()))]):
            _refuse_to_tell(words.too_noisy(unsure, fraction, self.has_sizes))
        return True

    def plot(self) -> Figure:
        """Draw the times, with intervals; over the sizes where there are several."""
        from paragone.calls.chart import chart  # Matplotlib takes longer to load than a short comparison

        return chart(self.frame, self.has_sizes)

    def __str__(self) -> str:
        return words.text(self.frame, self.notes, self.has_sizes)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        content = io.BytesIO()
        self.plot().savefig(content, format="png", dpi=100)
        return words.html(self.frame, self.notes, self.has_sizes, content.getvalue())


def _refuse_to_tell(reason: str) -> None:
    if "PYTEST_CURRENT_TEST" in os.environ and "pytest" in sys.modules:
        skip: Any = sys.modules["pytest"].skip
        skip(reason)
    raise MeasurementFailed(reason)
