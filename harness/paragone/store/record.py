"""What the rows of all tables are made of."""

from __future__ import annotations

from functools import cache

import msgspec

from paragone.files.schema import Name, Size


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A row of a table, or a part of another file of a run."""


class CellRow(Record, frozen=True, kw_only=True):
    """A row about one cell: problem × variant × size × threads."""

    problem: Name
    variant: Name
    size: Size
    threads: Size


@cache
def columns(record: type[msgspec.Struct]) -> tuple[str, ...]:
    return tuple(field.name for field in msgspec.structs.fields(record))
