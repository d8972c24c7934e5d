"""Where the time of a run went: a section of the report, and a sentence for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paragone.analyse.warnings import stage_seconds, time_shares
from paragone.report.text import formatting, markdown

if TYPE_CHECKING:
    from paragone.store.reader import Run

# In the terminal; and in the report, where less is a stage that had nothing to do.
LEAST_TOLD_SECONDS, LEAST_SECONDS = 0.1, 0.001


def section(run: Run) -> str:
    shares = time_shares(run)
    timed = f"{formatting.seconds(shares['timed_seconds'])}, {formatting.percent(shares['timed_share'])}"
    stages = [(stage, formatting.seconds(seconds)) for stage, seconds in _stages(run)]
    whole = [("the whole run, without start and report", _whole(run)), *stages] if stages else []
    return markdown.pairs(
        [
            *whole,
            ("inside the rounds", formatting.seconds(shares["rounds_seconds"])),
            ("of these inside timed samples", timed),
            ("verification within the launches", formatting.seconds(shares["verify_seconds"])),
            ("starting processes, summed over them", formatting.seconds(shares["start_seconds"])),
            ("loading data, compiling, summed over them", formatting.seconds(shares["load_seconds"])),
            ("first calls and warm-ups", formatting.seconds(shares["warmup_seconds"])),
        ]
    )


def _stages(run: Run) -> list[tuple[str, float]]:
    return [(stage, seconds) for stage, seconds in stage_seconds(run).items() if seconds >= LEAST_SECONDS]


def time_sentence(run: Run) -> str:
    """How long the run took, how much of it lay inside timed samples, and what else took time."""
    shares, stages = time_shares(run), stage_seconds(run)
    if not stages:  # a run of an earlier version
        if not shares["rounds_seconds"]:
            return "No rounds."
        inside = formatting.percent(shares["timed_share"])
        return f"Rounds took {formatting.seconds(shares['rounds_seconds'])}, {inside} of it inside timed samples."
    longest = sorted(stages.items(), key=lambda stage: -stage[1])
    told = [f"{name} {formatting.seconds(seconds)}" for name, seconds in longest if seconds >= LEAST_TOLD_SECONDS]
    return f"The run took {_whole(run)}: {', '.join(told)}."


def _whole(run: Run) -> str:
    """ "52 s, 41 % of it inside timed samples"."""
    whole = sum(stage_seconds(run).values())
    inside = formatting.percent(time_shares(run)["timed_seconds"] / whole) if whole else "nothing"
    return f"{formatting.seconds(whole)}, {inside} of it inside timed samples"
