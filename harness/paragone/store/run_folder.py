"""One folder per run: the plan, the environment, and tables whose rows are appended as soon as they are known.

    plan.json         what was decided before the first sample; never changed afterwards
    environment.json  the machine, the versions, inherited environment variables
    sources.json      the source files of every implementation at the time of the run
    samples.jsonl     a row per sample, cold and warm-up samples included
    launches.jsonl    a row per fresh process of a contender
    rounds.jsonl      a row per round
    outcomes.jsonl    a row per check, failure, or reason for a gap
    memory.jsonl      a row per cell of the untimed memory pass
    evaluations.jsonl a row per timed evaluation of the test set
    accuracy.jsonl    a row per point of the untimed learning curves
    limits.jsonl      a row per measured limit of the machine
    stages.jsonl      a row per stage of the run: where its wall time went
    hosts.jsonl       a row per launch that a host of a pool began
    finished.json     written last: how the run ended
    lock              locked by the harness that writes here

A profile's folder has profile.json in place of plan.json, and in place of samples.jsonl

    pairs.jsonl       a row per pair of samples: the same steps without clocks and with them
    clocks.jsonl      a row per process: the cost of a clock reading

A row is one line, written in one call and synchronised to disk. A kill or a power cut can tear only the last line; a
torn line is dropped when the run is read or resumed.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import io
import os
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from paragone.errors import ResultsUnusable
from paragone.files.atomic import as_json, end_of_last_line, open_for_append, write_json
from paragone.store.file_stamps import FileStamps
from paragone.store.plan_records import PLAN_FILES
from paragone.store.records import TABLE_OF, Finished

REPORT = "report.md"  # the last file of a report
FIXED = (*PLAN_FILES.values(), "environment.json", "sources.json", "lock")


class RunFolder:
    """A run's folder, locked for writing by one harness at a time."""

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
        self._stamps = FileStamps(folder, map(_file_name, TABLE_OF.values()), FIXED)

    def append(self, *rows: msgspec.Struct) -> None:
        """Append rows of one type to their table, all or none. They are on disk when this returns.

        Raises ResultsUnusable where the disk is full or fails, and where somebody else changed a file of the run.
        """
        if not rows:
            return
        self._stamps.refuse_change(self.again)
        (table,) = {TABLE_OF[type(row)] for row in rows}
        lines = b"".join(as_json(msgspec.to_builtins(row)) + b"\n" for row in rows)
        try:
            if table not in self._files:
                self._files[table] = self._open(table)
            self._write(self._files[table], lines)
        except OSError as error:
            if table in self._files:  # the next row opens it again, which cuts off a torn line
                self._files.pop(table).close()
            raise ResultsUnusable(
                f"{self.folder / table}.jsonl: cannot be written: {error.strerror}. What was measured before is "
                f"kept. Once it can be written again: {self.again}"
            ) from None
        finally:
            self._stamps.note(_file_name(table))

    def _open(self, table: str) -> io.FileIO:
        file = open_for_append(self.folder / _file_name(table))
        try:
            file.truncate(end_of_last_line(file))
        except OSError:
            file.close()
            raise
        return file

    def _write(self, file: io.FileIO, lines: bytes) -> None:
        """Write all lines, or none where the disk is full or fails."""
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
        """Write how the run ended, and delete the report of an earlier end. Raises as `append` does."""
        self._stamps.refuse_change(self.again)
        try:
            (self.folder / REPORT).unlink(missing_ok=True)
            write_json(self.folder / "finished.json", msgspec.to_builtins(finished))
        except OSError as error:
            raise ResultsUnusable(
                f"{self.folder}: finished.json cannot be written: {error.strerror}. What was measured is kept. Once it "
                f"can be written again: {self.again}"
            ) from None

    def close(self) -> None:
        for file in self._files.values():
            file.close()
        self._files.clear()
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _file_name(table: str) -> str:
    return f"{table}.jsonl"
