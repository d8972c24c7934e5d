"""The rounds of one launch: the callables and the control take turns in parts, in this process or in a fresh one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from paragone.calls.arguments import Arguments, copied
from paragone.calls.first_calls import completed
from paragone.calls.outcome import Leaves, Outcome, leaves, same_bits
from paragone.calls.timing import Part, time_part
from paragone.errors import LaterCallFailed, error_text

Call = Callable[..., Any]


@dataclass(frozen=True)
class Contender:
    """A callable at one size, or the control: a contender's name, how it is called, and the outcome that it must give.

    `callable` is the name of the callable.
    """

    name: str
    callable: str
    part: Part
    way: str
    expected: Outcome


@dataclass(frozen=True)
class Point:
    """The contenders at one size, the first and its control among them, and the arguments that all of them get."""

    size: int
    arguments: Arguments
    contenders: tuple[Contender, ...]


@dataclass(frozen=True)
class Task:
    """What every launch does."""

    callables: dict[str, Call]
    points: tuple[Point, ...]
    tolerance: float | None = None


# The seconds of a call and the share for which it waited for a CPU, round by round, by point and contender.
Times = list[dict[str, list[tuple[float, float]]]]


def take_launch(task: Task, n_rounds: int, seed: int) -> Times:
    """Take so many rounds at each point. The last result of every part is compared with the expected one.

    Raises LaterCallFailed where a callable raises or gives something else.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    return [_rounds_at(point, task, n_rounds, random) for point in task.points]


def _rounds_at(
    point: Point, task: Task, n_rounds: int, random: np.random.Generator
) -> dict[str, list[tuple[float, float]]]:
    arguments = copied(point.arguments)  # elsewhere in memory than those of the launch before
    calls = [completed(task.callables[each.callable], each.way) for each in point.contenders]
    times: dict[str, list[tuple[float, float]]] = {each.name: [] for each in point.contenders}
    for contender, call in zip(point.contenders, calls, strict=True):
        if contender.name == contender.callable:
            _warm_up(contender, call, point, task.tolerance)
    for _ in range(n_rounds):
        for number in random.permutation(len(calls)):
            contender = point.contenders[number]
            time, got = _timed(contender, calls[number], arguments, contender.part)
            _refuse_other(contender, got, point, task.tolerance)
            del got  # what is kept decides where the next results lie in memory
            times[contender.name].append(time)
    return times


def _warm_up(contender: Contender, call: Call, point: Point, tolerance: float | None) -> None:
    """One call, which may compile, and compare what it returns."""
    fresh = Part(1, contender.part.fresh)
    _refuse_other(contender, _timed(contender, call, point.arguments, fresh)[1], point, tolerance)


def _timed(contender: Contender, call: Call, arguments: Arguments, part: Part) -> tuple[tuple[float, float], Outcome]:
    """The time of a call, and the outcome of the last: of what it was called with, what the first call changed."""
    try:
        timed = time_part(call, arguments, part)
    except (Exception, SystemExit) as error:
        raise LaterCallFailed(contender.callable, f"raised {error_text(error)} in a later call") from error
    by_name = {f"argument {number}": argument for number, argument in enumerate(timed.arguments, 1)}
    changed = {name: by_name[name] for name in contender.expected.changed}
    return (timed.seconds, timed.waited), Outcome(timed.returned, changed)


def _refuse_other(contender: Contender, got: Outcome, point: Point, tolerance: float | None) -> None:
    """Raise LaterCallFailed where a later call gave something else than the first."""
    expected = contender.expected
    if same_bits(_all(expected), _all(got)):
        return
    from paragone.calls.agreement import Judge  # where bits differ, and nowhere else: a launch starts sooner

    if found := Judge(point.arguments, tolerance=tolerance).disagreement(expected, got):
        raise LaterCallFailed(contender.callable, f"gives something else in a later call: {found}")


def _all(outcome: Outcome) -> Leaves:
    return leaves((outcome.returned, outcome.changed))
