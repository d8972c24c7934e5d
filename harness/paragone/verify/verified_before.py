"""What was verified before in this very state, so that it is not verified again in every run.

A record is a file of the cache. Its name is a hash of all that the pilot's result follows from: the sources of the
harness, of the implementation and of its shared formulas, the problem, the data, the seed, the number of threads, the
versions, the variables, the programs that compile or interpret, and the machine. Only what passed is kept, and what is
too slow to be timed. A run that uses a record has its workers take the first steps again, which must end in the same
bits.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import structs

from paragone.files.atomic import replacing
from paragone.files.paths import cache_folder
from paragone.machine import environment
from paragone.machine.environment_record import Environment
from paragone.machine.surroundings import stamp, variables_hash
from paragone.machine.threads import worker_environment
from paragone.machine.toolchains import toolchain_files
from paragone.plan.cells import Contender, cell
from paragone.plan.request import Request
from paragone.store.records import Outcome, Record
from paragone.task.problem import Data
from paragone.verify.first_steps import FirstSteps
from paragone.verify.pilot_result import PilotResult

KEPT = {"passed", "not checked"}


class VerifiedSize(Record, frozen=True, kw_only=True):
    """One size: the times of a step and of a comparison, and what a cell that may be timed was found to do."""

    step_seconds: float
    check_seconds: float = 0.0
    outcomes: tuple[Outcome, ...] = ()
    first_steps: FirstSteps | None = None  # None where the step is too slow to be timed


class VerifiedContender(Record, frozen=True, kw_only=True):
    """One contender: its sizes, and the outcomes that are about all of them."""

    sizes: dict[int, VerifiedSize]
    outcomes: tuple[Outcome, ...]
    peak_bytes: int
    load_seconds: float
    modules: dict[str, str] = msgspec.field(default_factory=dict)  # path → stamp of code that lies elsewhere

    @property
    def is_of_the_same_code(self) -> bool:
        return all(stamp(path) == seen for path, seen in self.modules.items())


@dataclass(frozen=True)
class VerifiedBefore:
    """The records that fit the machine and its versions as `described`, and what a run verifies."""

    data: Data
    request: Request
    described: Environment
    cache: Path | None = None

    def result_of(self, contender: Contender, sizes: Sequence[int]) -> PilotResult | None:
        """The pilot's result as it was; None where it was not verified at all of these sizes in this state."""
        record = _read(self._path(contender))
        if record is None or not record.is_of_the_same_code or not set(sizes) <= record.sizes.keys():
            return None
        result = PilotResult(contender, peak_bytes=record.peak_bytes, load_seconds=record.load_seconds)
        for size in sizes:
            known = record.sizes[size]
            result.step_seconds[size] = known.step_seconds
            if known.step_seconds > self.request.too_slow_seconds:
                result.add_too_slow(size, known.step_seconds)
            elif known.first_steps is None:
                return None
            else:
                result.outcomes += known.outcomes
                result.cells.append(cell(contender, size, known.step_seconds, self.request.budgets))
                result.first_steps[size] = known.first_steps
                result.check_seconds[size] = known.check_seconds
        result.outcomes += record.outcomes if result.cells else ()
        return result

    def first_steps(self, contender: Contender, size: int) -> FirstSteps | None:
        """How the first steps ended when they were verified; None where the record has gone."""
        record = _read(self._path(contender))
        known = record.sizes.get(size) if record else None
        return None if known is None else known.first_steps

    def keep(self, result: PilotResult) -> None:
        """Make the record of a contender say what this result says of its sizes; what failed is in no record."""
        path = self._path(result.contender)
        before = _read(path)
        of_all = [row for row in result.outcomes if row.size is None]
        if not result.cells or any(row.status not in KEPT for row in of_all):
            if before is not None:
                _delete(path)
            return
        at = datetime.now(UTC).isoformat(timespec="seconds")
        of_before = before if before is not None and before.is_of_the_same_code else None
        sizes = dict(of_before.sizes) if of_before else {}
        for size in {row.size for row in result.outcomes if row.size is not None}:
            own = tuple(structs.replace(row, verified=at) for row in result.outcomes if row.size == size)
            sizes.pop(size, None)
            if (verified := _verified(result, size, own)) is not None:
                sizes[size] = verified
        record = VerifiedContender(
            sizes=sizes,
            outcomes=tuple(structs.replace(row, verified=at) for row in of_all),
            peak_bytes=max(result.peak_bytes, 0 if before is None else before.peak_bytes),
            load_seconds=result.load_seconds,
            modules=result.modules if of_before is None else {**of_before.modules, **result.modules},
        )
        _write(path, record)

    def forget(self, contender: Contender) -> None:
        """Have the next run verify a contender that has failed in a launch."""
        _delete(self._path(contender))

    def note_step_seconds(self, contender: Contender, step_seconds: Mapping[int, float]) -> None:
        """Correct the times of steps, by size, by those of a run: the pilot's were estimates."""
        path = self._path(contender)
        record = _read(path)
        if record is not None:
            sizes = {
                size: structs.replace(known, step_seconds=step_seconds.get(size, known.step_seconds))
                for size, known in record.sizes.items()
            }
            _write(path, structs.replace(record, sizes=sizes))

    def _path(self, contender: Contender) -> Path:
        environment_name = contender.variant.implementation.environment_name
        own = {name: it for name, it in self.described.own_environments.items() if name == environment_name}
        facts = (
            self.described.revision.source_hash or environment.source_hash(),  # as it was when the run began
            variables_hash(worker_environment(contender.threads, os.environ)[0]),
            environment.machine_fingerprint(structs.replace(self.described, own_environments=own)),
            *(f"{name} {file}" for name, file in toolchain_files().items()),
            contender.problem.fingerprint(),
            self.data.sha256,
            contender.found.source_hash(),
            contender.variant.name,
            str(contender.threads),
            str(self.request.seed),
            str(self.request.budgets),
        )
        name = hashlib.sha256("\0".join(facts).encode()).hexdigest()[:32]
        return (self.cache or cache_folder()) / "verified" / f"{name}.json"


def _verified(result: PilotResult, size: int, outcomes: tuple[Outcome, ...]) -> VerifiedSize | None:
    """What is kept of one size; None where it did not pass."""
    if size not in result.step_seconds:
        return None
    step_seconds, is_timed = result.step_seconds[size], size in {planned.size for planned in result.cells}
    if is_timed and size in result.first_steps and all(row.status in KEPT for row in outcomes):
        check_seconds = result.check_seconds.get(size, 0.0)
        first_steps = result.first_steps[size]
        return VerifiedSize(
            step_seconds=step_seconds, check_seconds=check_seconds, outcomes=outcomes, first_steps=first_steps
        )
    is_too_slow = all(row.stage == "cost" for row in outcomes)
    return VerifiedSize(step_seconds=step_seconds) if is_too_slow else None


def _read(path: Path) -> VerifiedContender | None:
    """The record in this file; None where it is missing or damaged."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=VerifiedContender)
    except (OSError, msgspec.DecodeError, RecursionError):
        return None


def _write(path: Path, record: VerifiedContender) -> None:
    with contextlib.suppress(OSError):  # without the cache the next run verifies again, nothing else
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            file.write(msgspec.json.encode(record))


def _delete(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
