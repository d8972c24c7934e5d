"""The checks of the contract, and how they are run on one implementation; see paragone/implementation/contract.py for the contract."""

from paragone.implementation.conformance import memory, results
from paragone.implementation.conformance.examination import Finding, examine, run_contract
from paragone.implementation.conformance.promise import CHECKS
from paragone.implementation.conformance.subject import NotApplicable, PromiseBroken, Subject

__all__ = [
    "CHECKS",
    "Finding",
    "NotApplicable",
    "PromiseBroken",
    "Subject",
    "examine",
    "memory",
    "results",
    "run_contract",
]
