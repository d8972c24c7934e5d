"""The checks of the contract, and how they are run on one implementation; see harness/interface.py for the contract."""

from harness.contract import memory, results
from harness.contract.examination import Finding, examine, run_contract
from harness.contract.promise import CHECKS
from harness.contract.subject import NotApplicable, PromiseBroken, Subject

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
