"""Reading a run back. Every file is checked against its record: anyone may have written into the folder."""

from __future__ import annotations

import os
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from paragone.errors import ResultsUnusable
from paragone.files.json_lines import MOST_LINE_BYTES, blocks_of, lines_of, read_json, row_of
from paragone.files.printable import is_printable, printable
from paragone.machine.environment_record import Environment
from paragone.store.frames import frame_of
from paragone.store.old_names import may_hold_old_names, renamed_plan, renamed_row
from paragone.store.plan_records import PLAN_FILES, Plan, ProfilePlan
from paragone.store.records import KEYS, TABLE_OF, TABLES, Finished, Source, columns
from paragone.task.families import decode

if TYPE_CHECKING:
    import pandas as pd

LONGEST_FAULT = 300  # characters of an error text that quotes a value from a file

Row = TypeVar("Row", bound=msgspec.Struct)
T = TypeVar("T")


@dataclass(frozen=True)
class Run:
    """A run as read back. Each table is a frame with all columns of its record, empty where its file is missing."""

    folder: Path
    plan: Plan
    environment: Environment
    samples: pd.DataFrame
    launches: pd.DataFrame
    rounds: pd.DataFrame
    outcomes: pd.DataFrame
    memory: pd.DataFrame
    accuracy: pd.DataFrame
    limits: pd.DataFrame
    evaluations: pd.DataFrame
    stages: pd.DataFrame
    hosts: pd.DataFrame
    finished: Finished | None
    sources: dict[str, Source] = field(default_factory=dict)  # by implementation; runs made earlier have none


def read_run(folder: Path) -> Run:
    """The run in `folder`.

    Raises ResultsUnusable with the file, the line and what was expected; also where the method version is unknown.
    """
    plan = read_plan(folder)
    tables = {table: read_frame(folder, record, plan.problems) for table, record in TABLES.items()}
    return Run(
        folder=folder,
        plan=plan,
        environment=read_environment(folder),
        finished=read_finished(folder),
        sources=read_sources(folder),
        **tables,
    )


def read_plan(folder: Path) -> Plan:
    """The plan of a run. Raises ResultsUnusable."""
    path = folder / PLAN_FILES[Plan]
    return _checked(path, renamed_plan(read_json(path)), Plan)


def read_profile_plan(folder: Path) -> ProfilePlan:
    """The plan of a profile. Raises ResultsUnusable."""
    path = folder / PLAN_FILES[ProfilePlan]
    return _checked(path, renamed_plan(read_json(path)), ProfilePlan)


def read_environment(folder: Path) -> Environment:
    """The environment of a run or a profile; null is read as "not recorded". Raises ResultsUnusable."""
    path = folder / "environment.json"
    parts = {name: _without_nulls(part) for name, part in _without_nulls(read_json(path)).items()}
    return _checked(path, parts, Environment)


def read_finished(folder: Path) -> Finished | None:
    """How the run ended; None where it has not ended. Raises ResultsUnusable."""
    path = folder / "finished.json"
    return _checked(path, read_json(path), Finished) if os.path.lexists(path) else None


def read_sources(folder: Path) -> dict[str, Source]:
    """The sources that a run stored, by implementation; {} for an old run. Raises ResultsUnusable."""
    path = folder / "sources.json"
    return _checked(path, read_json(path), dict[str, Source]) if os.path.lexists(path) else {}


def read_table(folder: Path, record: type[Row], problems: Container[str] | None = None) -> list[Row]:
    """The rows of a table of a run or a profile.

    Raises ResultsUnusable, naming the line, for a row that does not fit its record, repeats the key of another row, or
    is about a problem outside `problems`.
    """
    rows = list(_rows(folder, record, problems))
    lines: dict[tuple[Any, ...], int] = {}
    for line, row in enumerate(rows, start=1):
        if record in KEYS and getattr(row, "kind", None) != "warmup":
            first = lines.setdefault(tuple(getattr(row, name) for name in KEYS[record]), line)
            if first != line:
                raise _repeated(_path(folder, record), line, first)
    return rows


def read_frame(folder: Path, record: type[Row], problems: Container[str] | None = None) -> pd.DataFrame:
    """The rows of `read_table` as a frame; never are all of them held as objects. Raises ResultsUnusable."""
    frame = frame_of(record, _rows(folder, record, problems))
    if record in KEYS:
        keyed = frame[frame["kind"] != "warmup"] if "kind" in frame else frame
        keys = keyed[list(KEYS[record])]
        if (again := keys.duplicated().to_numpy()).any():
            where = int(again.argmax())
            same = (keys == keys.iloc[where]).all(axis=1).to_numpy()
            lines = keyed.index[[where, int(same.argmax())]] + 1
            raise _repeated(_path(folder, record), *map(int, lines))
    return frame


def _path(folder: Path, record: type[Row]) -> Path:
    return folder / f"{TABLE_OF[record]}.jsonl"


def _repeated(path: Path, line: int, first: int) -> ResultsUnusable:
    return ResultsUnusable(f"{path}, line {line}: expected a row of its own, got that of line {first} once more")


def _rows(folder: Path, record: type[Row], problems: Container[str] | None) -> Iterator[Row]:
    """Yield the rows of a table, each checked by itself. Raises ResultsUnusable, naming the line."""
    path, decoder = _path(folder, record), msgspec.json.Decoder(record, dec_hook=decode)
    named = [name for name in ("problem", "variant") if name in columns(record)]
    sound: set[Any] = set()  # names that were looked at before
    for first, block in blocks_of(path):
        rows = _decoded(record, block, decoder)
        if rows is None:
            rows = [_row(path, line, content, record) for line, content in lines_of(first, block)]
        if named and not sound.issuperset(names := set(map(attrgetter(*named), rows))):
            for line, row in enumerate(rows, start=first):
                if fault := _fault_of_names(row, problems):
                    raise ResultsUnusable(f"{path}, line {line}: {fault}")
            sound |= names
        yield from rows


def _decoded(record: type[Row], block: bytes, decoder: msgspec.json.Decoder[Row]) -> list[Row] | None:
    """The rows of a block, decoded in one step; None where one is faulty or has an old name.

    None leads to the longer way, which looks at line by line and says what is wrong.
    """
    if not block.isascii() or len(block) > MOST_LINE_BYTES or may_hold_old_names(TABLE_OF[record], block):
        return None
    try:
        rows = decoder.decode_lines(block)
    except (msgspec.MsgspecError, RecursionError):
        return None
    return rows if len(rows) == block.count(b"\n") else None


def _row(path: Path, line: int, content: bytes, record: type[Row]) -> Row:
    return _checked(f"{path}, line {line}", renamed_row(TABLE_OF[record], row_of(path, line, content)), record)


def _fault_of_names(row: msgspec.Struct, problems: Container[str] | None) -> str | None:
    for column in ("problem", "variant"):
        name = getattr(row, column, None)
        if name is not None and not is_printable(name):
            return f"{column}: expected a text of characters that print, got {name[:60]!r}"
        if column == "problem" and name is not None and problems is not None and name not in problems:
            return f"problem: expected a problem of the plan, got {name[:60]!r}"
    return None


def _without_nulls(content: Any) -> Any:
    return {key: value for key, value in content.items() if value is not None} if isinstance(content, dict) else content


def _checked(place: object, content: Any, type_: type[T]) -> T:
    try:
        return msgspec.convert(content, type_, dec_hook=decode)
    except (msgspec.ValidationError, RecursionError) as error:
        raise ResultsUnusable(f"{place}: {printable(str(error))[:LONGEST_FAULT]}") from None
