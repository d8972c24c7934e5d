"""Budgets: how long the parts of a measurement last."""

from __future__ import annotations

import msgspec


class Budgets(msgspec.Struct, frozen=True, kw_only=True):
    """The times and repeats that trade precision for duration. Runs have the defaults; tests shorten them.

    A request holds it, and a command that needs it carries it to the worker. A stored plan does not: what it decided
    (the steps of each sample, the rounds) stands there.
    """

    # So many workers are at work at once where nothing is timed; None: as many as there are CPUs for.
    untimed_at_once: int | None = None
    # Samples of 1–4 ms stay wrong by ±25 % however many there are; samples of tens of milliseconds do not.
    sample_seconds: float = 0.04
    # The estimate doubles the steps until one call takes this long.
    estimate_seconds: float = 0.01
    # The cost of a call is the median over this many samples.
    call_samples: int = 15
    # The scheduler moves a thread to a newly allowed CPU within about 20 ms.
    spreading_seconds: float = 0.1
    # The machine's limits are medians of so many samples, each about this long.
    limit_groups: int = 5
    limit_group_seconds: float = 0.02
    # A check takes about this long at most; a slow implementation is checked over fewer steps.
    check_seconds: float = 1.0
    # The check that has seen all data takes about this long at most.
    data_seconds: float = 2.0
    # The rounds of a launch together take about this long at most; otherwise there are fewer of them.
    rounds_seconds: float = 60.0
    # The rounds of each launch of the A/A pilot.
    aa_rounds: int = 3
    # One evaluation takes milliseconds, too short for a sample: calls are repeated until they take about this long.
    evaluation_seconds: float = 0.04
    # A learning curve goes over all data at most so many times, and for so many seconds.
    curve_passes: int = 10
    curve_seconds: float = 12.0


STANDARD = Budgets()
