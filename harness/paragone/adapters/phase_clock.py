"""A clock that is put around functions from outside: for profiles, in an instance of their own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any

from paragone.errors import MeasurementFailed
from paragone.implementation.contract import PHASES, PhaseTimes

Clock = Callable[[], int]


def told_times(words: str) -> PhaseTimes:
    """Return the times in words such as "gather 120 forward 3400", in nanoseconds, as other programs tell them.

    Raises MeasurementFailed where they are none.
    """
    names, numbers = words.split()[::2], words.split()[1::2]
    if len(names) != len(numbers) or not all(n.isascii() and n.isdigit() for n in numbers) or not {*names} <= {*PHASES}:
        raise MeasurementFailed(
            f'phases: expected nanoseconds behind each name, such as "gather 120 forward 3400", of the phases '
            f"{', '.join(PHASES)}; got {words[:80]!r}"
        )
    return PhaseTimes({name: int(number) for name, number in zip(names, numbers, strict=True)})


class PhaseClock:
    """Counts the nanoseconds of the phases of a train, and of the parts of its backward by their call."""

    def __init__(self, clock: Clock = time.perf_counter_ns) -> None:
        self.clock = clock
        self.phases: dict[str, int] = {}
        self.parts: dict[str, list[int]] = {}
        self.calls: dict[str, int] = {}  # of each part within this backward

    def times(self) -> PhaseTimes:
        """Return what was counted in the last train."""
        return PhaseTimes(dict(self.phases), {part: tuple(ns) for part, ns in self.parts.items()})

    def time_phase(self, owner: Any, phase: str, method: str = "") -> None:
        """Replace a method of `owner`, that of the phase's own name unless another is given, by one that is timed."""
        name = method or phase
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

    def time_train(self, owner: Any, module: Any = None, parts: Mapping[str, str] | None = None) -> None:
        """Count every train of `owner` from zero; `parts`, name → function of `module`, are timed while it lasts."""
        train = owner.train

        @wraps(train)
        def counted(order: Any) -> Any:
            self.phases.update(dict.fromkeys(self.phases, 0))
            self.parts.clear()
            with self._timing(module, parts or {}):
                return train(order)

        owner.train = counted

    @contextmanager
    def _timing(self, module: Any, parts: Mapping[str, str]) -> Iterator[None]:
        """Replace functions of the module, which the instance without a clock uses too, for as long as the block."""
        plain = {name: getattr(module, name) for name in parts.values()}
        try:
            for part, name in parts.items():
                setattr(module, name, self._timed_part(part, plain[name]))
            yield
        finally:
            for name, act in plain.items():
                setattr(module, name, act)

    def _timed_part(self, part: str, act: Callable[..., Any]) -> Callable[..., Any]:
        clock, calls = self.clock, self.calls
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

        return timed
