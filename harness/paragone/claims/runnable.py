"""Which of a claim's variants can run on this machine, and why a claim cannot be tested here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from paragone.claims.claim import EPOCH, Claim
from paragone.claims.judge_claims import OF_RUNS
from paragone.errors import InvalidClaims, Misuse
from paragone.implementation.described import unavailable_reason
from paragone.implementation.registry import Registered, find_variant
from paragone.task.mlp.fitting import dataset_of
from paragone.task.mlp.problem import NetworkProblem
from paragone.task.problem import Data


def resolved(claim: Claim, everyone: Sequence[Registered]) -> Claim:
    """The claim with the full names of its variants. Raises InvalidClaims with the claim and the key."""
    names: dict[str, tuple[str, ...]] = {}
    for key in ("variant", "than"):
        try:
            names[key] = tuple(find_variant(everyone, name).name for name in getattr(claim, key))
        except Misuse as error:
            raise InvalidClaims(f"claim {claim.id}: {key}: {error}") from None
    return replace(claim, **names)  # type: ignore[arg-type]  # both are tuples of names


def untestable_reason(claim: Claim, everyone: Sequence[Registered]) -> str:
    """Why a claim cannot be tested on this machine; "" where it can."""
    if claim.cannot:
        return claim.cannot
    reasons = [_reason_none_runs(claim, names, everyone) for names in (claim.variant, claim.than)]
    return "; ".join(filter(None, reasons))


def runnable(claim: Claim, everyone: Sequence[Registered]) -> Claim:
    """The claim with one variant on each side: the first that can run here."""
    chosen = {
        key: tuple(name for name in getattr(claim, key) if not _reason_not_to_run(claim, name, everyone))[:1]
        for key in ("variant", "than")
    }
    return replace(claim, **chosen)  # type: ignore[arg-type]  # both are tuples of names


def _reason_none_runs(claim: Claim, names: Sequence[str], everyone: Sequence[Registered]) -> str:
    """Why none of the variants can run here; "" where one can."""
    reasons = [_reason_not_to_run(claim, name, everyone) for name in names]
    return "; ".join(f"{name}: {reason}" for name, reason in zip(names, reasons, strict=True)) if all(reasons) else ""


def _reason_not_to_run(claim: Claim, name: str, everyone: Sequence[Registered]) -> str:
    implementation = find_variant(everyone, name).implementation
    if reason := unavailable_reason(implementation, claim.problem):
        return reason
    if claim.quantity == EPOCH and not implementation.predicts:
        return "it has no `predict`, by which the test set could be evaluated"
    if claim.quantity not in OF_RUNS:
        return implementation.hides_phases or ""
    return ""


def is_about(problem: NetworkProblem, data: Data) -> bool:
    """Whether the problem is one on this data: another data set makes another problem of it (`fitted`)."""
    return problem.dataset == dataset_of(data)
