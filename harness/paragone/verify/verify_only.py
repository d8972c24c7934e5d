"""Verification alone: the pilot of each contender, nothing timed in rounds, nothing stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from paragone.implementation.registry import Registered
from paragone.plan.cells import chosen_variants, contenders_of, grid
from paragone.plan.request import Request
from paragone.store.records import Outcome
from paragone.task.families import family_of
from paragone.task.problem import Data
from paragone.verify.display import Display, examine_shown
from paragone.verify.pilot import OpenLimitedWorker, Pilot, open_worker
from paragone.verify.verifier import Verifier


def verify_only(
    request: Request,
    chosen: Sequence[Registered],
    everyone: Sequence[Registered],
    data: Data,
    display: Display,
    open_worker: OpenLimitedWorker = open_worker,
) -> Iterator[list[Outcome]]:
    """Yield the outcomes of the pilot, contender by contender; nothing is timed in rounds, nothing is stored."""
    for problem in request.problems:
        family_of(problem).refuse_other_data(problem, data)
    limits = (request.time_limit_s, request.memory_limit_bytes)
    pilot = Pilot(request, data, Verifier(data, request.seed), lambda contender: open_worker(contender, *limits))
    names = {variant.name for variant in chosen_variants(request, chosen)}  # not the baseline, unless it is one
    contenders = [each for each in contenders_of(request, chosen, everyone) if each.variant.name in names]
    with display.progress("verifying", len(contenders)) as advance:
        for contender in contenders:
            yield examine_shown(pilot, contender, grid(contender.problem, request.sizes), advance).outcomes
