"""A data set with MNIST's form and few images, in every form in which people have MNIST on disk."""

from __future__ import annotations

import gzip
import hashlib
import struct
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from paragone.errors import DataUnusable
from paragone.task.mlp.mnist.parts import MNIST, Arrays, Part

N_TRAIN, N_VALID, N_TEST = 60, 10, 20  # Nielsen's pickle divides the 60 into 50 and 10

_random = np.random.Generator(np.random.PCG64(1))
ARRAYS = Arrays(
    _random.integers(0, 256, (N_TRAIN, 784), np.uint8),
    _random.integers(0, 10, N_TRAIN, np.uint8),
    _random.integers(0, 256, (N_TEST, 784), np.uint8),
    _random.integers(0, 10, N_TEST, np.uint8),
)


def assert_same(arrays: Arrays) -> None:
    """Fail unless these are the arrays of the small data set."""
    for array, expected in zip(arrays, ARRAYS, strict=True):
        np.testing.assert_array_equal(array, expected, strict=True)


def peak_bytes(call: Callable[[], object]) -> int:
    """Return the most memory that Python and NumPy held during the call, which must raise DataUnusable."""
    tracemalloc.start()
    try:
        with pytest.raises(DataUnusable):
            call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def idx_content(array: np.ndarray) -> bytes:
    """Return the uncompressed IDX file of images (n, 784) or labels (n,)."""
    if array.ndim == 2:
        return struct.pack(">IIII", 2051, len(array), 28, 28) + array.tobytes()
    return struct.pack(">II", 2049, len(array)) + array.tobytes()


def _part(part: Part, array: np.ndarray) -> Part:
    return replace(part, shape=(len(array), *part.shape[1:]), sha256=hashlib.sha256(idx_content(array)).hexdigest())


KEYS = ("x_train", "y_train", "x_test", "y_test")  # in Keras's mnist.npz
PARTS = tuple(_part(part, array) for part, array in zip(MNIST, ARRAYS, strict=True))


def write_idx(folder: Path, compressed: bool = True, dotted: bool = False) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for part, array in zip(PARTS, ARRAYS, strict=True):
        stem = part.stem.replace("-idx", ".idx") if dotted else part.stem
        content = idx_content(array)
        path = folder / (f"{stem}.gz" if compressed else stem)
        path.write_bytes(gzip.compress(content) if compressed else content)
    return folder


def write_npz(path: Path, **changed: np.ndarray) -> Path:
    arrays = {key: array.reshape(part.shape) for key, part, array in zip(KEYS, PARTS, ARRAYS, strict=True)}
    np.savez_compressed(path, **(arrays | changed))
    return path


def three_pairs() -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Return what Nielsen's pickle holds: float32 p/256 and int64, 50 / 10 / 20."""
    x, y, test_x, test_y = ARRAYS
    x, test_x = (images.astype(np.float32) / 256 for images in (x, test_x))
    y, test_y = (labels.astype(np.int64) for labels in (y, test_y))
    n = N_TRAIN - N_VALID
    return (x[:n], y[:n]), (x[n:], y[n:]), (test_x, test_y)


def python_2_pickle(pairs: tuple[tuple[np.ndarray, np.ndarray], ...]) -> bytes:
    """Return the pickle that Python 2 writes in protocol 2, in which bytes are a BINSTRING.

    Python 3 cannot write it any more, so the opcodes stand here one by one.
    """
    content = b"\x80\x02"
    for pair in pairs:
        content += b"".join(_python_2_array(array) for array in pair) + b"\x86"
    return content + b"\x87q\x00."


def _python_2_array(array: np.ndarray) -> bytes:
    shape = b"".join(b"J" + struct.pack("<i", size) for size in array.shape)
    code = array.dtype.str[1:].encode()
    data = array.tobytes()
    return (
        b"cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85U\x01b\x87Rq\x03"
        b"(K\x01" + shape + (b"\x85" if array.ndim == 1 else b"\x86") + b"cnumpy\ndtype\nq\x04"
        b"U"
        + bytes([len(code)])
        + code
        + b"K\x00K\x01\x87Rq\x05(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        b"\x89T" + struct.pack("<I", len(data)) + data + b"tb"
    )
