"""Files on a disk that may fill up, in a folder that others may have filled: written whole, and through no link."""

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

BLOCK_BYTES = 1 << 16  # read at a time in search of the last line


def open_for_append(path: Path) -> io.FileIO:
    """Open a file of a run for appending, made if it is not there; no link and nothing but a regular file."""
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o666)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file")
    return io.FileIO(descriptor, "ab")


def end_of_last_line(file: io.FileIO) -> int:
    """Return where the last complete line ends."""
    end = os.fstat(file.fileno()).st_size
    while end:
        start = max(0, end - BLOCK_BYTES)
        if (found := os.pread(file.fileno(), end - start, start).rfind(b"\n")) >= 0:
            return start + found + 1
        end = start
    return 0


def as_json(content: Mapping[str, Any], indent: int | None = None) -> bytes:
    """Return the content as JSON, in ASCII.

    Half a character, of a path or a variable that is not UTF-8, becomes a question mark: whoever reads the file could
    write it nowhere else.
    """
    whole = json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")
    return json.dumps(json.loads(whole), indent=indent).encode()


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write the file whole or not at all, on disk when this returns. Raises OSError."""
    write_whole(path, as_json(content, indent=1) + b"\n")


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files by name, each whole or not at all, into a folder and into folders in it that are made if not there.

    Raises OSError, also where one of these is a link to another folder.
    """
    for inner in dict.fromkeys(Path(name).parent for name in files if Path(name).parent.name):
        if (folder / inner).is_symlink():
            raise OSError(errno.ELOOP, f"{inner} is a link to another folder: remove it")
        (folder / inner).mkdir(exist_ok=True)
    for name, content in files.items():
        write_whole(folder / name, content)


def write_whole(path: Path, content: bytes) -> None:
    """Write the file whole or not at all, on disk when this returns; never through a link. Raises OSError."""
    with replacing(path) as file:
        file.write(content)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Yield a file that takes the place of `path` when the block ends, and never if it fails. Raises OSError."""
    # Whoever shares the folder may have the same process number, in another container.
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with draft.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())  # else a power cut could leave a file of the right size, full of zeros
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
