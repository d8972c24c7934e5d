"""Where a run reports its progress."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from paragone.store.plan_records import Plan
from paragone.store.records import Outcome

Advance = Callable[[str, float], None]  # what comes next, and how much more is done


class Display(Protocol):
    """Where a run reports its progress."""

    def say(self, sentence: str) -> None:
        """Show a sentence that stays."""

    def expect(self, seconds: float) -> None:
        """Show, from now on, how long all that is left takes; the first time before anything is verified."""

    def show_plan(self, plan: Plan, outcomes: Sequence[Outcome]) -> None:
        """Show what is about to be measured, what is not, and how long it takes."""

    def progress(self, title: str, total: float) -> AbstractContextManager[Advance]:
        """A context that yields `advance(what, amount)`."""
