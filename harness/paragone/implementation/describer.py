"""The process that imports implementations in order to describe them, and ends with whatever that has left behind.

    python -m paragone.implementation.describer OUTGOING TIME_LIMIT_S TASK …

It imports none itself. For each task it forks a process that does, and writes a line with what this process says or how
it ended. What an import or an answer has started is killed with it, daemons too: this process adopts them.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence

import msgspec

import paragone
from paragone.implementation.described import Task
from paragone.implementation.describing_job import Job, send_signal, write_all
from paragone.implementation.describing_process import Line
from paragone.machine.memory import be_first_oom_victim
from paragone.machine.process_tree import adopt_orphans, descendants
from paragone.task.families import decode

POLL_S = 0.05


def reports(tasks: Sequence[Task], time_limit_s: float) -> Iterator[Line]:
    """Yield the report on each task as it comes; as many at a time as there are CPUs."""
    waiting, running, harness = deque(enumerate(tasks)), list[Job](), os.getppid()
    while (waiting or running) and os.getppid() == harness:
        while waiting and len(running) < (os.cpu_count() or 1):
            running.append(Job.start(*waiting.popleft()))
        select.select([job.reading for job in running], [], [], POLL_S)
        for job in list(running):
            if job.has_ended() or time.monotonic() - job.begin > time_limit_s:
                job.end()
                running.remove(job)
                yield Line(task=job.number, report=job.result(time_limit_s))
                _kill_orphans([job.pid for job in running])


def _kill_orphans(running: Sequence[int]) -> None:
    """Kill every process below this one that is neither running for it nor below one that is."""
    while orphans := _orphans(running):
        send_signal(orphans, signal.SIGSTOP)
        send_signal(orphans, signal.SIGKILL)
        for pid in orphans:
            with contextlib.suppress(ChildProcessError):  # its parent has not ended yet
                os.waitpid(pid, 0)


def _orphans(running: Sequence[int]) -> list[int]:
    everything = descendants()  # first: what a running process starts only now is not in it
    ours = {*running, *(pid for job in running for pid in descendants(job))}
    return [pid for pid in everything if pid not in ours]


def _end_with(harness: int) -> None:
    """Wait for the harness, which kills this process with all that is below it; where it has ended, do the same."""
    while os.getppid() == harness:
        time.sleep(POLL_S)
    _kill_orphans([])
    os._exit(0)


def import_public_bases() -> None:
    """Import what implementations derive from, once, so that not every forked process does."""
    for name in paragone.PUBLIC:
        if name.endswith("Implementation"):
            getattr(paragone, name)


def main() -> None:
    """Report on the tasks of the command line."""
    import_public_bases()
    adopt_orphans()
    be_first_oom_victim()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the harness answers Ctrl-C
    outgoing, time_limit_s, harness = int(sys.argv[1]), float(sys.argv[2]), os.getppid()
    tasks = [msgspec.json.decode(text, type=Task, dec_hook=decode) for text in sys.argv[3:]]
    with contextlib.suppress(BrokenPipeError):  # the harness has ended
        for line in reports(tasks, time_limit_s):
            write_all(outgoing, msgspec.json.encode(line) + b"\n")
    _end_with(harness)


if __name__ == "__main__":
    main()
