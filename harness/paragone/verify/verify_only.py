"""Verification alone: the pilot of each contender, nothing timed in rounds, no run stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from paragone.implementation.registry import Registered
from paragone.machine import environment
from paragone.plan.cells import chosen_variants, contenders_of, grid, own_environments
from paragone.plan.request import Request
from paragone.store.records import Outcome
from paragone.task.families import family_of
from paragone.task.problem import Data
from paragone.verify.display import Display
from paragone.verify.examiners import Examination, examine_all
from paragone.verify.pilot import OpenLimitedWorker, Pilot, open_worker
from paragone.verify.verified_before import VerifiedBefore
from paragone.verify.verifier import Verifier


def verify_only(
    request: Request,
    chosen: Sequence[Registered],
    everyone: Sequence[Registered],
    data: Data,
    display: Display,
    open_worker: OpenLimitedWorker = open_worker,
) -> Iterator[list[Outcome]]:
    """Yield the outcomes of the pilot, contender by contender; nothing is timed in rounds, and no run is stored.

    What passes need not be verified again by a run in this very state.
    """
    for problem in request.problems:
        family_of(problem).refuse_other_data(problem, data)
    limits = (request.time_limit_s, request.memory_limit_bytes)
    pilot = Pilot(request, data, Verifier(data, request.seed), lambda contender: open_worker(contender, *limits))
    names = {variant.name for variant in chosen_variants(request, chosen)}  # not the baseline, unless it is one
    contenders = [each for each in contenders_of(request, chosen, everyone) if each.variant.name in names]
    described = environment.describe(own_environments(request, everyone), max(request.threads))
    verified = VerifiedBefore(data, request, described)
    examinations = [Examination(each, grid(each.problem, request.sizes)) for each in contenders]
    with display.progress("verifying", len(contenders)) as advance:
        for result in examine_all(pilot, examinations, advance):
            verified.keep(result)
            yield result.outcomes
