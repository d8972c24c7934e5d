"""All checks of one implementation, in child processes: a crash or a hang costs one check, and the others go on."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from paragone.implementation.conformance.promise import CHECKS
from paragone.implementation.contract import Variant, variants
from paragone.implementation.registry import Registered
from paragone.machine.child import Child, read_until_silent
from paragone.machine.python_environments import interpreter
from paragone.machine.threads import worker_environment

# After this many crashes of a variant, its other checks are left out.
MOST_CRASHES = 2


@dataclass(frozen=True)
class PromiseResult:
    """The outcome of one check of one variant. `status` is "passed", "failed", "not applicable" or "crashed"."""

    variant: str
    check: str
    status: str
    reason: str = ""


def run_contract(found: Registered, time_limit_s: float) -> Iterator[PromiseResult]:
    """Yield a result for each variant and check as it ends; no check may take longer than the limit."""
    for variant in variants(found.implementation):
        yield from examine(found, variant, time_limit_s)


def examine(found: Registered, variant: Variant, time_limit_s: float) -> Iterator[PromiseResult]:
    """Yield a result for each check of one variant as it ends, from child processes of its own."""
    todo, crashes = list(CHECKS), 0
    while todo:
        for result in _in_child(found, variant, todo, time_limit_s):
            todo.remove(result.check)
            crashes += result.status == "crashed"
            yield result
        if crashes >= MOST_CRASHES:
            reason = f"left out after {MOST_CRASHES} crashes"
            yield from (PromiseResult(variant.name, check, "not applicable", reason) for check in todo)
            break


def _in_child(found: Registered, variant: Variant, checks: list[str], time_limit_s: float) -> Iterator[PromiseResult]:
    """Yield the results of one child process; where it ends early, the last result is the crash."""
    reading, writing = os.pipe()
    environment, _ = worker_environment(1, os.environ)
    python = interpreter(variant.implementation.environment_name)
    task = {"folder": str(found.folder), "name": found.name, "axis": dict(variant.axis), "checks": checks}
    try:
        with Child(
            __package__, [json.dumps(task)], environment=environment, handed_over=(writing,), python=python
        ) as child:
            left = list(checks)
            for line in _lines(read_until_silent(reading, time_limit_s)):
                result = PromiseResult(variant.name, **json.loads(line))
                left.remove(result.check)
                yield result
            if left:
                reason = child.exit_reason() or f"no answer within {time_limit_s:g} s"
                yield PromiseResult(variant.name, left[0], "crashed", reason)
    finally:
        os.close(reading)


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    unfinished = b""
    for chunk in chunks:
        *lines, unfinished = (unfinished + chunk).split(b"\n")
        yield from lines
