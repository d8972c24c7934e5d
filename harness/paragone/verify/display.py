"""Where a run reports its progress, and the pilot its way along the sizes of a contender."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from paragone.plan.cells import Contender
from paragone.store.plan_records import Plan
from paragone.store.records import Outcome
from paragone.verify.pilot import Pilot
from paragone.verify.pilot_result import PilotResult

Advance = Callable[[str, float], None]  # what comes next, and how much more is done


class Display(Protocol):
    """Where a run reports its progress."""

    def say(self, sentence: str) -> None:
        """Show a sentence that stays."""

    def show_plan(self, plan: Plan, outcomes: Sequence[Outcome]) -> None:
        """Show what is about to be measured, what is not, and how long it takes."""

    def progress(self, title: str, total: float) -> AbstractContextManager[Advance]:
        """A context that yields `advance(what, amount)`."""


def examine_shown(pilot: Pilot, contender: Contender, sizes: Sequence[int], advance: Advance) -> PilotResult:
    """What the pilot finds of a contender, which is 1 of a progress bar; the bar names the size in turn."""
    name, at_size, begun = contender.variant.name, contender.problem.words.at_size, 0

    def begin(size: int) -> None:
        nonlocal begun
        advance(f"{name} {at_size} {size}", bool(begun) / len(sizes))
        begun += 1

    advance(name, 0)
    result = pilot.examine(contender, sizes, begin)
    advance(name, 1 - max(0, begun - 1) / max(1, len(sizes)))
    return result
