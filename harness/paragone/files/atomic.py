"""Atomic writes: a crash, a power cut or a full disk leaves the old file or the new one. No write follows a symlink."""

from __future__ import annotations

import errno
import io
import json
import os
import secrets
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

BLOCK_BYTES = 1 << 16  # read at a time in the search for the last newline


def open_for_append(path: Path) -> io.FileIO:
    """Open a file of a run for appending; create it if it is missing. Raises OSError for a link or a special file."""
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o666)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file")
    return io.FileIO(descriptor, "ab")


def end_of_last_line(file: io.FileIO) -> int:
    """The offset behind the last newline; the bytes after it are a torn write."""
    end = os.fstat(file.fileno()).st_size
    while end:
        start = max(0, end - BLOCK_BYTES)
        if (found := os.pread(file.fileno(), end - start, start).rfind(b"\n")) >= 0:
            return start + found + 1
        end = start
    return 0


def as_json(content: Mapping[str, Any], indent: int | None = None) -> bytes:
    """The content as JSON in ASCII.

    A path or variable that is not UTF-8 has lone surrogates in Python; each becomes a question mark, because a reader
    of the file could not encode it again.
    """
    whole = json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")
    return json.dumps(json.loads(whole), indent=indent).encode()


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON file atomically; it is on disk when this returns. Raises OSError."""
    write_whole(path, as_json(content, indent=1) + b"\n")


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write each file atomically, names such as "figures/climb.svg" into a subfolder that is created if missing.

    Raises OSError, also where a subfolder is a symlink.
    """
    for inner in dict.fromkeys(Path(name).parent for name in files if Path(name).parent.name):
        if (folder / inner).is_symlink():
            raise OSError(errno.ELOOP, f"{inner} is a link to another folder: remove it")
        (folder / inner).mkdir(exist_ok=True)
    for name, content in files.items():
        write_whole(folder / name, content)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file atomically; it is on disk when this returns. Raises OSError."""
    with replacing(path) as file:
        file.write(content)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Yield a new file that replaces `path` when the block ends, unless the block raises. Raises OSError."""
    # The random part: in another container that shares the folder, a process may have the same pid.
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with draft.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())  # without it, a power cut can leave a file of the right size full of zeros
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
