"""A clock around the phases of a step, put there from outside: for profiles, in an instance of their own."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from types import FunctionType, ModuleType
from typing import Any

from paragone.errors import MeasurementFailed
from paragone.implementation.contract import PHASES, PhaseTimes

Clock = Callable[[], int]


def told_times(words: str) -> PhaseTimes:
    """The times in words such as "gather 120 forward 3400", in nanoseconds, as other programs report them.

    Raises MeasurementFailed where they are none.
    """
    names, numbers = words.split()[::2], words.split()[1::2]
    if len(names) != len(numbers) or not all(n.isascii() and n.isdigit() for n in numbers) or not {*names} <= {*PHASES}:
        raise MeasurementFailed(
            f'phases: expected nanoseconds behind each name, such as "gather 120 forward 3400", of the phases '
            f"{', '.join(PHASES)}; got {words[:80]!r}"
        )
    return PhaseTimes({name: int(number) for name, number in zip(names, numbers, strict=True)})


def rebound(module: ModuleType, **replaced: Callable[..., Any]) -> ModuleType:
    """A copy of the module whose functions call each other within the copy, with some of them replaced.

    What is put into the copy later is called too; the module itself, which other instances use, stays as it is.
    """
    copy = ModuleType(module.__name__, module.__doc__)
    names = vars(copy)
    names.update(vars(module))
    for name, value in vars(module).items():
        if isinstance(value, FunctionType) and value.__globals__ is vars(module):
            function = FunctionType(value.__code__, names, value.__name__, value.__defaults__, value.__closure__)
            function.__kwdefaults__ = value.__kwdefaults__
            names[name] = function
    names.update(replaced)
    return copy


class PhaseClock:
    """Counts the nanoseconds of the phases of a train, and of the parts of its backward by their call."""

    def __init__(self, clock: Clock = time.perf_counter_ns) -> None:
        self.clock = clock
        self.phases: dict[str, int] = {}
        self.parts: dict[str, list[int]] = {}
        self.calls: dict[str, int] = {}  # of each part within this backward

    def times(self) -> PhaseTimes:
        """What was counted in the last train."""
        return PhaseTimes(dict(self.phases), {part: tuple(ns) for part, ns in self.parts.items()})

    def time_phase(self, owner: Any, phase: str, name: str = "") -> None:
        """Put the clock around a function of `owner`, a module or an instance, in whose place it is called from now on.

        Its name is the phase's own unless another is given.
        """
        name = name or phase
        act, clock, phases, calls = getattr(owner, name), self.clock, self.phases, self.calls
        phases.setdefault(phase, 0)

        def timed(*arguments: Any, **named: Any) -> Any:
            begin = clock()
            result = act(*arguments, **named)
            phases[phase] += clock() - begin
            return result

        def timed_backward(*arguments: Any, **named: Any) -> Any:
            calls.clear()
            return timed(*arguments, **named)

        setattr(owner, name, timed_backward if phase == "backward" else timed)

    def time_part(self, owner: Any, part: str, name: str) -> None:
        """Put the clock around a function that backward calls once for each layer, and count it call by call."""
        act, clock, calls = getattr(owner, name), self.clock, self.calls
        ns = self.parts.setdefault(part, [])

        def timed(*arguments: Any, **named: Any) -> Any:
            begin = clock()
            result = act(*arguments, **named)
            elapsed_ns = clock() - begin
            call = calls.get(part, 0)
            calls[part] = call + 1
            if call == len(ns):
                ns.append(0)
            ns[call] += elapsed_ns
            return result

        setattr(owner, name, timed)

    def time_train(self, owner: Any) -> None:
        """Count every train of `owner` from zero."""
        train = owner.train

        @wraps(train)
        def counted(order: Any) -> Any:
            self.phases.update(dict.fromkeys(self.phases, 0))
            for ns in self.parts.values():
                ns.clear()
            return train(order)

        owner.train = counted
