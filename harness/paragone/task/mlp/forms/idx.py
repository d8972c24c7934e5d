"""IDX, the form of MNIST, Fashion-MNIST, KMNIST and EMNIST: a header with the shape, then the numbers, big-endian."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from paragone.errors import DataUnusable
from paragone.task.mlp.forms.content import Found, Pair
from paragone.task.mlp.forms.first_bytes import DAMAGE, GZIP_MAGIC, MOST_BYTES, looks_like, read_at_most, uncompressed
from paragone.task.mlp.mnist.parts import sizes

KINDS = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
MOST_DIMENSIONS = 4


def read_idx_files(train: Sequence[Path], test: Sequence[Path]) -> Found:
    """The data set of (images, labels) for training and, where there are any, for test. Raises DataUnusable."""
    return Found(_pair(train), _pair(test) if test else None)


def _pair(files: Sequence[Path]) -> Pair:
    arrays = []
    for path in files:
        with path.open("rb") as file:
            arrays.append(read_idx(file, str(path)))
    images, labels = arrays
    return Pair(images, labels, str(files[0]), str(files[1]))


def read_idx(file: BinaryIO, where: str, most_bytes: int = MOST_BYTES) -> NDArray[Any]:
    """Read an array from its IDX form, plain or gzip-compressed.

    `where` names the file for the error. Raises DataUnusable, also for a header that promises more than `most_bytes`.
    """
    try:
        with uncompressed(file) as content:
            kind, shape = _header(content, where)
            n_bytes = math.prod(shape) * kind.itemsize
            if n_bytes > most_bytes * kind.itemsize:
                raise DataUnusable(f"{where}: expected at most {most_bytes:,} numbers, got a header of {sizes(shape)}.")
            data = read_at_most(content, n_bytes + 1)
    except DAMAGE as error:
        raise DataUnusable(f"{where}: damaged: {error}") from None
    if len(data) < n_bytes:
        raise DataUnusable(f"{where}: truncated: expected {n_bytes:,} bytes of content, got {len(data):,}.")
    if len(data) > n_bytes:
        raise DataUnusable(f"{where}: expected {n_bytes:,} bytes of content, as its header says, got more.")
    return np.frombuffer(data, kind).reshape(shape)


def _header(content: BinaryIO, where: str) -> tuple[np.dtype[Any], tuple[int, ...]]:
    """The kind of the numbers and the shape: 0, 0, kind, the number of dimensions; then each dimension, big-endian."""
    magic = content.read(4)
    if magic.startswith(GZIP_MAGIC):
        raise DataUnusable(f"{where}: a gzip file within a gzip file: gunzip it once.")
    if like := looks_like(magic):
        raise DataUnusable(f"{where}: expected an IDX file; it looks{like}.")
    if magic[2:] == b"\0\0" and magic[1] in KINDS:
        raise DataUnusable(f"{where}: the bytes of each number of its header are turned round (little-endian).")
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in KINDS or not 1 <= magic[3] <= MOST_DIMENSIONS:
        raise DataUnusable(f"{where}: expected an IDX file, got one that starts with {magic.hex() or 'nothing'}.")
    n_dimensions = magic[3]
    rest = content.read(4 * n_dimensions)
    if len(rest) < 4 * n_dimensions:
        raise DataUnusable(f"{where}: truncated: expected {n_dimensions} dimensions in its header.")
    return np.dtype(KINDS[magic[2]]), struct.unpack(f">{n_dimensions}I", rest)
