"""Keras's mnist.npz: four uint8 arrays in a zip archive, read with NumPy's parser of headers; nothing is unpickled.

Not with np.load: it allocates whatever shape a header names before anybody can compare it with MNIST's.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from paragone.errors import DataUnusable
from paragone.task.mlp.mnist.parts import Arrays, Bytes, Part, check_form, check_length, checked

MOST_BYTES = 64_000_000  # of the archive; the arrays have 55 MB, compressed 11. It bounds the archive's directory, too.
# What zipfile raises where an archive is cut short or damaged, encrypted, or of a kind it does not know.
DAMAGE = (OSError, EOFError, ValueError, RuntimeError, struct.error, zlib.error, zipfile.BadZipFile)


def read_npz(files: tuple[Path, ...], parts: Sequence[Part]) -> Arrays:
    """The four arrays of the one file in `files`. Raises DataUnusable."""
    (path,) = files
    try:
        if (n_bytes := path.stat().st_size) > MOST_BYTES:
            raise DataUnusable(f"{path}: expected an archive of at most {MOST_BYTES:,} bytes, got {n_bytes:,}")
        with zipfile.ZipFile(path) as archive:
            return Arrays(*(_read_npz_member(archive, part, parts, path) for part in parts))
    except DAMAGE as error:
        raise DataUnusable(f"{path}: damaged: {error}") from None


def _read_npz_member(archive: zipfile.ZipFile, part: Part, parts: Sequence[Part], path: Path) -> Bytes:
    where = f"{path}: {part.key}"
    names = archive.namelist()
    if f"{part.key}.npy" not in names:
        keys = ", ".join(name.removesuffix(".npy") for name in names[:8])
        raise DataUnusable(f"{where}: there is no such array. Expected {_keys(parts)}; got {keys or 'none'}.")
    if archive.getinfo(f"{part.key}.npy").compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # With bzip2 and LZMA, a read of a few bytes may decompress into any number of them.
        raise DataUnusable(f"{where}: expected an array stored as it is or deflated, got another compression.")
    with archive.open(f"{part.key}.npy") as member:
        shape, fortran_order, dtype = _npy_header(member, where)
        is_integer = dtype.kind in "iu"  # of any width: the content decides, which is compared bit for bit
        check_form(part, parts, shape, np.dtype(np.uint8) if is_integer else dtype, where)
        data = member.read(part.n_bytes * dtype.itemsize + 1)
    check_length(len(data), part, where, dtype.itemsize)
    array = np.frombuffer(data, dtype).reshape(shape, order="F" if fortran_order else "C")
    if not ((array >= 0) & (array <= 255)).all():
        raise DataUnusable(f"{where}: expected whole numbers from 0 to 255, got others.")
    return checked(part, parts, array.astype(np.uint8, copy=False), where)


def _npy_header(member: IO[bytes], where: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """(shape, in Fortran order, dtype) from a header of version 1.0, which np.savez writes."""
    try:
        version = np.lib.format.read_magic(member)
        if version == (1, 0):
            return np.lib.format.read_array_header_1_0(member)
    except Exception as error:  # the header is a Python literal; parsing a damaged one raises any of ten classes
        raise DataUnusable(f"{where}: damaged: not the header of an array: {type(error).__name__}") from None
    raise DataUnusable(f"{where}: expected version 1.0 of the .npy format, got {version[0]}.{version[1]}.")


def _keys(parts: Sequence[Part]) -> str:
    return ", ".join(part.key for part in parts)
