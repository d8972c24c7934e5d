"""All checks of one implementation, in child processes: a crash or a hang costs one check, and the others go on."""

from __future__ import annotations

import json
import os
import select
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec

from paragone.implementation.conformance.checks import CHECKS
from paragone.implementation.conformance.task import Task
from paragone.implementation.registry import Registered
from paragone.implementation.variant import Variant
from paragone.machine.child import Child
from paragone.machine.cpus import usable_cpus
from paragone.machine.python_environments import interpreter
from paragone.machine.threads import worker_environment
from paragone.task.mlp.problem import NetworkProblem

# After this many crashes of a variant, its other checks are left out.
MOST_CRASHES = 2
STATUSES = ("passed", "failed", "not applicable", "crashed", "not reached")
READ_BYTES = 1 << 16
POLL_S = 0.2


@dataclass(frozen=True)
class PromiseResult:
    """The outcome of one check of one variant. `status` is one of STATUSES."""

    variant: str
    check: str
    status: str
    reason: str = ""


@contextmanager
def run_contract(
    found: Registered, variants: Sequence[Variant], problems: tuple[NetworkProblem, ...], time_limit_s: float
) -> Iterator[Iterator[PromiseResult]]:
    """Yield a result for each variant and check, in their order; without problems it tries those that ship.

    The variants are examined while the block does other things: several at once, and one CPU is left to the block.
    What goes on when the block ends is given up. No check may take longer than the limit.
    """
    given_up, giving_up = os.pipe()
    examination = Examination(found, problems, time_limit_s, given_up)
    with ThreadPoolExecutor(max(1, len(usable_cpus()) - 1)) as pool:
        results = [pool.submit(examination.results, variant) for variant in variants]
        try:
            yield (result for of_variant in results for result in of_variant.result())
        finally:
            os.write(giving_up, b".")  # closing it would tell nothing: the block may have forked, and forks hold it too
            pool.shutdown(cancel_futures=True)
            os.close(giving_up)
            os.close(given_up)


class _GivenUp(Exception):
    """Nobody waits for the results any more."""


@dataclass(frozen=True)
class Examination:
    """The examination of one implementation. It is given up once the descriptor `given_up` can be read."""

    found: Registered
    problems: tuple[NetworkProblem, ...]
    time_limit_s: float
    given_up: int

    def results(self, variant: Variant) -> list[PromiseResult]:
        """A result for each check of one variant, from child processes of its own."""
        todo, found = list(CHECKS), list[PromiseResult]()
        while todo:
            for result in self._in_child(variant, todo):
                todo.remove(result.check)
                found.append(result)
            if sum(result.status == "crashed" for result in found) >= MOST_CRASHES:
                reason = f"left out after {MOST_CRASHES} crashes"
                return found + [PromiseResult(variant.name, check, "not reached", reason) for check in todo]
        return found

    def _in_child(self, variant: Variant, checks: Sequence[str]) -> Iterator[PromiseResult]:
        """Yield the results of one child process; where it ends early, the last result is the crash."""
        reading, writing = os.pipe()
        environment, _ = worker_environment(1, os.environ)
        python = interpreter(variant.implementation.environment_name)
        task = Task(str(self.found.folder), self.found.name, dict(variant.axis), list(checks), self.problems)
        arguments = [msgspec.json.encode(task).decode()]
        left = list(checks)
        try:
            with Child(__package__, arguments, environment=environment, handed_over=(writing,), python=python) as child:
                for line in _lines(self._arriving(reading, child)):
                    result = PromiseResult(variant.name, **json.loads(line))
                    left.remove(result.check)
                    yield result
                if left:
                    reason = (
                        child.exit_reason() or f"no answer within {self.time_limit_s:g} s; --time-limit allows more"
                    )
                    yield PromiseResult(variant.name, left[0], "crashed", reason)
        finally:
            os.close(reading)

    def _arriving(self, reading: int, child: Child) -> Iterator[bytes]:
        """Yield what arrives, until the child has ended or nothing has arrived within the limit.

        The end of the file does not always tell of the child's: a fork of this process may hold the other end too.
        """
        heard = time.monotonic()
        while time.monotonic() - heard < self.time_limit_s:
            has_ended = child.has_ended
            ready = select.select([reading, self.given_up], [], [], 0 if has_ended else POLL_S)[0]
            if self.given_up in ready:
                raise _GivenUp
            if reading in ready and (content := os.read(reading, READ_BYTES)):
                yield content
                heard = time.monotonic()
            elif has_ended or reading in ready:
                return


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    unfinished = b""
    for chunk in chunks:
        *lines, unfinished = (unfinished + chunk).split(b"\n")
        yield from lines
