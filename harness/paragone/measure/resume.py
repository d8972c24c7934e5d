"""Resuming an interrupted run: the identity that must be unchanged, and the samples that are still missing."""

from __future__ import annotations

import contextlib
import json
import shlex
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from paragone.errors import Misuse, ResultsUnusable
from paragone.implementation.plugins import kernel_folders
from paragone.machine import environment
from paragone.machine.environment_record import Environment
from paragone.plan.cells import Contender
from paragone.plan.request import Request
from paragone.store.plan_records import Cell, ContenderKey
from paragone.store.reader import read_environment, read_plan, read_table
from paragone.store.records import TABLES, Outcome, Sample
from paragone.store.runs import has_report, is_finished, run_folders
from paragone.task.kernel.problem import KernelProblem

MACHINE = "machine and versions"


def refuse_unnamed_code(folder: Path, planned: Request, named: Sequence[str]) -> None:
    """Raise Misuse where a plan needs code that the user has not named: a plan is data, and names no code by itself.

    `named` are the folders of plugins that the command itself names. Nothing of the code is looked at here.
    """
    if planned.sides:
        labels = " and ".join(text.partition("=")[0] for text in planned.sides)
        of_kernel = next((f" -k {each.name}" for each in planned.problems if isinstance(each, KernelProblem)), "")
        raise Misuse(
            f"run {folder.name} compares two versions, {labels}: name them again, and it goes on: "
            f"paragone compare --live A B{of_kernel}"
        )
    refuse_unknown_kernel(folder, planned, named)
    if set(planned.plugins) <= set(named):
        return
    options = " ".join(f"--plugins {shlex.quote(path)}" for path in planned.plugins)
    raise Misuse(
        f"run {folder.name} needs {options}, and a plan names no code by itself: look at it, and name it again: "
        f"paragone bench --resume {shlex.quote(str(folder))} {options}"
    )


def refuse_unknown_kernel(folder: Path, planned: Request, named: Sequence[str]) -> None:
    """Raise Misuse where a plan's kernel lies in a folder that neither the project nor the user has named."""
    known = {str(place.resolve()) for place in kernel_folders(named)[0].values()}
    for problem in planned.problems:
        if isinstance(problem, KernelProblem) and problem.folder not in known:
            raise Misuse(
                f"run {folder.name} needs the kernel in {problem.folder}, and a plan names no code by itself: look at "
                f"it, and name it again: paragone bench --resume {shlex.quote(str(folder))} "
                f"--plugins {shlex.quote(problem.folder)}"
            )


def refuse_foreign_cells(folder: Path, contenders: Container[ContenderKey]) -> None:
    """Raise ResultsUnusable where the plan has a cell that its own request does not lead to: somebody changed it."""
    for cell in read_plan(folder).cells:
        if cell.contender not in contenders:
            raise ResultsUnusable(
                f"{folder}: plan.json names cells of {cell.variant}, which its own request does not choose. "
                "A new run: paragone bench --new"
            )


class RunIdentity:
    """Everything that must be unchanged for a run to be resumed: request, data, machine, code."""

    def __init__(
        self,
        request: Request,
        contenders: Iterable[Contender],
        data_sha256: str,
        described: Environment,
        place: str = "",  # where it is measured, if not by this process
    ) -> None:
        self.place = place
        self.request, self.data_sha256, self.described = request, data_sha256, described
        self.found = {contender.found.name: contender.found for contender in contenders}

    @cached_property
    def identity(self) -> dict[str, Any]:
        """Name → value, as JSON gives it back from a stored plan."""
        identity = {
            "what was asked for": msgspec.to_builtins(self.request.stored()),
            "data set": self.data_sha256,
            MACHINE: environment.machine_fingerprint(self.described),
            "source of the harness": environment.source_hash(),
            **({"place": self.place} if self.place else {}),
            **{f"source of {name}": self.found[name].source_hash() for name in sorted(self.found)},
        }
        return dict(json.loads(json.dumps(identity)))

    def unfinished(self, results: Path, say: Callable[[str], None]) -> Path | None:
        """The latest interrupted run that can be resumed; `say` gets the reason where the latest run cannot."""
        is_latest = True
        for folder in reversed(run_folders(results)):
            try:
                differing = None if is_finished(folder) else self.differing(folder)
            except ResultsUnusable as error:
                say(f"Passed over: {error}.")
                continue
            if differing == "":
                return folder
            if differing and is_latest and self._is_of_the_same(folder):
                say(f"Run {folder.name} is unfinished, but {differing} has changed: a new run begins.")
            is_latest = False
        return None

    def _is_of_the_same(self, folder: Path) -> bool:
        """Whether the run is of these problems: that another kernel's differs in everything is no news."""
        return read_plan(folder).problems.keys() == {problem.name for problem in self.request.problems}

    def complete_without_report(self, results: Path) -> Path | None:
        """The latest run, where it is complete, could be resumed if it were not, and has no report."""
        for folder in run_folders(results)[-1:]:
            with contextlib.suppress(ResultsUnusable):
                if is_finished(folder) and not has_report(folder) and self.differing(folder) == "":
                    return folder
        return None

    def refuse_foreign_run(self, folder: Path) -> None:
        """Raise Misuse where the run cannot be resumed, naming what has changed."""
        if differing := self.differing(folder):
            raise Misuse(
                f"run {folder.name} cannot be taken up again: {differing} has changed since. "
                "A new run: paragone bench --new"
            )

    def differing(self, folder: Path) -> str:
        """The names of what has changed since the run began; "" where nothing has.

        Raises ResultsUnusable where a table is damaged: better now than after hours of measuring.
        """
        before = read_plan(folder).identity
        names = sorted(
            name for name in before.keys() | self.identity.keys() if before.get(name) != self.identity.get(name)
        )
        if MACHINE in names:
            then = read_environment(folder)
            names[names.index(MACHINE)] += f" ({'; '.join(environment.differences(then, self.described))})"
        if not names:
            for record in TABLES.values():
                read_table(folder, record)
        return ", ".join(names)


@dataclass
class RemainingSamples:
    """The planned samples that a run still lacks."""

    rounds: int
    sampled: set[tuple[Any, ...]] = field(default_factory=set)
    dead: set[tuple[ContenderKey, int | None]] = field(default_factory=set)  # None: at every size

    def wants(self, cell: Cell, launch: int, round_: int) -> bool:
        """Whether the cell still lacks its sample of this round of this launch."""
        if (cell.contender, cell.size) in self.dead or (cell.contender, None) in self.dead:
            return False
        if cell.once_per_launch and round_ != cell.size % self.rounds:
            return False
        return (*cell.contender, cell.size, cell.wave, launch, round_) not in self.sampled

    def lacking(self, cell: Cell, launch: int, first: int, n_rounds: int) -> list[int]:
        """The rounds that the cell lacks of `n_rounds` from the first on, which follow on one reset."""
        rounds = range(first, min(first + n_rounds, self.rounds))
        return [round_ for round_ in rounds if self.wants(cell, launch, round_)]

    def wants_any(self, cell: Cell, launch: int) -> bool:
        return any(self.wants(cell, launch, round_) for round_ in range(self.rounds))

    def seconds(self, cell: Cell, launches: int) -> float:
        """About how long the missing samples take."""
        wanted = sum(self.wants(cell, launch, round_) for launch in range(launches) for round_ in range(self.rounds))
        return wanted * cell.sample_seconds


def remaining_samples(folder: Path, rounds: int) -> tuple[RemainingSamples, dict[tuple[int, int], int]]:
    """The samples that a run still lacks, and the last attempt at each (launch, wave)."""
    remaining = RemainingSamples(rounds)
    attempts: dict[tuple[int, int], int] = {}
    for row in read_table(folder, Sample):
        place = (row.launch, row.wave)
        attempts[place] = max(attempts.get(place, 0), row.attempt)
        if row.kind == "timed":
            names = (row.problem, row.variant, row.threads, row.size, row.wave)
            remaining.sampled.add((*names, row.launch, row.round))
    for outcome in read_table(folder, Outcome):
        if outcome.status == "failed" and outcome.threads is not None:
            remaining.dead.add(((outcome.problem, outcome.variant, outcome.threads), outcome.size))
    return remaining, attempts
