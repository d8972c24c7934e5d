"""Examiners: the pilot of several contenders at once, each in a fork of this process.

An examiner and the worker that it talks to take turns, so one CPU serves both, and neither waits for those of another
examiner. What the pilot times decides how long samples are, and whether the account of a worker's time is true: a
neighbour on the next CPU changes neither. Nothing that the pilot times is a result.
"""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import signal
import sys
import tempfile
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Any, NoReturn

from paragone.errors import HarnessError
from paragone.machine.cpus import confine_to
from paragone.machine.process_tree import die_with_parent, ending
from paragone.machine.slots import untimed_slots
from paragone.plan.cells import Contender
from paragone.verify.display import Advance
from paragone.verify.pilot import Pilot
from paragone.verify.pilot_result import PilotResult
from paragone.worker.budgets import Budgets

# So long an examiner may take to end its worker once it is told to end.
SECONDS_TO_END = 10.0


@dataclass(frozen=True)
class Examination:
    """A contender, and the sizes at which the pilot looks at it."""

    contender: Contender
    sizes: Sequence[int]


def examine_all(pilot: Pilot, examinations: Sequence[Examination], advance: Advance) -> Iterator[PilotResult]:
    """Yield the pilot's results in the order given; each examination is 1 of a progress bar, which names its sizes.

    A contender whose examiner was killed has failed, and another examiner goes on. Raises what an examiner raised.
    """
    slots = examiner_slots(examinations, pilot.request.budgets)
    if len(slots) > 1:
        yield from _in_forks(pilot, examinations, slots, advance)
        return
    for each in examinations:
        shown = _Shown(each, advance)
        result = pilot.examine(each.contender, each.sizes, shown.begin)
        shown.end()
        yield result


def examiner_slots(examinations: Sequence[Examination], budgets: Budgets) -> list[tuple[int, ...]]:
    """The CPUs of each examiner: as many as there are CPUs for them, one at least, one off Linux."""
    threads = max((each.contender.threads for each in examinations), default=1)
    most = len(examinations) if sys.platform == "linux" else 1
    return untimed_slots(threads, budgets.untimed_at_once)[: max(1, most)]


class _Shown:
    """The part of a progress bar that one examination is."""

    def __init__(self, examination: Examination, advance: Advance) -> None:
        self.examination, self.advance, self.n_begun = examination, advance, 0
        advance(examination.contender.variant.name, 0)

    def begin(self, size: int) -> None:
        contender = self.examination.contender
        what = f"{contender.variant.name} {contender.problem.words.at_size} {size}"
        self.advance(what, bool(self.n_begun) / len(self.examination.sizes))
        self.n_begun += 1

    def end(self) -> None:
        n_sizes = max(1, len(self.examination.sizes))
        self.advance(self.examination.contender.variant.name, 1 - max(0, self.n_begun - 1) / n_sizes)


@dataclass
class _Examiner:
    """A fork and the pipe to it. It takes numbers of examinations, and sends for each any sizes, then what it found."""

    process: ForkProcess
    connection: Connection
    cpus: tuple[int, ...]
    number: int = 0
    shown: _Shown | None = None  # None where it waits


@dataclass(frozen=True)
class _FileLock:
    """A lock between processes; the system gives it back where its holder is killed."""

    path: Path

    @contextmanager
    def __call__(self) -> Iterator[None]:
        with self.path.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _started(pilot: Pilot, examinations: Sequence[Examination], cpus: tuple[int, ...]) -> _Examiner:
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=_examine, args=(pilot, examinations, theirs, cpus), daemon=True)
    with warnings.catch_warnings():
        # Python warns of other threads. A fork uses none of their locks: it prints nothing, and ends by _exit.
        warnings.simplefilter("ignore", DeprecationWarning)
        process.start()
    theirs.close()
    return _Examiner(process, ours, cpus)


def _in_forks(
    pilot: Pilot, examinations: Sequence[Examination], slots: Sequence[tuple[int, ...]], advance: Advance
) -> Iterator[PilotResult]:
    examiners: list[_Examiner] = []
    found: dict[int, PilotResult] = {}
    waiting = iter(enumerate(examinations))
    n_yielded = 0
    with tempfile.NamedTemporaryFile(prefix="paragone-lock-") as file:
        pilot.large_arrays = _FileLock(Path(file.name))
        try:
            examiners += [_started(pilot, examinations, cpus) for cpus in slots]
            while True:
                for examiner in examiners:
                    if examiner.shown is None and (entry := next(waiting, None)) is not None:
                        examiner.number, examiner.shown = entry[0], _Shown(entry[1], advance)
                        examiner.connection.send(entry[0])
                while n_yielded in found:
                    yield found.pop(n_yielded)
                    n_yielded += 1
                if n_yielded == len(examinations):
                    return
                for examiner in _with_message(examiners):
                    result = _received(examiner)
                    if result is not None:
                        found[examiner.number] = result
                    if not examiner.process.is_alive():
                        examiners[examiners.index(examiner)] = _started(pilot, examinations, examiner.cpus)
        finally:
            _end(examiners)
            pilot.large_arrays = nullcontext


def _with_message(examiners: Sequence[_Examiner]) -> list[_Examiner]:
    ready = wait([examiner.connection for examiner in examiners if examiner.shown])
    return [examiner for examiner in examiners if examiner.connection in ready]


def _received(examiner: _Examiner) -> PilotResult | None:
    """The result that an examiner has sent, a failure where it was killed; None where it only begins with a size.

    Raises what the examiner raised.
    """
    shown = examiner.shown
    assert shown is not None
    try:
        what, content = examiner.connection.recv()
    except (EOFError, OSError):
        return _of_the_killed(examiner, shown.examination.contender)
    if what == "begins":
        shown.begin(content)
        return None
    if what == "raised":
        kind, text = content
        raise kind.__new__(kind, text)
    shown.end()
    examiner.shown = None
    return PilotResult(shown.examination.contender, **content)


def _of_the_killed(examiner: _Examiner, contender: Contender) -> PilotResult:
    examiner.process.join(SECONDS_TO_END)
    examiner.connection.close()
    result = PilotResult(contender)
    result.add_outcome(
        "head",
        "failed",
        f"the process that verified it {ending(examiner.process.exitcode or 0)}: by its code, or because memory was "
        "short. One contender after the other needs less: taskset -c 0 before the command",
    )
    return result


def _end(examiners: Sequence[_Examiner]) -> None:
    """End the examiners; one that is at work kills its worker first."""
    for examiner in examiners:
        examiner.process.terminate()
    for examiner in examiners:
        examiner.process.join(SECONDS_TO_END)
        examiner.process.kill()
        examiner.process.join()
        examiner.connection.close()


def _examine(
    pilot: Pilot, examinations: Sequence[Examination], connection: Connection, cpus: tuple[int, ...]
) -> NoReturn:
    """What an examiner does, until it is told to end."""
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent answers Ctrl-C
    die_with_parent()
    try:
        confine_to(cpus)
        while True:
            each = examinations[connection.recv()]
            connection.send(_message(pilot, each, connection))
    except (EOFError, OSError, KeyboardInterrupt):
        pass
    finally:
        os._exit(0)


def _message(pilot: Pilot, each: Examination, connection: Connection) -> tuple[str, Any]:
    try:
        result = pilot.examine(each.contender, each.sizes, lambda size: connection.send(("begins", size)))
    except HarnessError as error:
        return "raised", (type(error), str(error))
    except Exception:
        return "raised", (RuntimeError, traceback.format_exc())
    return "found", {name: value for name, value in vars(result).items() if name != "contender"}


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt
