"""The first steps from the start that the seed gives: the same code ends them in the same bits."""

from __future__ import annotations

from dataclasses import replace

from paragone.plan.cells import Contender
from paragone.store.records import Record
from paragone.task.check_result import CheckResult
from paragone.verify.verifier import Verifier
from paragone.worker.sample import result_digest
from paragone.worker.worker import Worker


class FirstSteps(Record, frozen=True, kw_only=True):
    """A digest of every bit of the result after so many steps; "" where it is no longer known."""

    n_steps: int
    digest: str


def first_steps_of(worker: Worker, contender: Contender, size: int, n_steps: int, seed: int) -> FirstSteps:
    """Take the first steps of a worker that has loaded the contender. Raises MeasurementFailed."""
    problem = contender.problem
    state, losses = worker.train(problem.draw_start(seed, size), problem.order(seed, n_steps, size))
    return FirstSteps(n_steps=n_steps, digest=result_digest(state, losses))


def confirm(
    worker: Worker, contender: Contender, size: int, verified: FirstSteps, verifier: Verifier
) -> CheckResult | None:
    """None where the first steps end in the bits that were verified; else what the reference says of other bits.

    Other bits need not be wrong: some libraries add in another order in each process.
    """
    if first_steps_of(worker, contender, size, verified.n_steps, verifier.seed) == verified:
        return None
    check = verifier.check_first_steps(worker, contender, size, verified.n_steps)
    if check.status == "failed":
        return check
    why = "other bits than when it was verified" if verified.digest else "the record of its verification has gone"
    return replace(check, note=f"{why}: compared with the reference again")
