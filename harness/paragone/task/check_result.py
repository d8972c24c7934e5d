"""What a check of one result says: one form for all families."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class CheckResult:
    """The result of one check. `error` and `bound` are relative: to the reference, or to its displacement.

    `status` is "passed", "failed" or "not checked"; `reason` is a sentence, empty where passed. `tensor` has the
    largest error in units of its bound. `note` says what a passed check could not decide, or found besides. `shown`
    maps each case that is shown and not judged to its error, infinite where a result is not finite. Where the
    reference itself `diverges`, nothing that follows can be compared.
    """

    status: str
    reason: str = ""
    error: float = float("nan")
    bound: float = float("nan")
    tensor: str = ""
    n_steps: int = 0
    note: str = ""
    shown: Mapping[str, float] = field(default_factory=dict)
    diverges: bool = False

    @property
    def passed(self) -> bool:
        return self.status == "passed"
