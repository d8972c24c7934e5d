"""The four files of MNIST: names, shapes, hashes, and the checks against them."""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from paragone.errors import DataUnusable

Bytes = NDArray[np.uint8]


class Arrays(NamedTuple):
    """A data set in memory, uint8: images (n, pixels) of grey levels 0 … 255, labels (n,) from 0 on."""

    train_images: Bytes
    train_labels: Bytes
    test_images: Bytes
    test_labels: Bytes


@dataclass(frozen=True)
class Part:
    """One of the four files; `sha256` is that of its IDX form, uncompressed: header, then content."""

    name: str  # of the array, here and in the cache
    stem: str  # of the IDX file
    shape: tuple[int, ...]  # (n, rows, columns) or (n,)
    sha256: str

    @property
    def header(self) -> bytes:
        """The header of its IDX form: 0, 0, uint8, the number of dimensions; then each dimension, big-endian."""
        return struct.pack(f">HBB{len(self.shape)}I", 0, 8, len(self.shape), *self.shape)

    @property
    def n_bytes(self) -> int:
        """The number of bytes behind the header."""
        return math.prod(self.shape)

    @property
    def flat_shape(self) -> tuple[int, ...]:
        """The shape with an image per row: (n, pixels) or (n,)."""
        return (self.shape[0], math.prod(self.shape[1:])) if len(self.shape) > 1 else self.shape


MNIST = (
    Part(
        "train_images",
        "train-images-idx3-ubyte",
        (60_000, 28, 28),
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    Part(
        "train_labels",
        "train-labels-idx1-ubyte",
        (60_000,),
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    Part(
        "test_images",
        "t10k-images-idx3-ubyte",
        (10_000, 28, 28),
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    Part(
        "test_labels",
        "t10k-labels-idx1-ubyte",
        (10_000,),
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
)

# content_sha256 of MNIST.
MNIST_SHA256 = "06b0d1f124c4e5fa796686ade41a9b778edacc8622f2195a352ef479ad44fc16"


def content_sha256(arrays: Arrays) -> str:
    """The name of a data set: SHA-256 over the bytes of the four uint8 arrays in C order."""
    content = hashlib.sha256()
    for array in arrays:
        content.update(np.ascontiguousarray(array).data)
    return content.hexdigest()


def checked(part: Part, array: NDArray[Any], where: str) -> Bytes:
    """The array in its flat shape. Raises DataUnusable unless it is this part of MNIST, bit for bit."""
    if array.shape != part.shape or array.dtype != np.uint8:
        got = f"{sizes(array.shape)} {array.dtype}"
        raise DataUnusable(f"{where}: expected {part.name}, {sizes(part.shape)} uint8; got {got}.")
    content = hashlib.sha256(part.header)
    content.update(np.ascontiguousarray(array).data)
    if content.hexdigest() != part.sha256:
        raise DataUnusable(
            f"{where}: altered: expected the content of MNIST's {part.stem}, SHA-256 {part.sha256}, "
            f"got {content.hexdigest()}."
        )
    return np.ascontiguousarray(array).reshape(part.flat_shape)


def sizes(shape: Sequence[int]) -> str:
    """Such as "60,000 × 28 × 28"."""
    return " × ".join(f"{size:,}" for size in shape) or "a single number"
