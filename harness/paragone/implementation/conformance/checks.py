"""The register of promises, filled."""

from paragone.implementation.conformance import memory, results
from paragone.implementation.conformance.promise import CHECKS

__all__ = ["CHECKS", "memory", "results"]
