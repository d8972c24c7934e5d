"""The plan of a run, from the results of the pilot and the A/A pilot."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import structs

from paragone import METHOD_VERSION
from paragone.errors import HarnessError
from paragone.implementation.registry import Registered, Unusable
from paragone.machine.memory import memory_limit_bytes, worker_limit_bytes
from paragone.measure.aa_pilot import Deviation
from paragone.measure.forecast import planned_seconds
from paragone.measure.memory_pass import pass_seconds
from paragone.measure.turns import ALTERNATING_PARTS
from paragone.plan.cells import Contender, aa_pairs, describe_data, describe_variants
from paragone.plan.power import launches_for_noise, minimum_detectable_difference
from paragone.plan.request import Request
from paragone.plan.waves import in_waves
from paragone.store.plan_records import Cell, Plan
from paragone.store.records import Outcome, Record, Source, Stage
from paragone.task.problem import Data
from paragone.verify.pilot_result import PilotResult, rounds_in_time


class Planned(Record, frozen=True, kw_only=True):
    """What a run is known by before its first sample: the plan, and what the pilot found and took."""

    plan: Plan
    outcomes: tuple[Outcome, ...]
    stages: tuple[Stage, ...]


def sources_of(contenders: Iterable[Contender]) -> dict[str, Source]:
    """The sources as the run keeps them, taken before the first worker loads them. Raises HarnessError."""
    found = {each.found.name: each.found for each in contenders}
    kept = {name: each.kept_source() for name, each in found.items()}
    sources = {name: Source(hash=each.hash, files=each.files, left_out=each.left_out) for name, each in kept.items()}
    for name, source in sources.items():
        if source.hash != found[name].source_hash():
            raise HarnessError(f"{name}: its source was changed while the run began: start it again")
    return sources


def planned_cells(
    request: Request,
    contenders: Collection[Contender],
    results: Sequence[PilotResult],
    everyone: Sequence[Registered],
) -> list[Cell]:
    """The cells that passed the pilot, in waves that fit into half of the memory."""
    pairs = aa_pairs(contenders)
    peaks = {result.contender.key: result.peak_bytes for result in results}
    folders = {entry.name: entry.folder.name for entry in everyone}
    cells = [cell for result in results for cell in result.cells]
    cells = in_waves(cells, peaks, memory_limit_bytes() // 2, {*pairs, *pairs.values()}, folders)
    predicting = {each.key for each in contenders if each.variant.implementation.predicts}
    evaluated = request.evaluated
    return [structs.replace(c, evaluates=c.problem in evaluated and c.contender in predicting) for c in cells]


def make_plan(
    request: Request,
    contenders: Collection[Contender],
    results: Sequence[PilotResult],
    cells: Sequence[Cell],
    deviation: Deviation | None,
    data: Data,
    unusable: Sequence[Unusable],
    known: Mapping[str, Any],
) -> Plan:
    """The plan, still without `calls` and `pilot_seconds`. `known` holds the fields that the caller fills."""
    launches = launches_of(request, deviation)
    rounds = request.rounds or rounds_in_time(cells, request.budgets, ALTERNATING_PARTS if known["live"] else 1)
    memory_seconds = pass_seconds(results) if request.memory else 0.0
    return Plan(
        method_version=METHOD_VERSION,
        run="",  # named when its folder is made
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        seed=request.seed,
        quick=request.quick,
        baseline=request.baseline,
        threads=request.threads,
        time_limit_s=request.time_limit_s,
        memory_limit_bytes=request.memory_limit_bytes or worker_limit_bytes(),
        launches=launches,
        rounds=rounds,
        eta_seconds=planned_seconds(request, cells, launches, rounds, results),
        memory_seconds=memory_seconds,
        launch_deviation=deviation and deviation.typical,
        launch_deviation_upper=deviation and deviation.upper,
        minimum_detectable_difference=deviation and minimum_detectable_difference(deviation.typical, launches),
        request=request.stored(),
        problems={problem.name: problem for problem in request.problems},
        variants=describe_variants(contenders),
        cells=tuple(cells),
        unusable=tuple(unusable),
        data=describe_data(data),
        **known,
    )


def launches_of(request: Request, deviation: Deviation | None) -> int:
    if request.quick:
        return 1
    if request.resolve is not None and deviation is not None:
        return launches_for_noise(request.resolve, deviation.upper, deviation.typical)
    return request.launches
