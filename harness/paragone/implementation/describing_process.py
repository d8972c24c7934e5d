"""The harness's end of the process that describes implementations (describer.py)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from paragone.errors import HarnessError
from paragone.files.schema import Count
from paragone.machine.child import Child, read_until_silent
from paragone.machine.threads import worker_environment

DESCRIBER = "paragone.implementation.describer"
STARTING_S = 30.0  # of the process that describes, on a machine that is busy


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line that the describing process writes: the number of a task, and its report, not yet checked."""

    task: Count
    report: msgspec.Raw


def raw_reports(tasks: Sequence[str], time_limit_s: float) -> Iterator[tuple[int, msgspec.Raw]]:
    """Yield number and report of each task that the describing process reports on, as it comes.

    A task is a `Task` in JSON; each may take so many seconds. Raises HarnessError where the process cannot be started.
    """
    if not tasks:
        return
    reading, writing = os.pipe()
    unfinished = b""
    try:
        environment, _ = worker_environment(1, os.environ)  # as workers have it
        with _started([str(time_limit_s), *tasks], environment, writing):
            left = len(tasks)
            for content in read_until_silent(reading, time_limit_s + STARTING_S):
                *lines, unfinished = (unfinished + content).split(b"\n")
                for told in (msgspec.json.decode(line, type=Line) for line in lines):
                    yield told.task, told.report
                    left -= 1
                if left == 0:
                    return
    finally:
        os.close(reading)


def _started(arguments: Sequence[str], environment: Mapping[str, str], writing: int) -> Child:
    try:
        return Child(DESCRIBER, arguments, environment=environment, handed_over=(writing,))
    except OSError as error:
        raise HarnessError(f"the process that describes implementations cannot be started: {error}") from None
