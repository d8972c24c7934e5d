"""The first bytes of files: which form they are of, and what a file looks like that is none."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import BinaryIO, cast

MOST_BYTES = 1 << 30  # of the pixels of one part, one byte each; the largest known, EMNIST's by class, has 0.55 GB
GZIP_MAGIC, ZIP_MAGIC, PICKLE_MAGIC, PARQUET_MAGIC = b"\x1f\x8b", b"PK\x03\x04", b"\x80", b"PAR1"
DAMAGE = (OSError, EOFError, zlib.error)  # raised by a gzip file that is cut short or damaged
PIECE = 1 << 20


def start_of(path: Path) -> bytes:
    """The first four bytes of a file."""
    with path.open("rb") as file:
        return file.read(4)


def uncompressed(file: BinaryIO) -> BinaryIO:
    """The content of a file as a stream: decompressed where it starts as a gzip file, whatever its name."""
    start = file.read(len(GZIP_MAGIC))
    file.seek(0)
    return cast("BinaryIO", gzip.GzipFile(fileobj=file, mode="rb")) if start == GZIP_MAGIC else file


def read_at_most(stream: BinaryIO, n_bytes: int) -> bytes:
    """The next bytes of a stream, at most `n_bytes`; memory is taken for those that are there, not for all promised."""
    data = bytearray()
    while len(data) < n_bytes and (piece := stream.read(min(PIECE, n_bytes - len(data)))):
        data += piece
    return bytes(data)


def looks_like(start: bytes) -> str:
    """Such as " like an HTML page"; "" where the first bytes are nothing known."""
    if start.lstrip().lower().startswith((b"<!d", b"<htm", b"<?xm", b"<hea")):
        return " like an HTML page: the download failed"
    if start.startswith(b"vers"):
        return " like a pointer of Git LFS: git lfs pull fetches the file"
    if start.startswith(GZIP_MAGIC):
        return " like a gzip file"
    return ""
