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
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from paragone.errors import ResultsUnusable
from paragone.files.atomic import as_json, end_of_last_line, open_for_append, write_json
from paragone.files.json_lines import read_json, read_rows
from paragone.files.schema import Check
from paragone.store.run_schema import ENVIRONMENT, FINISHED, PLANS, SOURCES, check_rows

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COLUMNS", "Run", "RunFolder", "read_json", "read_plan", "read_rows", "read_run", "read_table", "write_json"]

COLUMNS = {
    "samples": (
        "problem variant batch_size threads wave launch attempt round position kind n_steps elapsed_ns runner_ns "
        "cpu_ns waiting_cpu_ns started_s digest"
    ).split(),
    "launches": (
        "problem variant threads wave launch attempt start_seconds load_seconds setup_seconds verify_seconds "
        "warmup_seconds cpus threads_found receipt loaded_memory_bytes waiting_cpu_seconds "
        "cpu_over_wall status reason"
    ).split(),
    "rounds": "problem threads wave launch attempt round elapsed_s".split(),
    "outcomes": (
        "problem variant batch_size threads launch attempt stage status reason note error bound n_steps"
    ).split(),
    # `per_second` counts floating-point operations of "gemm", bytes of "read", images of "products".
    "limits": "problem dtype threads batch_size launch what per_second".split(),
    "memory": (
        "problem variant batch_size threads n_steps loaded_memory_bytes peak_memory_bytes since_load elapsed_s "
        "status reason"
    ).split(),
    "evaluations": ("problem variant batch_size threads wave launch attempt round n_calls n_images elapsed_ns").split(),
    "accuracy": "problem variant batch_size epoch correct n_test elapsed_s".split(),
}
PROFILE_COLUMNS = {
    "pairs": (
        "problem variant batch_size threads wave launch round position plain_first n_steps plain_ns clocked_ns phases "
        "parts is_same"
    ).split(),
    "clocks": "problem variant threads reading_ns".split(),
    "outcomes": COLUMNS["outcomes"],
}


@dataclass(frozen=True)
class Run:
    """A run as read back: tables are frames with all of COLUMNS, empty where nothing was written."""

    folder: Path
    plan: dict[str, Any]
    environment: dict[str, Any]
    samples: pd.DataFrame
    launches: pd.DataFrame
    rounds: pd.DataFrame
    outcomes: pd.DataFrame
    memory: pd.DataFrame
    accuracy: pd.DataFrame
    limits: pd.DataFrame
    evaluations: pd.DataFrame
    finished: dict[str, Any] | None
    sources: dict[str, Any] = field(default_factory=dict)  # by implementation; runs made earlier have none


class RunFolder:
    """A run's folder held for writing, by one harness at a time."""

    def __init__(
        self, folder: Path, columns: Mapping[str, list[str]] = COLUMNS, again: str = "paragone bench --resume {run}"
    ) -> None:
        self.folder, self.columns, self.again = folder, columns, again.format(run=folder.name)
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

    def append(self, table: str, *rows: Mapping[str, Any]) -> None:
        """Append rows to a table, complete on disk when this returns; several are written as one.

        Raises ResultsUnusable where the disk does not take it.
        """
        columns = self.columns[table]
        if unknown := {column for row in rows for column in row} - set(columns):
            raise KeyError(f"{table} has no column {sorted(unknown)}")
        lines = b"".join(as_json({column: row.get(column) for column in columns}) + b"\n" for row in rows)
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

    def end(self, ending: Mapping[str, Any]) -> None:
        """Write how the run ended. Raises ResultsUnusable."""
        try:
            write_json(self.folder / "finished.json", ending)
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
    """Return everything a run's folder holds, checked: each value is of the kind that its column or key says.

    Raises ResultsUnusable naming the file, the line, and what was expected; also for another method version.
    """
    import pandas as pd

    plan = read_plan(folder)
    tables = {
        table: pd.DataFrame(read_table(folder, table, plan["problems"]), columns=columns)
        for table, columns in COLUMNS.items()
    }
    finished = folder / "finished.json"
    return Run(
        folder=folder,
        plan=plan,
        environment=read_environment(folder),
        finished=_checked(finished, FINISHED) if os.path.lexists(finished) else None,
        sources=read_sources(folder),
        **tables,
    )


def read_plan(folder: Path, file: str = "plan.json") -> dict[str, Any]:
    """Return the plan of a run, or of a profile ("profile.json"), checked. Raises ResultsUnusable."""
    return _checked(folder / file, PLANS[file])


def read_environment(folder: Path) -> dict[str, Any]:
    """Return the surroundings of a run or a profile, checked. Raises ResultsUnusable."""
    return _checked(folder / "environment.json", ENVIRONMENT)


def read_sources(folder: Path) -> dict[str, Any]:
    """Return the sources that a run kept, by implementation; none where it is older. Raises ResultsUnusable."""
    path = folder / "sources.json"
    return _checked(path, SOURCES) if os.path.lexists(path) else {}


def read_table(folder: Path, table: str, problems: Container[str] | None = None) -> list[dict[str, Any]]:
    """Return the rows of a table of a run or a profile, checked; where `problems` are given, they speak of no others.

    Raises ResultsUnusable naming the line.
    """
    rows = read_rows(path := folder / f"{table}.jsonl")
    try:
        check_rows(table, rows, (COLUMNS | PROFILE_COLUMNS)[table], problems)
    except ValueError as error:
        raise ResultsUnusable(f"{path}, {error}") from None
    return rows


def _checked(path: Path, check: Check) -> dict[str, Any]:
    content = read_json(path)
    try:
        check("", content)
    except ValueError as error:
        raise ResultsUnusable(f"{path}: {error}") from None
    return content
