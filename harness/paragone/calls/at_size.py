"""The first calls at one size: who agrees with the reference, and how long a call takes once it is warm."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from paragone.calls.agreement import Judge, Perturbed
from paragone.calls.arguments import Arguments, copied, counted, n_bytes
from paragone.calls.callables import Call
from paragone.calls.first_calls import FirstCall, completed, first_call
from paragone.calls.outcome import Outcome
from paragone.calls.timing import Part, call_seconds, parts_of
from paragone.errors import HarnessError, LaterCallFailed, MeasurementFailed, error_text


@dataclass(frozen=True)
class References:
    """The callables, and what they must agree with: `reference` is a callable, a result, or None for the first."""

    calls: dict[str, Call]
    reference: Any = None
    tolerance: float | None = None

    @property
    def first(self) -> str:
        return next(iter(self.calls))

    @property
    def words(self) -> str:
        return self.first if self.reference is None else "the reference"


@dataclass
class AtSize:
    """What the first calls at one size showed."""

    size: int
    arguments: Arguments
    first_calls: dict[str, FirstCall] = field(default_factory=dict)  # of those that agree
    failures: dict[str, str] = field(default_factory=dict)
    call_s: dict[str, float] = field(default_factory=dict)

    def fail(self, error: LaterCallFailed) -> None:
        """Leave out the callable that failed in a later call."""
        if self.first_calls.pop(error.name, None) is not None:
            self.failures[error.name] = str(error)
        self.call_s.pop(error.name, None)

    def is_worth_timing(self, references: References) -> bool:
        """Whether the first callable and another agree, or there is only one."""
        return references.first in self.call_s and (len(self.call_s) > 1 or len(references.calls) == 1)

    @property
    def is_fresh(self) -> bool:
        """Whether each call has arguments of its own: all have them as soon as one changes them."""
        return any(found.changes_arguments for found in self.first_calls.values())

    def parts(self) -> dict[str, Part]:
        return parts_of(self.call_s, self.is_fresh, n_bytes(self.arguments))

    @property
    def round_s(self) -> float:
        """The seconds of a round: a part of each, and of the control."""
        parts = self.parts()
        return sum(parts[name].n_calls * self.call_s[name] for name in [*self.call_s, next(iter(self.call_s))])


def look(
    references: References, arguments: Arguments, size: int, seconds: float, tell: Callable[[str], None]
) -> AtSize:
    """Call each once, compare what they give, and then see how long a call takes.

    What takes longer than half of `seconds` is called once. Raises MeasurementFailed where the first callable or the
    reference raises.
    """
    at = AtSize(size, arguments)
    tell(f"first call of {references.first}")
    first = _first_call(references.first, references.calls[references.first], arguments)
    right, judge = _right(references, first, arguments)
    for name, call in references.calls.items():
        tell(f"first call of {name}")
        try:
            found = first if name == references.first else _first_call(name, call, arguments)
        except MeasurementFailed as error:
            at.failures[name] = str(error)
            continue
        if reason := judge.disagreement(right, found.outcome):
            at.failures[name] = f"it gives something else than {references.words}: {reason}"
        else:
            at.first_calls[name] = found
    for name, found in list(at.first_calls.items()):
        call = completed(references.calls[name], found.way)
        is_slow = found.seconds > seconds / 2
        try:
            at.call_s[name] = found.seconds if is_slow else _warm_seconds(name, call, arguments, at.is_fresh)
        except LaterCallFailed as error:
            if name == references.first:
                raise
            at.fail(error)
    return at


def _right(references: References, first: FirstCall, arguments: Arguments) -> tuple[Outcome, Judge]:
    """The outcome that is right, and the judge that knows how far rounding may move it."""
    reference = references.reference
    if reference is None:
        reference, right = references.calls[references.first], first.outcome
    elif callable(reference):
        right = _first_call("the reference", reference, arguments).outcome
    else:
        return Outcome(reference), Judge(arguments, None, references.tolerance)
    return right, Judge(arguments, _perturbed(reference, arguments), references.tolerance)


def _first_call(name: str, call: Call, arguments: Arguments) -> FirstCall:
    try:
        found = first_call(call, arguments)
    except HarnessError:
        raise
    except (Exception, SystemExit) as error:
        raise MeasurementFailed(f"{name} raised {error_text(error)}, called with {counted(arguments)}") from error
    if inspect.iscoroutine(found.outcome.returned):
        found.outcome.returned.close()
        raise MeasurementFailed(f"{name} returns a coroutine, so a call computes nothing: call a function that runs it")
    return found


def _warm_seconds(name: str, call: Call, arguments: Arguments, fresh: bool) -> float:
    try:
        return call_seconds(call, copied(arguments), fresh)
    except (Exception, SystemExit) as error:
        raise LaterCallFailed(name, f"raised {error_text(error)} in a later call") from error


def _perturbed(call: Call, arguments: Arguments) -> Perturbed:
    """Calls the reference with each real array among its arguments changed by a function."""

    def outcome(change: Callable[[Any], Any]) -> Outcome:
        return first_call(call, tuple(_moved(argument, change) for argument in arguments)).outcome

    return outcome


def _moved(argument: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(argument, float):
        return float(change(np.array(argument)))
    if isinstance(argument, np.ndarray) and argument.dtype.kind == "f":
        return change(argument).astype(argument.dtype)
    return argument
