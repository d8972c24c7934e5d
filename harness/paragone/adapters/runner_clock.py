"""The clock of a program that trains in its own process, checked against the time that the harness waited."""

from __future__ import annotations

from paragone.errors import MeasurementFailed

# Two clocks of one machine may drift this much apart while both are right.
CLOCK_DRIFT = 1e-3
# Waits longer than this check the unit of the clock. A program that shares a busy CPU may honestly claim a tenth of the
# wait; a clock that counts microseconds claims a thousandth. A program that still compiles the code that reads its
# orders may claim as little, but not for so many trains in a row.
CHECKED_WAIT_NS = 20_000_000
LEAST_SHARE = 1 / 50
MOST_SHORT_IN_A_ROW = 4


class RunnerClock:
    """Turns the readings of a program's clock into times, and refuses those that cannot be right."""

    def __init__(self) -> None:
        self.last_ended_ns: int | None = None
        self.n_short = 0

    def elapsed_ns(self, began_ns: int, ended_ns: int, waited_ns: int) -> int:
        """The time of a train that began and ended at these readings, and for which the harness waited `waited_ns`.

        Raises MeasurementFailed where the clock runs backwards, claims more than the wait, or counts in another unit.
        """
        if self.last_ended_ns is not None and began_ns < self.last_ended_ns:
            raise MeasurementFailed(
                f"the clock goes backwards: began_ns is {began_ns}, but ended_ns of the train before was "
                f"{self.last_ended_ns}; use a monotonic one"
            )
        if ended_ns < began_ns:
            raise MeasurementFailed(
                f"the clock goes backwards: began_ns is {began_ns}, ended_ns is {ended_ns}; use a monotonic one"
            )
        self.last_ended_ns, elapsed_ns = ended_ns, ended_ns - began_ns
        if elapsed_ns > waited_ns * (1 + CLOCK_DRIFT):
            raise MeasurementFailed(f"the clock says {elapsed_ns} ns, but the answer took {waited_ns} ns in all")
        self._check_unit(elapsed_ns, waited_ns)
        return elapsed_ns

    def _check_unit(self, elapsed_ns: int, waited_ns: int) -> None:
        """Raises where the clock was short for too many long waits in a row."""
        if waited_ns <= CHECKED_WAIT_NS:
            return
        self.n_short = self.n_short + 1 if elapsed_ns < waited_ns * LEAST_SHARE else 0
        if self.n_short > MOST_SHORT_IN_A_ROW:
            raise MeasurementFailed(
                f"the clock says {elapsed_ns} for a train that took {waited_ns} ns, and said as little for the "
                f"{MOST_SHORT_IN_A_ROW} before: nanoseconds are expected, around all of the steps"
            )
