"""A watch over a worker and everything that it started: what they hold together, and that none of them outlives it.

What a worker starts is in its process group, or among its descendants, which it keeps as a parent even where a child
of it detaches others as daemons, or carries the mark that the environment of the worker has. Lost is only what does
all of this between two looks: it is detached, has an environment without the mark, and the worker has ended.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
from collections.abc import Iterable

import psutil

from paragone.errors import MeasurementFailed
from paragone.machine.memory import held_bytes
from paragone.machine.process_tree import descendants, tagged

TAG = "PARAGONE_WORKER"
GB = 1e9
# Whoever is stopped starts nothing more; so often one looks for what was started before.
MOST_SWEEPS = 50


class Supervisor:
    """Keeps an eye on the processes of one worker, whose process and group have the number `pid`."""

    def __init__(self, pid: int, mark: str, memory_limit_bytes: int) -> None:
        self.pid, self.mark, self.memory_limit_bytes = pid, mark, memory_limit_bytes
        self._seen: dict[int, psutil.Process] = {}  # psutil tells a process from a later one with its number
        self._escaped: list[int] = []

    def inspect(self) -> None:
        """Take note of what the worker has started. Raises MeasurementFailed where all holds more than the limit."""
        started = descendants(self.pid)
        for pid in started:
            if pid not in self._seen:
                with contextlib.suppress(psutil.Error):
                    self._seen[pid] = psutil.Process(pid)
        self._escaped = [pid for pid in started if _group(pid) not in (None, self.pid)]
        if held_bytes([self.pid, *started], self.memory_limit_bytes) > self.memory_limit_bytes:
            raise MeasurementFailed(
                f"used more than {self.memory_limit_bytes / GB:.3g} GB of memory and was killed; "
                "more is allowed with --memory-limit"
            )

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the worker's group, and to what left the group before the last look."""
        # A group whose processes have all ended is not found, or, on a Mac, not permitted.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)
        _send(self._escaped, number)

    def end(self) -> None:
        """Kill everything that the worker started, and the worker; whoever starts another first is stopped first."""
        stopped: set[int] = set()
        self._escaped = []  # a number may be another's by now; what lives of them is found again
        for _ in range(MOST_SWEEPS):
            self.signal(signal.SIGSTOP)
            new = self._alive() - stopped
            if not new:
                break
            _send(new, signal.SIGSTOP)
            stopped |= new
        self.signal(signal.SIGKILL)
        _send(stopped, signal.SIGKILL)

    def _alive(self) -> set[int]:
        """Return what the worker has started and what still lives of it."""
        lost = {pid for pid, process in self._seen.items() if process.is_running()}
        roots = lost | set(tagged(TAG, self.mark)) | {self.pid}
        found = roots.union(*(descendants(pid) for pid in roots))
        return found - {self.pid, os.getpid()}


def new_tag() -> str:
    """Return a value of TAG that no other worker has."""
    return secrets.token_hex(8)


def _group(pid: int) -> int | None:
    with contextlib.suppress(OSError):
        return os.getpgid(pid)
    return None


def _send(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(OSError):
            os.kill(pid, number)
