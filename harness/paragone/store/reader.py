"""Reading a run back. Every file is checked against its record: anyone may have written into the folder."""

from __future__ import annotations

import os
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from paragone.errors import ResultsUnusable
from paragone.files.json_lines import read_json, read_rows
from paragone.files.printable import is_printable, printable
from paragone.machine.environment_record import Environment
from paragone.store.old_names import renamed_plan, renamed_row
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
    finished: Finished | None
    sources: dict[str, Source] = field(default_factory=dict)  # by implementation; runs made earlier have none


def read_run(folder: Path) -> Run:
    """The run in `folder`.

    Raises ResultsUnusable with the file, the line and what was expected; also where the method version is unknown.
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
    """The rows as a frame with all columns of their record; nested records become dicts and lists."""
    import pandas as pd

    return pd.DataFrame([msgspec.to_builtins(row) for row in rows], columns=list(columns(record)))


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


def _without_nulls(content: Any) -> Any:
    return {key: value for key, value in content.items() if value is not None} if isinstance(content, dict) else content


def _checked(place: object, content: Any, type_: type[T]) -> T:
    try:
        return msgspec.convert(content, type_, dec_hook=decode)
    except (msgspec.ValidationError, RecursionError) as error:
        raise ResultsUnusable(f"{place}: {printable(str(error))[:LONGEST_FAULT]}") from None
