"""Checks whether an implementation keeps the promises of the contract (`implementation/contract.py`)."""

from paragone.implementation.conformance import memory, results
from paragone.implementation.conformance.examination import PromiseResult, examine, run_contract
from paragone.implementation.conformance.promise import CHECKS
from paragone.implementation.conformance.subject import NotApplicable, PromiseBroken, Subject

__all__ = [
    "CHECKS",
    "NotApplicable",
    "PromiseBroken",
    "PromiseResult",
    "Subject",
    "examine",
    "memory",
    "results",
    "run_contract",
]
