"""npz: arrays in a zip archive, read with NumPy's parser of headers; nothing is unpickled.

Not with np.load: it allocates whatever shape a header names before anybody can look at it.
"""

from __future__ import annotations

import math
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from paragone.errors import DataUnusable
from paragone.task.mlp.forms.content import Found, Pair
from paragone.task.mlp.forms.first_bytes import MOST_BYTES, read_at_most
from paragone.task.mlp.mnist.parts import sizes

# What zipfile raises where an archive is cut short or damaged, encrypted, or of a kind it does not know.
DAMAGE = (OSError, EOFError, ValueError, RuntimeError, struct.error, zlib.error, zipfile.BadZipFile)
# The names of arrays, in small letters: (images, labels) for training, for test, and of one part alone.
TRAIN = (("x_train", "y_train"), ("train_images", "train_labels"), ("train_x", "train_y"))
TEST = (("x_test", "y_test"), ("test_images", "test_labels"), ("test_x", "test_y"))
ALONE = (("images", "labels"), ("x", "y"), ("data", "target"), ("data", "labels"), ("image", "label"))


def read_npz_files(train: Sequence[Path], test: Sequence[Path]) -> Found:
    """The data set of one archive, of one for each part, or of one for each array. Raises DataUnusable."""
    if len(train) == 2:  # images and labels apart, as KMNIST has them
        return Found(_apart(train), _apart(test) if test else None)
    if test:
        return Found(_named(train[0], (*ALONE, *TRAIN)), _named(test[0], (*ALONE, *TEST)))
    (path,) = train
    keys = _keys(path)
    has_test = not {*keys}.isdisjoint(name for names in TEST for name in names)
    left_out = [name for key, name in keys.items() if "val" in key]
    remarks = (f"{' and '.join(left_out[:4])} are left out",) if left_out else ()
    return Found(_named(path, (*TRAIN, *ALONE)), _named(path, TEST) if has_test else None, remarks)


def _named(path: Path, names: Sequence[tuple[str, str]]) -> Pair:
    """The images and labels under one of these pairs of names."""
    keys = _keys(path)
    for images, labels in names:
        if images in keys and labels in keys:
            wheres = f"{path}: {keys[images]}", f"{path}: {keys[labels]}"
            return Pair(_read(path, keys[images], wheres[0]), _read(path, keys[labels], wheres[1]), *wheres)
    expected = "; ".join(f"{images}, {labels}" for images, labels in names)
    got = ", ".join(list(keys.values())[:8]) or "none"
    raise DataUnusable(f"{path}: expected arrays called {expected}; got {got}.")


def _apart(files: Sequence[Path]) -> Pair:
    """The images of one archive and the labels of another, each the only array in it."""
    arrays = []
    for path in files:
        keys = list(_keys(path).values())
        if len(keys) != 1:
            raise DataUnusable(f"{path}: expected one array, got {', '.join(keys[:8]) or 'none'}.")
        arrays.append(_read(path, keys[0], str(path)))
    return Pair(arrays[0], arrays[1], *map(str, files))


def _keys(path: Path) -> Mapping[str, str]:
    """The names of the arrays, by their small letters."""
    try:
        if (n_bytes := path.stat().st_size) > MOST_BYTES:
            raise DataUnusable(f"{path}: expected an archive of at most {MOST_BYTES:,} bytes, got {n_bytes:,}.")
        with zipfile.ZipFile(path) as archive:
            names = [name.removesuffix(".npy") for name in archive.namelist()]
    except DAMAGE as error:
        raise DataUnusable(f"{path}: damaged: {error}") from None
    return {name.lower(): name for name in names}


def _read(path: Path, key: str, where: str) -> NDArray[Any]:
    try:
        with zipfile.ZipFile(path) as archive, archive.open(f"{key}.npy") as member:
            if archive.getinfo(f"{key}.npy").compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                # With bzip2 and LZMA, a read of a few bytes may decompress into any number of them.
                raise DataUnusable(f"{where}: expected an array stored as it is or deflated, got another compression.")
            shape, in_fortran_order, dtype = _npy_header(member, where)
            if dtype.hasobject or dtype.kind not in "buif" or math.prod(shape) > MOST_BYTES:
                expected = f"at most {MOST_BYTES:,} numbers" if dtype.kind in "buif" else "numbers"
                raise DataUnusable(f"{where}: expected {expected}, got {sizes(shape)} {dtype}: nothing of it was read.")
            if min(shape, default=0) < 0:
                raise DataUnusable(f"{where}: damaged: its header names a shape of {sizes(shape)}.")
            n_bytes = math.prod(shape) * dtype.itemsize
            data = read_at_most(member, n_bytes + 1)  # type: ignore[arg-type]  # a stream of bytes, as files are
    except DAMAGE as error:
        raise DataUnusable(f"{where}: damaged: {error}") from None
    if len(data) != n_bytes:
        got = f"{len(data):,}" if len(data) < n_bytes else "more"
        raise DataUnusable(f"{where}: truncated: expected {n_bytes:,} bytes of content, got {got}.")
    return np.frombuffer(data, dtype).reshape(shape, order="F" if in_fortran_order else "C")


def _npy_header(member: IO[bytes], where: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """(shape, in Fortran order, dtype) from a header of version 1.0, which np.savez writes."""
    try:
        version = np.lib.format.read_magic(member)
        if version == (1, 0):
            return np.lib.format.read_array_header_1_0(member)
    except Exception as error:  # the header is a Python literal; parsing a damaged one raises any of ten classes
        raise DataUnusable(f"{where}: damaged: not the header of an array: {type(error).__name__}") from None
    raise DataUnusable(f"{where}: expected version 1.0 of the .npy format, got {version[0]}.{version[1]}.")
