"""Launches until the seconds are spent: in fresh processes, or one after the other in this process."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np

from paragone.calls.found_by_name import pickled, surroundings
from paragone.calls.launch import Task, Times, take_launch
from paragone.calls.process import Answer
from paragone.errors import MeasurementFailed, TimedOut
from paragone.machine.child import Child, read_until_silent
from paragone.plan.power import MOST_LAUNCHES
from paragone.store.plan_records import FEWEST_LAUNCHES

LAUNCH_S = 0.3  # of timed parts in a launch, if it can hold this many rounds
MOST_ROUNDS = 100
SECONDS_TO_START = 120.0  # of a fresh process, with everything that it imports
HERE_LAUNCHES = 20  # in this process nothing has to start; each has its arguments elsewhere in memory
ENOUGH_LAUNCHES = 10  # for an interval that is not much wider than more would make it
Told = Callable[["Launches"], None]
Take = Callable[["Launches", int], Times]


@dataclass
class Launches:
    """The times of the launches so far. `here` says why they are taken in this process; "" where they are not."""

    task: Task
    round_s: float  # of all parts
    times: list[Times] = field(default_factory=list)
    n_rounds: int = 1  # of the launches to come
    here: str = ""
    enough_s: float = 0.0  # what would be enough for fresh processes, where only the time was too short for them
    elapsed_s: float = 0.0
    launch_s: float = 0.0  # of the longest

    def fill(self, timed_s: float) -> None:
        """Have each launch take as many rounds as fit into so many seconds, and no fewer than before."""
        self.n_rounds = max(self.n_rounds, min(MOST_ROUNDS, round(timed_s / self.round_s)))

    @property
    def timed_s(self) -> float:
        """The seconds of the rounds of a launch."""
        return self.n_rounds * self.round_s

    def note(self, times: Times, launch_s: float, elapsed_s: float) -> None:
        """Add a launch that took so long, after so many seconds in all."""
        self.times.append(times)
        self.launch_s, self.elapsed_s = max(self.launch_s, launch_s), elapsed_s


def take_launches(launches: Launches, seconds: float, told: Told) -> None:
    """Take launches until another would end after `seconds`; `told` hears of each. Raises MeasurementFailed.

    Only the clock decides how many there are, never what they show.
    """
    launches.fill(LAUNCH_S)
    try:
        with _fresh_processes(launches) as take:
            _take_while_there_is_time(launches, _starting(take, seconds), seconds, told)
    except LookupError as error:
        launches.here, launches.n_rounds = str(error.args[0]), 1
        launches.times.clear()
        launches.fill(seconds / HERE_LAUNCHES)
        _take_while_there_is_time(launches, _take_here, seconds, told)


def _take_while_there_is_time(launches: Launches, take: Take, seconds: float, told: Told) -> None:
    begin = time.perf_counter()
    for seed in map(int, np.random.SeedSequence().generate_state(MOST_LAUNCHES)):
        before = time.perf_counter()
        times = take(launches, seed)
        now = time.perf_counter()
        launches.note(times, now - before, now - begin)
        told(launches)
        if launches.elapsed_s * (1 + 1 / len(launches.times)) > seconds:
            return


def _take_here(launches: Launches, seed: int) -> Times:
    return take_launch(launches.task, launches.n_rounds, seed)


def _starting(take: Take, seconds: float) -> Take:
    """The same, which learns from the first launch how long a process takes to start.

    The launches after it are timed for as long as that. Raises LookupError where what the process imports takes so long
    that too few launches will fit, and in this process more will.
    """

    def take_one(launches: Launches, seed: int) -> Times:
        begin = time.perf_counter()
        times = take(launches, seed)
        launch_s = time.perf_counter() - begin
        if launches.times:
            return times
        if FEWEST_LAUNCHES * launch_s > seconds > 2 * FEWEST_LAUNCHES * launches.timed_s:
            launches.enough_s = ENOUGH_LAUNCHES * launch_s
            raise LookupError(f"a fresh process takes {launch_s:.1f} s to start, too long for {seconds:g} s")
        launches.fill(min(launch_s - launches.timed_s, seconds / ENOUGH_LAUNCHES))
        return times

    return take_one


@contextmanager
def _fresh_processes(launches: Launches) -> Iterator[Take]:
    """Yield what takes a launch in a fresh process. Raises LookupError where that finds not what this one has."""
    content = pickled(launches.task)
    wanted = surroundings(launches.task.callables, content)
    with tempfile.TemporaryDirectory(prefix="paragone-") as name:
        folder = Path(name)
        (folder / "task.pickle").write_bytes(content)
        (folder / "surroundings.json").write_bytes(msgspec.json.encode(wanted))
        yield lambda launches, seed: _in_fresh_process(folder, launches, seed)


def _in_fresh_process(folder: Path, launches: Launches, seed: int) -> Times:
    """Raises LookupError as above, TimedOut, and MeasurementFailed where the process ends without an answer."""
    reading, writing = os.pipe()
    command = "paragone.calls.process", (str(folder), str(launches.n_rounds), str(seed))
    limit_s = SECONDS_TO_START + 10 * launches.timed_s
    try:
        with Child(*command, environment=dict(os.environ), handed_over=(writing,)) as child:
            content = b"".join(read_until_silent(reading, limit_s))
            reason = None if content else child.exit_reason()
    finally:
        os.close(reading)
    if not content and reason is None:
        raise TimedOut(f"compare: a launch in a fresh process gave no answer within {limit_s:.0f} s")
    if not content:
        raise MeasurementFailed(f"compare: a launch in a fresh process {reason}")
    found = msgspec.json.decode(content, type=Answer)
    if found.fault:
        raise LookupError(f"a fresh process cannot do what this one does ({found.fault})")
    return found.times
