"""JSON from files that anybody may have written: regular files alone, in bounded memory, errors with the place."""

from __future__ import annotations

import io
import json
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from paragone.errors import ResultsUnusable

MOST_BYTES = 1 << 26  # of a plan or an environment; a plan of a thousand cells has 300 kB
MOST_LINE_BYTES = 1 << 22  # of a row; the longest hold what a worker's answer may, 1 MiB
BLOCK_BYTES = 1 << 20
SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")  # half a character, alone in no text that can be written again


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file. Raises ResultsUnusable."""
    try:
        with _opened(path) as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ResultsUnusable(f"{path}: cannot be read: {error.strerror}") from None
    if len(raw) > MOST_BYTES:
        raise ResultsUnusable(f"{path}: expected a file of at most {MOST_BYTES} bytes, got more")
    try:
        content = _parsed(raw)
    except (ValueError, RecursionError) as error:
        raise ResultsUnusable(f"{path}: not JSON: {error}") from None
    if not isinstance(content, dict):
        raise ResultsUnusable(f"{path}: expected a JSON object, got {type(content).__name__}")
    return content


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a table; a torn last line, left by a kill, is dropped.

    Raises ResultsUnusable for any other line that cannot be read.
    """
    return [row_of(path, number, line) for first, block in blocks_of(path) for number, line in lines_of(first, block)]


def blocks_of(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the complete lines of a table in blocks, each with the number of its first line; none without a file.

    Raises ResultsUnusable.
    """
    if not os.path.lexists(path):
        return
    first = 1
    try:
        with _opened(path) as file:
            for block in _blocks(file):
                yield first, block
                first += block.count(b"\n")
    except OSError as error:
        raise ResultsUnusable(f"{path}: cannot be read: {error.strerror}") from None


def lines_of(first: int, block: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a block, each with its number."""
    yield from enumerate(block.removesuffix(b"\n").split(b"\n"), start=first)


def row_of(path: Path, number: int, line: bytes) -> dict[str, Any]:
    """Return the row in a line of a table. Raises ResultsUnusable."""
    where = f"{path}, line {number}"
    if len(line) > MOST_LINE_BYTES:
        raise ResultsUnusable(f"{where}: not a row: expected at most {MOST_LINE_BYTES} bytes, got more")
    try:
        row = _parsed(line)
    except (ValueError, RecursionError) as error:
        raise ResultsUnusable(f"{where}: not a row: {error}") from None
    if not isinstance(row, dict):
        raise ResultsUnusable(f"{where}: not a row: expected an object, got {type(row).__name__}")
    return row


def _blocks(file: io.BufferedReader) -> Iterator[bytes]:
    """Yield the complete lines in blocks; of one that is too long, its beginning, and then no more."""
    rest = b""
    while read := file.read(BLOCK_BYTES):
        lines, end, rest = (rest + read).rpartition(b"\n")
        if end:
            yield lines + end
        if len(rest) > MOST_LINE_BYTES:
            yield rest
            return


def _opened(path: Path) -> io.BufferedReader:
    """Open a regular file; what is none (a folder, a pipe, a device) could keep its reader waiting for ever."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        raise OSError(0, "Is a directory" if stat.S_ISDIR(mode) else "not a regular file")
    return io.BufferedReader(io.FileIO(descriptor, "rb"))


def _parsed(raw: bytes) -> Any:
    content = json.loads(raw.decode())
    if SURROGATE.search(raw):
        json.dumps(content, ensure_ascii=False).encode()
    return content
