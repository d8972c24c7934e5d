"""MNIST on disk, in the forms in which people have it: four IDX files, Keras's mnist.npz, Nielsen's mnist.pkl.gz.

Every reader knows the size of what it expects and reads no more: a header that promises 2^40 images, or a few kilobytes
that decompress into terabytes, give an error and take no memory.
"""

from __future__ import annotations

import gzip
import json
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from paragone.errors import DataUnusable
from paragone.task.mlp.mnist.keras_npz import read_npz
from paragone.task.mlp.mnist.nielsen_pickle import read_pickle
from paragone.task.mlp.mnist.parts import Arrays, Bytes, Part, check_length, checked, sizes

GZIP_MAGIC, ZIP_MAGIC, PICKLE_MAGIC = b"\x1f\x8b", b"PK\x03\x04", b"\x80"
NPZ_NAMES = ("mnist.npz",)
PICKLE_NAMES = ("mnist.pkl.gz", "mnist.pkl")
DAMAGE = (OSError, EOFError, zlib.error)  # raised by a gzip file that is cut short or damaged


@dataclass(frozen=True)
class Source:
    """MNIST in one of its forms, located but not read: one file, or four in the order of the parts."""

    form: str
    files: tuple[Path, ...]
    read: Callable[[tuple[Path, ...], Sequence[Part]], Arrays]

    def fingerprint(self) -> str:
        """A text that changes with the files: their paths, sizes, and times of last change."""
        seen = [(str(file.resolve()), file.stat()) for file in self.files]
        return json.dumps([(path, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns) for path, stat in seen])


def locate(path: Path, parts: Sequence[Part]) -> Source:
    """The first complete form of MNIST in this file, or in this folder or one level below it.

    `MNIST/raw`, the folder of torchvision, counts as one level. Raises DataUnusable.
    """
    if _is_file(path):
        return _single_file(path)
    if not path.is_dir():
        what = "neither a file nor a folder, but a pipe or a device: give a file" if path.exists() else None
        raise DataUnusable(f"{path}: {what or 'there is no such file or folder'}.")
    folders = [path, *sorted(entry for entry in path.iterdir() if _is_folder(entry)), path / "MNIST" / "raw"]
    for folder in folders:
        if source := _in_folder(folder, parts):
            return source
    for folder in folders:
        found = _idx_files(folder, parts)
        missing = [part.stem for part in parts if part.stem not in found]
        if found:
            raise DataUnusable(f"{folder}: holds {', '.join(found)}, but not {', '.join(missing)} (plain or .gz).")
    raise DataUnusable(
        f"{path}: no MNIST in this folder or one level below. Expected {', '.join(part.stem for part in parts)} "
        f"(plain or .gz), or {NPZ_NAMES[0]}, or {PICKLE_NAMES[0]}."
    )


def _single_file(path: Path) -> Source:
    if "-ubyte" in path.name:
        raise DataUnusable(f"{path}: this is one of four IDX files. Give the folder that holds them: {path.parent}")
    with path.open("rb") as file:
        start = file.read(4)
    if start == ZIP_MAGIC:
        return Source("mnist.npz", (path,), read_npz)
    if start.startswith((GZIP_MAGIC, PICKLE_MAGIC)):
        return Source("mnist.pkl.gz", (path,), _read_pickle_file)
    like = f", and looks{looks_like(start)}" if looks_like(start) else ""
    raise DataUnusable(
        f"{path}: expected Keras's mnist.npz (starts with {ZIP_MAGIC.hex()}) or Nielsen's mnist.pkl.gz "
        f"({GZIP_MAGIC.hex()}), got a file that starts with {start.hex() or 'nothing'}{like}."
    )


def _in_folder(folder: Path, parts: Sequence[Part]) -> Source | None:
    idx = _idx_files(folder, parts)
    if len(idx) == len(parts):
        return Source("IDX", tuple(idx.values()), _read_idx_files)
    for name in (*NPZ_NAMES, *PICKLE_NAMES):
        if _is_file(folder / name):
            return _single_file(folder / name)
    return None


def _idx_files(folder: Path, parts: Sequence[Part]) -> dict[str, Path]:
    """The IDX files of this folder by their stems, in the order of the parts."""
    names = ((part.stem, name) for part in parts for name in _spellings(part.stem))
    found: dict[str, Path] = {}
    for stem, name in names:
        if stem not in found and _is_file(folder / name):
            found[stem] = folder / name
    return found


def _spellings(stem: str) -> Iterator[str]:
    for spelling in (stem, stem.replace("-idx", ".idx")):
        yield spelling
        yield f"{spelling}.gz"


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a folder without permission to read counts as empty
        return False


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _read_idx_files(files: tuple[Path, ...], parts: Sequence[Part]) -> Arrays:
    arrays = []
    for path, part in zip(files, parts, strict=True):
        with path.open("rb") as file:
            arrays.append(read_idx(file, part, parts, str(path)))
    return Arrays(*arrays)


def read_idx(file: BinaryIO, part: Part, parts: Sequence[Part], where: str) -> Bytes:
    """Read one part from its IDX form, plain or gzip-compressed, in its flat shape.

    `where` names the file for the error. Raises DataUnusable.
    """
    try:
        with uncompressed(file) as content:
            header = content.read(len(part.header))
            if header != part.header:
                raise DataUnusable(f"{where}: {_wrong_header(header, part, parts)}")
            data = content.read(part.n_bytes + 1)
    except DAMAGE as error:
        raise DataUnusable(f"{where}: damaged: {error}") from None
    check_length(len(data), part, where)
    return checked(part, parts, np.frombuffer(data, np.uint8).reshape(part.shape), where)


def uncompressed(file: BinaryIO) -> BinaryIO:
    """The content of a file as a stream: decompressed where it starts as a gzip file, whatever its name."""
    start = file.read(len(GZIP_MAGIC))
    file.seek(0)
    return cast("BinaryIO", gzip.GzipFile(fileobj=file, mode="rb")) if start == GZIP_MAGIC else file


def _wrong_header(header: bytes, part: Part, parts: Sequence[Part]) -> str:
    expected = f"expected {part.stem}, magic number {_magic(part.header)}, {sizes(part.shape)}"
    if like := looks_like(header, part.header):
        return f"{expected}; got what looks{like}."
    if len(header) < len(part.header):
        return f"{expected}; got a file of {len(header)} bytes."
    for other in parts:
        if header.startswith(other.header):
            return f"{expected}; got the header of {other.stem}: were the files swapped?"
    if not header.startswith(part.header[:4]):
        return f"{expected}; got magic number {_magic(header)}: not an IDX file of uint8 in that many dimensions."
    promised = struct.unpack(f">{len(part.shape)}I", header[4:])
    return f"{expected}; got a header that promises {sizes(promised)}."


def looks_like(start: bytes, right: bytes = b"") -> str:
    """Such as " like an HTML page"; "" where the first bytes are nothing known. `right` is a header."""
    if start.lstrip().lower().startswith((b"<!d", b"<htm", b"<?xm")):
        return " like an HTML page: the download failed"
    if start.startswith(GZIP_MAGIC) and right:
        return " like a gzip file within a gzip file: gunzip it once"
    swapped = b"".join(right[k : k + 4][::-1] for k in range(0, len(right), 4))
    if right and start == swapped:
        return " like its header with the bytes of each number turned round (little-endian)"
    return ""


def _magic(header: bytes) -> int:
    return int.from_bytes(header[:4], "big")


def _read_pickle_file(files: tuple[Path, ...], parts: Sequence[Part]) -> Arrays:
    (path,) = files
    try:
        with path.open("rb") as file, uncompressed(file) as content:
            return read_pickle(content, parts, str(path))
    except DAMAGE as error:
        raise DataUnusable(f"{path}: damaged: {error}") from None
