"""The clock around some calls."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import repeat
from typing import Any, NamedTuple

from paragone.calls.arguments import Arguments, copied
from paragone.machine.process_tree import runnable_ns

PART_S = 0.005  # of one callable between two others: a machine changes its speed from one tenth of a second to the next
MOST_COPIES = 1000  # in a part, where each call has arguments of its own
COPIED_BYTES = 1 << 26  # of these
ALIKE = 2.0  # callables whose times differ by no more than this have as many calls in a part


@dataclass(frozen=True)
class Part:
    """How a callable is called in one part."""

    n_calls: int
    fresh: bool  # each call has its own copy of the arguments


class Timed(NamedTuple):
    """The seconds of one call, of as many as a part has; and what the last call returned, and was called with.

    `waited` is the share of the time for which threads of this process waited for a CPU; 0 without Linux.
    """

    seconds: float
    waited: float
    returned: Any
    arguments: Arguments


def time_part(call: Callable[..., Any], arguments: Arguments, part: Part) -> Timed:
    """Take a part. Copies are made untimed."""
    n = part.n_calls
    copies = [copied(arguments) for _ in range(n)] if part.fresh else []
    returned, pids = None, [os.getpid()]
    waiting_ns = runnable_ns(pids)
    begin = time.perf_counter_ns()
    for own in copies or repeat(arguments, n):  # starmap would take a StopIteration of the callable for its own end
        returned = call(*own)
    elapsed_ns = time.perf_counter_ns() - begin
    waited = max(0, runnable_ns(pids) - waiting_ns) / max(1, elapsed_ns)
    return Timed(elapsed_ns * 1e-9 / n, waited, returned, copies[-1] if copies else arguments)


def call_seconds(call: Callable[..., Any], arguments: Arguments, fresh: bool) -> float:
    """The seconds of a call that is not the first: of ever more calls, until they take half a part."""
    n_calls = 1
    while True:
        seconds = time_part(call, arguments, Part(n_calls, fresh)).seconds
        if seconds * n_calls > PART_S / 2 or n_calls >= (MOST_COPIES if fresh else 1 << 24):
            return seconds
        n_calls *= 8


def parts_of(seconds: dict[str, float], fresh: bool, n_bytes: int) -> dict[str, Part]:
    """The calls in a part of each callable, from the seconds of a call.

    A part begins with the caches as the others left them, which all its calls share. So callables that are about as
    fast as the first have as many.
    """
    most = max(1, min(MOST_COPIES, COPIED_BYTES // max(1, n_bytes))) if fresh else 1 << 30
    first = next(iter(seconds.values()))
    alike = {name: s for name, s in seconds.items() if max(s, first) <= ALIKE * min(s, first)}
    longest = max(alike.values())
    wanted = {name: longest if name in alike else s for name, s in seconds.items()}
    return {name: Part(max(1, min(most, int(PART_S / max(s, 1e-9)))), fresh) for name, s in wanted.items()}
