"""What a worker is still asked before it is killed: where it is."""

from __future__ import annotations

import contextlib
import os
import time

from paragone.files.first_error import author_place
from paragone.machine.child import Log
from paragone.worker.commands import STACK_SIGNAL

STACK_BEGINS = "(most recent call first):"
SECONDS_TO_TELL = 0.5
POLL_S = 0.02


def where_it_is(pid: int, log: Log) -> str:
    """Such as " at impl.py:12", the author's line that a worker is at; "" where it does not tell."""
    n_before = log.text().count(STACK_BEGINS)
    with contextlib.suppress(OSError):  # it may have ended by now
        os.kill(pid, STACK_SIGNAL)
    deadline = time.monotonic() + SECONDS_TO_TELL
    while time.monotonic() < deadline:
        time.sleep(POLL_S)
        text = log.text()
        if text.count(STACK_BEGINS) > n_before and (place := author_place(text.rpartition(STACK_BEGINS)[2])):
            return f" at {place}"
    return ""
