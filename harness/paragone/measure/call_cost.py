"""The cost of a call across each bridge to another language, timed with an implementation that does nothing.

The report shows it; it is never subtracted, since a sample makes one call in whatever language.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from paragone.errors import MeasurementFailed
from paragone.files.paths import PACKAGE
from paragone.implementation.contract import variants
from paragone.implementation.described import describe, unavailable_reason
from paragone.implementation.registry import Registered
from paragone.plan.cells import Contender
from paragone.store.plan_records import CallCostRow
from paragone.task.problem import Data
from paragone.verify.pilot import OpenWorker, load_worker
from paragone.worker.budgets import STANDARD, Budgets
from paragone.worker.commands import TimeCall

NULLS = PACKAGE / "adapters" / "null"


def call_costs(
    contenders: Iterable[Contender],
    data: Data,
    open_worker: OpenWorker,
    seed: int,
    budgets: Budgets = STANDARD,
) -> list[CallCostRow]:
    """A row for each bridge that the contenders cross, with one step of each of the problem's `call_sizes` in a call.

    A row whose `call_seconds` is None has a reason.
    """
    crossing = {
        bridge: each for each in contenders if (bridge := each.variant.implementation.bridge) and bridge in nulls()
    }
    given = data, open_worker, seed, budgets
    return [row for bridge, contender in crossing.items() for row in _costs(bridge, contender, *given)]


@cache
def nulls() -> dict[str, Registered]:
    """Bridge → the implementation that crosses it and does nothing."""
    described = describe([NULLS])[NULLS]
    assert not isinstance(described, str), described
    return {each.bridge: Registered(each, NULLS) for each in described if each.bridge}


def _costs(
    bridge: str, crossing: Contender, data: Data, open_worker: OpenWorker, seed: int, budgets: Budgets
) -> list[CallCostRow]:
    null = nulls()[bridge]
    contender = replace(crossing, found=null, variant=next(variants(null.implementation)))
    sizes = crossing.problem.call_sizes
    if reason := unavailable_reason(null.implementation, crossing.problem):
        return [_row(bridge, size, None, reason) for size in sizes]
    worker = open_worker(contender)
    try:
        load_worker(worker, contender, data, seed)
        starts = [crossing.problem.draw_start(seed, n) for n in sizes]
        commands = [TimeCall(size=n, budgets=budgets) for n in sizes]
        costs = [worker.call_from(*each).call_seconds for each in zip(starts, commands, strict=True)]
    except MeasurementFailed as error:
        return [_row(bridge, size, None, str(error)) for size in sizes]
    finally:
        worker.kill()
    return [_row(bridge, n, seconds) for n, seconds in zip(sizes, costs, strict=True)]


def _row(bridge: str, size: int, call_seconds: float | None, reason: str = "") -> CallCostRow:
    return CallCostRow(bridge=bridge, size=size, call_seconds=call_seconds, reason=reason)
