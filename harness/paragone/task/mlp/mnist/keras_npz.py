"""Keras's mnist.npz: four uint8 arrays in a zip archive.

Read member by member, because np.load allocates whatever a header asks for before there is a chance to
look at it. Nothing is ever unpickled.
"""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from paragone.errors import DataUnusable
from paragone.task.mlp.mnist.parts import Arrays, Bytes, Part, check_form, check_length, checked

# What zipfile raises where an archive is cut short or damaged, encrypted, or of a kind it does not know.
END, LONGEST_END = b"PK\x05\x06", 22 + 65_535
MOST_FILES = 64
DAMAGE = (OSError, EOFError, ValueError, RuntimeError, struct.error, zlib.error, zipfile.BadZipFile)


def read_npz(files: tuple[Path, ...], parts: Sequence[Part]) -> Arrays:
    """Return the four arrays of the one file given. Raises DataUnusable."""
    (path,) = files
    try:
        if (files_inside := _files_inside(path)) > MOST_FILES:
            raise DataUnusable(
                f"{path}: expected an archive of {len(parts)} arrays, got a directory of {files_inside} files"
            )
        with zipfile.ZipFile(path) as archive:
            return Arrays(*(_read_npz_member(archive, part, parts, path) for part in parts))
    except DAMAGE as error:
        raise DataUnusable(f"{path}: damaged: {error}") from None


def _files_inside(path: Path) -> int:
    """Return how many files the end of an archive announces, which zipfile would read into memory all at once."""
    with path.open("rb") as file:
        file.seek(-min(file.seek(0, os.SEEK_END), LONGEST_END), os.SEEK_END)
        end = file.read()
    start = end.rfind(END)
    if start < 0 or len(end) - start < 12:
        raise zipfile.BadZipFile("no end of its directory")
    return int.from_bytes(end[start + 10 : start + 12], "little")  # 65535 where more: of zip64


def _read_npz_member(archive: zipfile.ZipFile, part: Part, parts: Sequence[Part], path: Path) -> Bytes:
    where = f"{path}: {part.key}"
    names = archive.namelist()
    if f"{part.key}.npy" not in names:
        keys = ", ".join(name.removesuffix(".npy") for name in names[:8])
        raise DataUnusable(f"{where}: there is no such array. Expected {_keys(parts)}; got {keys or 'none'}.")
    if archive.getinfo(f"{part.key}.npy").compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # zipfile unpacks the others in blocks of any size, whatever number of bytes is asked for.
        raise DataUnusable(f"{where}: expected an array stored as it is or deflated, got another compression.")
    with archive.open(f"{part.key}.npy") as member:
        shape, fortran_order, dtype = _npy_header(member, where)
        check_form(part, parts, shape, dtype, where)
        data = member.read(part.n_bytes + 1)
    check_length(len(data), part, where)
    array = np.frombuffer(data, np.uint8).reshape(shape, order="F" if fortran_order else "C")
    return checked(part, parts, array, where)


def _npy_header(member: IO[bytes], where: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Return shape, whether in Fortran order, and dtype; of version 1.0, which np.savez writes."""
    try:
        version = np.lib.format.read_magic(member)
        if version == (1, 0):
            return np.lib.format.read_array_header_1_0(member)
    except Exception as error:  # the header is a Python literal: parsing a damaged one raises any of ten classes
        raise DataUnusable(f"{where}: damaged: not the header of an array: {type(error).__name__}") from None
    raise DataUnusable(f"{where}: expected version 1.0 of the .npy format, got {version[0]}.{version[1]}.")


def _keys(parts: Sequence[Part]) -> str:
    return ", ".join(part.key for part in parts)
