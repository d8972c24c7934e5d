"""Where the time of a run went: a section of the report, and a sentence for the terminal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from paragone.analyse.warnings import time_shares
from paragone.report.text import formatting, markdown

if TYPE_CHECKING:
    from paragone.store.reader import Run


def section(run: Run) -> str:
    shares = time_shares(run)
    timed = f"{formatting.seconds(shares['timed_seconds'])}, {formatting.percent(shares['timed_share'])}"
    before_plan = shares["before_plan_seconds"]
    return markdown.pairs(
        [
            ("rounds", formatting.seconds(shares["rounds_seconds"])),
            ("of these inside timed samples", timed),
            ("starting processes", formatting.seconds(shares["start_seconds"])),
            ("loading data, compiling", formatting.seconds(shares["load_seconds"])),
            ("first calls and warm-ups", formatting.seconds(shares["warmup_seconds"])),
            ("verification within the launches", formatting.seconds(shares["verify_seconds"])),
            ("peak memory, a process per cell", _or_empty(shares["memory_seconds"])),
            (
                "before the plan: verification, costs, A/A pilot",
                "" if math.isnan(before_plan) else formatting.seconds(before_plan),
            ),
        ]
    )


def time_sentence(run: Run) -> str:
    """Return how much of the rounds lay inside timed samples, and what else took time."""
    shares = time_shares(run)
    rounds = "No rounds."
    if shares["rounds_seconds"]:
        inside = formatting.percent(shares["timed_share"])
        rounds = f"Rounds took {formatting.seconds(shares['rounds_seconds'])}, {inside} of it inside timed samples."
    others = [
        f"{activity} {formatting.seconds(shares[column])}"
        for column, activity in (
            ("start_seconds", "starting processes"),
            ("load_seconds", "loading"),
            ("verify_seconds", "verification"),
            ("warmup_seconds", "first calls and warm-ups"),
            ("memory_seconds", "peak memory"),
            ("before_plan_seconds", "all before the plan"),
        )
        if shares[column] > 0
    ]
    return f"{rounds} Besides: {', '.join(others)}." if others else rounds


def _or_empty(seconds: float) -> str:
    return formatting.seconds(seconds) if seconds else ""
