"""`paragone.compare`: callables compared where they are, in a notebook, a script or a test."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from paragone.calls import notes
from paragone.calls.arguments import Arguments, of_size, refuse_without_size
from paragone.calls.at_size import AtSize, References, look
from paragone.calls.callables import Call, named
from paragone.calls.comparison import Comparison
from paragone.calls.launch import Contender, Point, Task
from paragone.calls.launches import Launches, take_launches
from paragone.calls.progress import Progress, progress
from paragone.calls.statistics import COLUMNS, estimates, of_first_calls, samples_of
from paragone.calls.under_way import comparison_under_way
from paragone.errors import LaterCallFailed, Misuse
from paragone.implementation.variant import CONTROL

LONGEST_S = 1e9
NUMBER = int | float | np.integer | np.floating


def compare(
    callables: Mapping[str, Call] | Iterable[Call] | Call,
    *arguments: Any,
    reference: Any = None,
    sizes: Sequence[int] | None = None,
    seconds: float = 10.0,
    tolerance: float | None = None,
    show_progress: bool | None = None,
) -> Comparison:
    """Check that the callables agree on these arguments, and measure how long a call of each takes.

    The first callable is the one that the others are compared with. All are called with copies of the arguments and
    must agree with the first, or with `reference`: a callable, or the right result itself. With `sizes`, arguments
    that are callable make their own: they are called with each size, and a tuple is several arguments. `tolerance` is
    a relative error that is allowed in place of the calculated one. The measurement takes about `seconds`; the first
    calls come before it. Progress is shown in a notebook and at a terminal, or as `show_progress` says.

    Raises Misuse for what cannot be asked, and MeasurementFailed where the first callable or the reference raises.
    Another callable that raises, or gives something else, is a row that failed.
    """
    calls = named(callables)
    _refuse_impossible(seconds, tolerance)
    seconds, tolerance = float(seconds), None if tolerance is None else float(tolerance)  # of NumPy's numbers too
    wanted = _sizes(sizes, arguments)
    references = References(calls, reference, tolerance)
    with comparison_under_way(), progress(show_progress, seconds) as line:
        looked_at = [look(references, of_size(arguments, n), n or 0, seconds, line.tell) for n in wanted]
        return _measured(references, looked_at, seconds, sizes is not None, line)


def _refuse_impossible(seconds: Any, tolerance: Any) -> None:
    if isinstance(seconds, bool) or not isinstance(seconds, NUMBER) or not 0 < seconds < LONGEST_S:
        raise Misuse(f"compare: expected seconds to spend, such as 10, got {seconds!r}")
    if tolerance is not None and not (isinstance(tolerance, NUMBER) and 0 <= tolerance < 1):
        raise Misuse(f"compare: expected a tolerance such as 1e-6, got {tolerance!r}")


def _sizes(sizes: Sequence[int] | None, arguments: Arguments) -> list[int | None]:
    if sizes is None:
        return [None]
    listed = list(sizes) if isinstance(sizes, Iterable) and not isinstance(sizes, str | bytes) else []
    if not listed or not all(isinstance(n, int | np.integer) and n > 0 for n in listed):
        raise Misuse(f"compare: expected sizes such as (10, 100, 1000), got {sizes!r}")
    refuse_without_size(arguments)
    return [int(n) for n in sorted(set(listed))]


def _measured(
    references: References, looked_at: list[AtSize], seconds: float, has_sizes: bool, line: Progress
) -> Comparison:
    """The comparison, with times wherever at least two callables agree, or the only one stands alone.

    Where a callable fails in a later call, the others are measured again without it.
    """
    timed = [each for each in looked_at if each.is_worth_timing(references)]
    round_s = sum(each.round_s for each in timed)
    if not timed or round_s > seconds:
        rows = _with_failures(of_first_calls(looked_at), looked_at)
        why = notes.too_slow(round_s, seconds) if timed else ()
        return Comparison(_ordered(rows, references), pd.DataFrame(), (*why, *notes.on_calls(looked_at)), has_sizes)
    points = tuple(Point(each.size, each.arguments, _contenders(each)) for each in timed)
    launches = Launches(Task(references.calls, points, references.tolerance), round_s)

    def so_far() -> Comparison:
        rows = _with_failures(estimates(launches.task, launches.times), looked_at)
        samples = samples_of(launches.task, launches.times).rename(columns={"variant": "name"})
        kept = samples.rename(columns={"step_seconds": "seconds"})[
            ["name", "size", "launch", "round", "seconds", "waited"]
        ]
        said = (*notes.on_launches(launches), *notes.on_calls(looked_at))
        return Comparison(_ordered(rows, references), kept, said, has_sizes)

    try:
        take_launches(launches, seconds, line.after_launch)
    except KeyboardInterrupt as interrupt:
        if launches.times:
            interrupt.add_note(f"Interrupted; so far:\n{so_far()}")
        raise
    except LaterCallFailed as error:
        if error.name == references.first:
            raise
        for each in looked_at:
            each.fail(error)
        return _measured(references, looked_at, max(seconds - launches.elapsed_s, seconds / 2), has_sizes, line)
    return so_far()


def _with_failures(frame: pd.DataFrame, looked_at: Iterable[AtSize]) -> pd.DataFrame:
    """With a row for each callable that failed, which has no time."""
    about = {"status": "failed", "verdict": "", "control": False}
    failed = [
        {"name": name, "size": at.size, "reason": why, **about} for at in looked_at for name, why in at.failures.items()
    ]
    return pd.DataFrame([*frame.to_dict("records"), *failed], columns=[*COLUMNS, "control"])


def _contenders(at: AtSize) -> tuple[Contender, ...]:
    """Those that agree, the first of them also as the control."""
    parts = at.parts()
    found = [Contender(name, name, parts[name], call.way, call.outcome) for name, call in at.first_calls.items()]
    first = found[0]
    return (first, Contender(first.name + CONTROL, first.name, first.part, first.way, first.expected), *found[1:])


def _ordered(rows: pd.DataFrame, references: References) -> pd.DataFrame:
    """By size, and then as the callables were given, the control behind the first."""
    places = {name: 2 * number for number, name in enumerate(references.calls)} | {references.first + CONTROL: 1}
    ordered = rows.assign(place=rows["name"].map(places)).sort_values(["size", "place"], kind="stable")
    return ordered[[*COLUMNS, "control"]].reset_index(drop=True)
