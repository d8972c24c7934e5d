"""Whether the worker's account of the time of its samples agrees with what the harness saw from outside.

A sample's time is taken inside the worker, by a clock that hosted code could turn, around a call that could put work
off or have it done by a process that nobody counts. So the harness times the same sample from the moment at which it
has sent the order, and the giving out of the result too. It judges medians: the headline is one. Where the medians of
a cell look wrong, more samples are taken under a closer look, with the time for which the scheduler kept the worker
waiting; they are like any others for the worker. Only what is wrong there too is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from paragone.errors import MeasurementFailed
from paragone.worker.replies import Timing
from paragone.worker.worker import Worker

# By the harness's clock a sample may take so much longer than by the worker's, which reads the CPU time of every thread
# and writes its reply meanwhile.
MOST_UNSEEN_NS, MOST_UNSEEN_SHARE = 6_000_000, 0.1
MOST_UNSEEN_OF_A_PART_NS = 1_500_000  # more, for each further part of a sample, which is an order by itself
# Any implementation takes a state of so many numbers, or gives it out, in this time.
MOST_STATE_NS, MOST_STATE_NS_PER_NUMBER = 6_000_000, 150
# The arrays of a ring are copied in reset; to a program they cross a pipe, 56 MB of them in up to 3 ns for each byte.
MOST_COPY_NS_PER_BYTE = 4
# A sample that keeps less than this share of a CPU busy has been computed somewhere else.
LEAST_CPU_SHARE = 0.5
# A shorter sample has no CPU time to speak of: reading it costs about 100 µs.
SHORTEST_JUDGED_NS = 4_000_000
# The samples of a closer look.
CLOSE_LOOKS = 5


@dataclass(frozen=True)
class TimeAccount:
    """The time of one sample by the worker and by the harness, and how many numbers its result has.

    `outside_ns` lasts from the order sent to the reply, `reset_ns` and `params_ns` are those of `reset()` before it and
    of `params()` after it. Under a closer look all are without `withheld_ns` and its like: the time for which the
    scheduler kept worker and harness waiting. `cpu_outside_ns` is the CPU time of the same call by the system's clock,
    without what taking the order may need; 0 but under a closer look at a worker that has one CPU.
    """

    timing: Timing
    outside_ns: int
    reset_ns: int
    params_ns: int
    n_numbers: int
    withheld_ns: int = 0
    cpu_outside_ns: int = 0
    n_given: int | None = None  # the numbers that reset takes, where they are not those of the result
    copied_bytes: int = 0  # by reset, beside what it takes
    n_parts: int = 1  # in which the steps were ordered

    @property
    def unseen_ns(self) -> int:
        """The part of the time outside that the worker's own clock does not show.

        Where much was withheld, its clock may have shown that and left out work. Then the smaller of two counts: what
        lies between both clocks with all waits, and between the CPU time by the system and by the worker.
        """
        of_clocks_ns = self.outside_ns - self.timing.elapsed_ns
        of_cpu_ns = self.cpu_outside_ns - self.timing.cpu_ns
        return max(0, of_clocks_ns, min(of_clocks_ns + self.withheld_ns, of_cpu_ns))

    @property
    def most_reset_ns(self) -> int:
        """What `reset` may take."""
        n_given = self.n_numbers if self.n_given is None else self.n_given
        return MOST_STATE_NS + MOST_STATE_NS_PER_NUMBER * n_given + MOST_COPY_NS_PER_BYTE * self.copied_bytes

    @property
    def cpu_share(self) -> float:
        return self.timing.cpu_ns / max(1, self.timing.elapsed_ns - self.withheld_ns)


def refuse_false_account(
    worker: Worker, accounts: Sequence[TimeAccount], look: Callable[[], TimeAccount], timed: str
) -> None:
    """Raise MeasurementFailed where the samples of a cell, and those of a closer look too, are not what they say.

    `timed` is what an author calls the timed call.
    """
    if not accounts or not time_fault(accounts, worker, timed):
        return
    if fault := time_fault([look() for _ in range(CLOSE_LOOKS)], worker, timed):
        raise MeasurementFailed(fault)


def time_fault(accounts: Sequence[TimeAccount], worker: Worker, timed: str) -> str | None:
    """What is wrong with the account of these samples of one cell, by their medians; None where nothing is."""
    elapsed_ns = median(each.timing.elapsed_ns for each in accounts)
    took = f"{elapsed_ns / 1e6:.1f} ms"
    unseen_ns = median(each.unseen_ns for each in accounts)
    own_ns = median(min(each.timing.elapsed_ns, each.outside_ns) for each in accounts)
    most_unseen_ns = MOST_UNSEEN_NS + (accounts[0].n_parts - 1) * MOST_UNSEEN_OF_A_PART_NS
    if unseen_ns > max(most_unseen_ns, MOST_UNSEEN_SHARE * own_ns):
        outside = f"{median(each.outside_ns + each.withheld_ns for each in accounts) / 1e6:.1f} ms"
        return (
            f"a sample takes {took} by the worker's clock and {outside} by the harness's: leave the clock, and what "
            "runs around it, alone"
        )
    first = accounts[0]
    most_ns = MOST_STATE_NS + MOST_STATE_NS_PER_NUMBER * first.n_numbers
    params_ns, reset_ns = (median(getattr(each, name) for each in accounts) for name in ("params_ns", "reset_ns"))
    if reset_ns > first.most_reset_ns:
        return (
            f"reset() took {reset_ns / 1e6:.1f} ms before a {timed} of {took}, and again: what it does beyond taking "
            f"the state is not timed; do it in {timed}"
        )
    if params_ns > most_ns:
        return (
            f"params() took {params_ns / 1e6:.1f} ms after a {timed} of {took}, and again: what {timed} puts off is "
            "not timed; finish it there"
        )
    cpu_share = median(each.cpu_share for each in accounts)
    if elapsed_ns >= SHORTEST_JUDGED_NS and cpu_share < LEAST_CPU_SHARE and not worker.holds_accelerator():
        return (
            f"its processes used {cpu_share:.2f} s of CPU time per second of {timed}: they wait, or a process that the "
            "harness does not see does the work"
        )
    return None
