"""What a host is asked, and the lines that it answers. Both are JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from paragone.machine.environment_record import Environment
from paragone.store.record import Record
from paragone.store.records import TABLES
from paragone.task.families import decode


class Order(Record, frozen=True, kw_only=True):
    """What a process on a host does.

    describe   say what machine it is
    plan       verify, run the A/A pilot, plan
    launch     run one wave of a launch of the plan, as far as its rows in `tables` leave something to do
    passes     measure what comes after the launches
    """

    do: Literal["describe", "plan", "launch", "passes"]
    request: dict[str, Any]  # with marks in place of folders
    source_hash: str  # of the harness
    data: str = ""  # content hash; "" where inputs are drawn
    verify_again: bool = False
    plan: dict[str, Any] = msgspec.field(default_factory=dict)
    environment: dict[str, Any] = msgspec.field(default_factory=dict)
    tables: dict[str, list[dict[str, Any]]] = msgspec.field(default_factory=dict)
    launch: int = 0
    wave: int = 0
    measures_limits: bool = False  # of the machine, before the wave
    attempt: int = 0
    most_busy_cpus: float | None = None  # a host where others keep more busy does not begin


class Line(Record, frozen=True, kw_only=True):
    """One line of the answer; it holds one of these, and the last has `is_done`."""

    host: str | None = None
    environment: Environment | None = None
    busy_cpus: float | None = None  # measured before a launch
    is_busy: bool = False  # and too many of them: nothing was begun
    planned: dict[str, Any] | None = None
    table: str | None = None  # rows of a table follow
    rows: list[dict[str, Any]] = msgspec.field(default_factory=list)
    said: str | None = None
    what: str | None = None  # comes next, and so many seconds more are done
    seconds: float = 0.0
    refused: str | None = None
    is_done: bool = False


def to_text(line: Line) -> str:
    """The line in JSON, without what is not said."""
    content = {key: value for key, value in msgspec.to_builtins(line).items() if value is not None and value != []}
    return msgspec.json.encode(content).decode()


def from_text(text: str) -> Line:
    """Raises msgspec.MsgspecError for what is no line."""
    return msgspec.json.decode(text, type=Line)


def rows_of(table: str, rows: Sequence[dict[str, Any]]) -> list[msgspec.Struct]:
    """The rows of a table, each checked. Raises msgspec.ValidationError; KeyError where there is no such table."""
    return [msgspec.convert(row, TABLES[table], dec_hook=decode) for row in rows]
