"""A process beside the harness that outlives it, and ends what a killed harness leaves behind.

    python -m paragone.machine.leftovers INCOMING

A worker dies with its harness, but what it started and what left its group would stay under PID 1, stopped for ever.
The harness writes a line for each change: `child TAG` before it starts a child, `process TAG PID` for a process that an
inspection found below it, `ended TAG` once it has killed all of that itself. The pipe ends with the harness.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping

import psutil

from paragone.machine.process_tree import descendants, send, stop_all, tagged

TAG = "PARAGONE_CHILD"


class Watcher:
    """The harness's end: the process is started with the first line."""

    def __init__(self) -> None:
        self._outgoing: int | None = None

    def tell(self, line: str, environment: Mapping[str, str]) -> None:
        """Write a line. Where the watcher is gone, or nothing can be started, the run goes on without."""
        with contextlib.suppress(OSError):
            if self._outgoing is None:
                self._outgoing = _start(environment)
            os.write(self._outgoing, f"{line}\n".encode())


def _start(environment: Mapping[str, str]) -> int:
    """Start the process; a descriptor to write lines to, which no child inherits."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__, str(reading)],
            pass_fds=(reading,),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,  # Ctrl-C is meant for the harness
        )
    finally:
        os.close(reading)
    process.returncode = 0  # it outlives this process: nobody waits for it
    return writing


class Left:
    """What the children of a harness may have left: their tags, and the processes found below them."""

    def __init__(self) -> None:
        self._processes: dict[str, list[psutil.Process]] = {}

    def note(self, line: str) -> None:
        match line.split():
            case ["child", tag]:
                self._processes[tag] = []
            case ["process", tag, pid]:
                with contextlib.suppress(psutil.Error):
                    self._processes.setdefault(tag, []).append(psutil.Process(int(pid)))
            case ["ended", tag]:
                self._processes.pop(tag, None)

    def end(self) -> None:
        """Kill all of it, with everything that it started."""
        if self._processes:
            send(stop_all(self._living), "SIGKILL")

    def _living(self) -> set[int]:
        seen = {process.pid for found in self._processes.values() for process in found if process.is_running()}
        roots = seen | set(tagged(TAG, self._processes))
        return roots.union(*(descendants(pid) for pid in roots)) - {os.getpid()}


def watch(lines: Iterable[str]) -> None:
    """Note the lines of a harness until it ends, then end what it has left."""
    left = Left()
    for line in lines:
        left.note(line)
    left.end()


if __name__ == "__main__":
    with os.fdopen(int(sys.argv[1])) as incoming:
        watch(incoming)
