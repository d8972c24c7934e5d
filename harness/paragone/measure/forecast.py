"""How long a run takes: at its beginning from what others take, after its pilot from what that has measured."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from paragone.machine.slots import untimed_slots
from paragone.measure.memory_pass import pass_seconds
from paragone.measure.rounds import CHECKED_ROUNDS
from paragone.plan.cells import Contender, sizes_of
from paragone.plan.request import QUICK_ROUNDS, ROUNDS, Request
from paragone.store.plan_records import Cell, ContenderKey
from paragone.verify.pilot_result import OVERHEAD_SECONDS, PilotResult

# What it usually takes, in seconds: to start a worker and load a variant, to verify a cell, to call and verify it
# first in a launch, one limit of the machine, one curve, the report, and that of a quick run, which has no figures.
LOAD, VERIFY, FIRST_CALLS, LIMIT, CURVE, REPORT, QUICK_REPORT = 0.7, 1.5, 0.3, 1.2, 4.0, 6.0, 1.5


def usual_seconds(
    request: Request, contenders: Collection[Contender], verified: Collection[ContenderKey] = ()
) -> float:
    """About how long a whole run takes of which nothing is known but what was verified before."""
    n_at_once = len(untimed_slots(max(request.threads), request.budgets.untimed_at_once))
    piloted = [each for each in contenders if not each.variant.control]
    to_verify = [each for each in piloted if each.key not in verified]
    n_cells = sum(len(sizes_of(request, each)) for each in contenders)
    launches, rounds = (1, QUICK_ROUNDS) if request.quick else (request.launches, request.rounds or ROUNDS)
    verification = sum(2 * LOAD + VERIFY * len(sizes_of(request, each)) for each in to_verify)
    loading = launches * LOAD * len(contenders)
    memory = (LOAD * n_cells) * request.memory
    curves = (CURVE * len({each.found.name for each in piloted})) * request.curves
    sample = request.budgets.sample_seconds + OVERHEAD_SECONDS
    timed = launches * (_limits_seconds(request, contenders) + n_cells * (FIRST_CALLS + rounds * sample))
    return (verification + loading + memory + curves) / n_at_once + timed + _report(request)


def planned_seconds(
    request: Request, cells: Sequence[Cell], launches: int, rounds: int, results: Sequence[PilotResult]
) -> float:
    """About how long the launches take, and the passes after them, by the pilot's times."""
    n_at_once = len(untimed_slots(max(request.threads), request.budgets.untimed_at_once))
    contenders = [result.contender for result in results if result.cells]
    checks = {
        (result.contender.key, size): seconds for result in results for size, seconds in result.check_seconds.items()
    }
    in_turn = _limits_seconds(request, contenders)
    for cell in cells:
        n_samples = 2 if cell.once_per_launch else rounds + 2  # the cold one, and a warm-up
        n_compared = 1 + (1 if cell.once_per_launch else min(rounds, CHECKED_ROUNDS))
        in_turn += n_samples * (cell.sample_seconds + OVERHEAD_SECONDS)
        in_turn += n_compared * checks.get((cell.contender, cell.size), 0.0)
    at_once = launches * sum(result.load_seconds for result in results)
    at_once += pass_seconds(results) if request.memory else 0.0
    at_once += CURVE * len({each.found.name for each in contenders}) if request.curves else 0.0
    return launches * in_turn + at_once / n_at_once + _report(request)


def _report(request: Request) -> float:
    return QUICK_REPORT if request.quick else REPORT


def _limits_seconds(request: Request, contenders: Collection[Contender]) -> float:
    """One for each problem, dtype and number of threads; a comparison of two versions measures none."""
    if request.sides:
        return 0.0
    return LIMIT * len({(each.problem.name, each.variant.dtype, each.threads) for each in contenders})
