"""The clock of another program, and what it says held against the time that the harness waited."""

from __future__ import annotations

from paragone.errors import MeasurementFailed

# Two clocks of one machine may run so much apart while both are right.
CLOCKS_APART = 1e-3
# A clock that says less than this share of waits so long counts in another unit; on a busy machine a tenth is honest.
TELLING_WAIT_NS = 20_000_000
LEAST_SHARE = 1 / 50


class Clock:
    """The clock of a program: what it says must fit together, and into the time that the harness waited."""

    def __init__(self) -> None:
        self.last_ended_ns: int | None = None
        self.was_short = False

    def elapsed_ns(self, began_ns: int, ended_ns: int, waited_ns: int) -> int:
        """Return the time between the two for a train for which the harness waited so long.

        Raises MeasurementFailed where it cannot be so.
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
        if elapsed_ns > waited_ns * (1 + CLOCKS_APART):
            raise MeasurementFailed(f"the clock says {elapsed_ns} ns, but the answer took {waited_ns} ns in all")
        self._check_unit(elapsed_ns, waited_ns)
        return elapsed_ns

    def _check_unit(self, elapsed_ns: int, waited_ns: int) -> None:
        """Raise where two long trains in a row were short by this clock; of one, compiling may be the reason."""
        if waited_ns > TELLING_WAIT_NS:
            was_short, self.was_short = self.was_short, elapsed_ns < waited_ns * LEAST_SHARE
            if was_short and self.was_short:
                raise MeasurementFailed(
                    f"the clock says {elapsed_ns} for a train that took {waited_ns} ns, and said as little for the one "
                    "before: nanoseconds are expected, around all of the steps"
                )
