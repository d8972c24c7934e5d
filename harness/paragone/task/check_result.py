"""What a check of one result says: one form for all families."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CheckResult:
    """The result of one check. `error` and `bound` are relative: to the reference, or to its displacement.

    `status` is "passed", "failed" or "not checked"; `reason` is a sentence, empty where passed. `tensor` has the
    largest error in units of its bound. `note` says what a passed check could not decide, or found besides.
    """

    status: str
    reason: str = ""
    error: float = float("nan")
    bound: float = float("nan")
    tensor: str = ""
    n_steps: int = 0
    note: str = ""

    @property
    def passed(self) -> bool:
        return self.status == "passed"
