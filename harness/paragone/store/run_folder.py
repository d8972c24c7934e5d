"""One folder per run: the plan, the environment, and every row appended the moment it is known.

    plan.json         what was decided before the first sample; never changed afterwards
    environment.json  the machine, the versions, what was inherited
    sources.json      the source files of every implementation as they were then
    samples.jsonl     one row a sample, cold and warm-up samples included
    launches.jsonl    one row a fresh process       rounds.jsonl    one row a round
    outcomes.jsonl    one row a verification, failure, or reason for a gap
    memory.jsonl      one row a cell of the untimed memory pass
    evaluations.jsonl one row a timed evaluation of the test set
    accuracy.jsonl    one row an epoch of the untimed training pass
    limits.jsonl      one row for each thing that the machine was asked to do as fast as it can
    finished.json     written last: how the run ended
    lock              held by the harness that writes here

The folder of a profile has profile.json in place of plan.json, and in place of samples.jsonl

    pairs.jsonl       one row a pair of samples, the same steps without clocks and with them
    clocks.jsonl      one row a process: what a reading of its clock costs

A row is one line, written at once and synchronised to disk: what a kill or a power cut can tear is the
last line, and a torn line is dropped when the run is read or taken up again.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import io
import os
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

import msgspec

from paragone.errors import ResultsUnusable
from paragone.files.atomic import as_json, end_of_last_line, open_for_append, write_json
from paragone.files.json_lines import read_json, read_rows
from paragone.files.printable import is_printable, printable
from paragone.store.environment_record import Environment
from paragone.store.old_names import renamed_plan, renamed_row
from paragone.store.plan_records import Plan, ProfilePlan
from paragone.store.records import KEYS, TABLE_OF, TABLES, Finished, Source, columns

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Run", "RunFolder", "read_json", "read_rows", "read_run", "write_json"]

LONGEST_FAULT = 300  # of a sentence about a value that anybody may have written
PLANS: dict[type[ProfilePlan], str] = {Plan: "plan.json", ProfilePlan: "profile.json"}

Row = TypeVar("Row", bound=msgspec.Struct)
Kind = TypeVar("Kind")


@dataclass(frozen=True)
class Run:
    """A run as read back: tables are frames with all columns of their records, empty where nothing was written."""

    folder: Path
    plan: Plan
    environment: dict[str, Any]
    samples: pd.DataFrame
    launches: pd.DataFrame
    rounds: pd.DataFrame
    outcomes: pd.DataFrame
    memory: pd.DataFrame
    accuracy: pd.DataFrame
    limits: pd.DataFrame
    evaluations: pd.DataFrame
    finished: Finished | None
    sources: dict[str, Source] = field(default_factory=dict)  # by implementation; runs made earlier have none


class RunFolder:
    """A run's folder held for writing, by one harness at a time."""

    def __init__(self, folder: Path, again: str = "paragone bench --resume {run}") -> None:
        self.folder, self.again = folder, again.format(run=folder.name)
        self._files: dict[str, io.FileIO] = {}
        try:
            self._lock = open_for_append(folder / "lock")
        except OSError as error:
            raise ResultsUnusable(f"{folder}: cannot be written: {error.strerror}") from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            raise ResultsUnusable(
                f"{folder}: another paragone is writing to this run. Wait for it, or start a run of its own: "
                "paragone bench --new"
            ) from None
        except OSError as error:
            self._lock.close()
            raise ResultsUnusable(
                f"{folder}: this file system cannot lock files: {error.strerror}. Choose another folder: "
                "paragone bench --results PATH"
            ) from None

    def append(self, *rows: msgspec.Struct) -> None:
        """Append rows to the table of their kind, complete on disk when this returns; several are written as one.

        Raises ResultsUnusable where the disk does not take it.
        """
        if not rows:
            return
        (table,) = {TABLE_OF[type(row)] for row in rows}
        lines = b"".join(as_json(msgspec.to_builtins(row)) + b"\n" for row in rows)
        try:
            if table not in self._files:
                self._files[table] = self._open(table)
            self._write(self._files[table], lines)
        except OSError as error:
            if table in self._files:  # opened anew for the next row, without what was torn
                self._files.pop(table).close()
            raise ResultsUnusable(
                f"{self.folder / table}.jsonl: cannot be written: {error.strerror}. What was measured before is "
                f"kept; make room, then: {self.again}"
            ) from None

    def _open(self, table: str) -> io.FileIO:
        file = open_for_append(self.folder / f"{table}.jsonl")
        try:
            file.truncate(end_of_last_line(file))
        except OSError:
            file.close()
            raise
        return file

    def _write(self, file: io.FileIO, lines: bytes) -> None:
        """Write the lines, all of them or, where the disk does not take them, none."""
        before = os.fstat(file.fileno()).st_size
        try:
            if file.write(lines) != len(lines):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fdatasync(file.fileno())
        except OSError:
            with contextlib.suppress(OSError):
                file.truncate(before)
            raise

    def end(self, finished: Finished) -> None:
        """Write how the run ended. Raises ResultsUnusable."""
        try:
            write_json(self.folder / "finished.json", msgspec.to_builtins(finished))
        except OSError as error:
            raise ResultsUnusable(f"{self.folder}: finished.json cannot be written: {error.strerror}") from None

    def close(self) -> None:
        """Let go of the folder."""
        for file in self._files.values():
            file.close()
        self._files.clear()
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def read_run(folder: Path) -> Run:
    """Everything that a run's folder holds, checked against its records.

    Raises ResultsUnusable naming the file, the line, and what was expected; also for another method version.
    """
    plan = read_plan(folder)
    tables = {table: frame_of(record, read_table(folder, record, plan.problems)) for table, record in TABLES.items()}
    return Run(
        folder=folder,
        plan=plan,
        environment=read_environment(folder),
        finished=read_finished(folder),
        sources=read_sources(folder),
        **tables,
    )


def frame_of(record: type[Row], rows: Sequence[Row]) -> pd.DataFrame:
    """The rows as a frame with all columns of their record; what holds others is plain data there."""
    import pandas as pd

    return pd.DataFrame([msgspec.to_builtins(row) for row in rows], columns=columns(record))


def read_plan(folder: Path) -> Plan:
    """The plan of a run. Raises ResultsUnusable."""
    path = folder / PLANS[Plan]
    return _checked(path, renamed_plan(read_json(path)), Plan)


def read_profile_plan(folder: Path) -> ProfilePlan:
    """The plan of a profile. Raises ResultsUnusable."""
    path = folder / PLANS[ProfilePlan]
    return _checked(path, renamed_plan(read_json(path)), ProfilePlan)


def read_environment(folder: Path) -> dict[str, Any]:
    """The environment of a run or a profile, checked. Raises ResultsUnusable."""
    path = folder / "environment.json"
    environment = read_json(path)
    _checked(path, environment, Environment)
    return environment


def read_finished(folder: Path) -> Finished | None:
    """How the run ended; None where it has not. Raises ResultsUnusable."""
    path = folder / "finished.json"
    return _checked(path, read_json(path), Finished) if os.path.lexists(path) else None


def read_sources(folder: Path) -> dict[str, Source]:
    """The sources that a run kept, by implementation; none where it is older. Raises ResultsUnusable."""
    path = folder / "sources.json"
    return _checked(path, read_json(path), dict[str, Source]) if os.path.lexists(path) else {}


def read_table(folder: Path, record: type[Row], problems: Container[str] | None = None) -> list[Row]:
    """The rows of a table of a run or a profile; where `problems` are given, a row about another is refused.

    Raises ResultsUnusable naming the line.
    """
    table = TABLE_OF[record]
    path = folder / f"{table}.jsonl"
    rows: list[Row] = []
    lines: dict[tuple[Any, ...], int] = {}
    for line, content in enumerate(read_rows(path), start=1):
        row = _checked(f"{path}, line {line}", renamed_row(table, content), record)
        if fault := _fault_of_names(row, problems):
            raise ResultsUnusable(f"{path}, line {line}: {fault}")
        if record in KEYS and getattr(row, "kind", None) != "warmup":
            first = lines.setdefault(tuple(getattr(row, name) for name in KEYS[record]), line)
            if first != line:
                raise ResultsUnusable(
                    f"{path}, line {line}: expected a row of its own, got that of line {first} once more"
                )
        rows.append(row)
    return rows


def _fault_of_names(row: msgspec.Struct, problems: Container[str] | None) -> str | None:
    for column in ("problem", "variant"):
        name = getattr(row, column, None)
        if name is not None and not is_printable(name):
            return f"{column}: expected a text of characters that print, got {name[:60]!r}"
        if column == "problem" and name is not None and problems is not None and name not in problems:
            return f"problem: expected a problem of the plan, got {name[:60]!r}"
    return None


def _checked(place: object, content: Any, kind: type[Kind]) -> Kind:
    try:
        return msgspec.convert(content, kind)
    except (msgspec.ValidationError, RecursionError) as error:
        raise ResultsUnusable(f"{place}: {printable(str(error))[:LONGEST_FAULT]}") from None
