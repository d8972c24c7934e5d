"""The data sets on this machine, parsed once: one folder per content, memory-mapped by every process.

An entry is named by the SHA-256 of its content, and every file is replaced atomically, so two processes that write the
same entry do not disturb each other. The notes beside the entries record which files on disk have which content.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import DTypeLike, NDArray

from paragone.errors import DataUnusable
from paragone.files.atomic import replacing
from paragone.files.paths import cache_folder
from paragone.task.mlp.mnist.parts import Arrays, Bytes, content_sha256
from paragone.task.mlp.problem import NetworkProblem

FLOATS = ("float32", "float64")
BLOCK = 4096  # images converted at a time


@dataclass(frozen=True)
class DataSet:
    """A data set in the cache. Every array is a read-only memory map, which each access opens anew."""

    name: str
    origin: str  # a sentence: where it was found
    sha256: str  # of the content: content_sha256
    folder: Path

    @property
    def train_images(self) -> Bytes:
        """(n_train, pixels) uint8."""
        return _map(self.folder / "train_images.npy", np.uint8)

    @property
    def train_labels(self) -> Bytes:
        """(n_train,) uint8."""
        return _map(self.folder / "train_labels.npy", np.uint8)

    @property
    def test_images(self) -> Bytes:
        """(n_test, pixels) uint8."""
        return _map(self.folder / "test_images.npy", np.uint8)

    @property
    def test_labels(self) -> Bytes:
        """(n_test,) uint8."""
        return _map(self.folder / "test_labels.npy", np.uint8)

    @property
    def n_pixels(self) -> int:
        """Of an image."""
        return int(self.train_images.shape[1])

    @property
    def n_classes(self) -> int:
        """The largest label, of both parts, plus 1."""
        return int(max(self.train_labels.max(), self.test_labels.max())) + 1

    def facts(self) -> dict[str, Any]:
        """The numbers of images, what an image is, and the share of the training images' pixels that are not 0."""
        return {
            "n_train": len(self.train_labels),
            "n_test": len(self.test_labels),
            "each": f"{self.n_pixels} pixels, {self.n_classes} classes",
            "nonzero_share": float(np.mean(self.train_images != 0)),
        }

    def inputs(self, problem: NetworkProblem, dtype: str = "uint8") -> tuple[NDArray[Any], Bytes]:
        """The training set of a problem: images (n_train, pixels) and labels (n_train,), read-only.

        Images are p/255 in float32 or float64, as `load` takes them, or grey levels p in uint8.
        """
        images = self.train_images if dtype == "uint8" else self.pixels(dtype)
        return images[: problem.n_train], self.train_labels[: problem.n_train]

    def pixels(self, dtype: str) -> NDArray[Any]:
        """p/255 of the training images, (n_train, pixels), rounded once to float32 or float64."""
        return _pixels(self.folder, "train", self.train_images, dtype)

    def test_pixels(self, dtype: str) -> NDArray[Any]:
        """p/255 of the test images, (n_test, pixels), rounded once to float32 or float64."""
        return _pixels(self.folder, "test", self.test_images, dtype)


def open_cached(folder: Path) -> DataSet:
    """Open the entry in this folder without hashing its content.

    Raises DataUnusable where a file is missing, cut short, or of another shape.
    """
    try:
        about = json.loads((folder / "about.json").read_bytes())
        data = DataSet(about["name"], about["origin"], about["sha256"], folder)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataUnusable(f"{folder}: not an entry of the cache: {error!r}") from None
    for images, labels in ((data.train_images, data.train_labels), (data.test_images, data.test_labels)):
        if images.ndim != 2 or labels.shape != images.shape[:1]:
            raise DataUnusable(f"{folder}: damaged: images {images.shape} with labels {labels.shape}")
    return data


def find_entry(sha256: str, say: Callable[[str], None]) -> DataSet | None:
    """The entry of this content, hashed again; None where it is missing or damaged."""
    folder = _entry_folder(sha256)
    if not folder.is_dir():
        return None
    try:
        data = open_cached(folder)
        arrays = Arrays(data.train_images, data.train_labels, data.test_images, data.test_labels)
        if content_sha256(arrays) == sha256:
            return data
        damage = "its content is not what its name says"
    except DataUnusable as error:
        damage = str(error)
    say(f"The cache entry {folder} is damaged and is made anew: {damage}")
    return None


def store(arrays: Arrays, name: str, origin: str) -> DataSet:
    """Write the arrays to the cache. Raises DataUnusable where it cannot be written."""
    sha256 = content_sha256(arrays)
    data = DataSet(name, origin, sha256, _entry_folder(sha256))
    for part, array in arrays._asdict().items():
        write_whole(data.folder / f"{part}.npy", _array_writer(array, array.dtype, lambda block: block))
    about = json.dumps({"name": name, "origin": origin, "sha256": sha256}, indent=1)
    write_whole(data.folder / "about.json", lambda file: file.write(about.encode()))
    return data


def recall(fingerprint: str) -> tuple[str, tuple[str, ...]]:
    """The content hash that is noted for this fingerprint, and what was done to its files; ("", ()) without a note."""
    try:
        sha256, *remarks = _note(fingerprint).read_text("utf-8").splitlines()
    except (OSError, ValueError):
        return "", ()
    return sha256, tuple(remarks)


def remember(fingerprint: str, sha256: str, remarks: tuple[str, ...] = ()) -> None:
    """Note the content hash of the files with this fingerprint, and what was done to them, a sentence a line."""
    write_whole(_note(fingerprint), lambda file: file.write("\n".join((sha256, *remarks)).encode()))


def _entry_folder(sha256: str) -> Path:
    return cache_folder() / "data" / sha256


def _note(fingerprint: str) -> Path:
    return cache_folder() / "data" / "notes" / hashlib.sha256(fingerprint.encode()).hexdigest()


def write_whole(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Write a file atomically. Raises DataUnusable where the cache cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            write(file)
    except OSError as error:
        raise DataUnusable(
            f"{path}: the cache cannot be written: {error.strerror}. "
            "Set PARAGONE_CACHE to a folder that can be written and has 1 GB of room."
        ) from None


def _array_writer(
    array: NDArray[Any], dtype: DTypeLike, convert: Callable[[NDArray[Any]], NDArray[Any]]
) -> Callable[[BinaryIO], None]:
    """A function that writes an array in .npy form, block by block.

    Not through a memory map: on a full disk a memory map dies of SIGBUS, where `write` raises OSError.
    """

    def write(file: BinaryIO) -> None:
        form = {"descr": np.lib.format.dtype_to_descr(np.dtype(dtype)), "fortran_order": False, "shape": array.shape}
        np.lib.format.write_array_header_1_0(file, form)
        for start in range(0, len(array), BLOCK):
            file.write(np.ascontiguousarray(convert(array[start : start + BLOCK])).data)

    return write


def _pixels(folder: Path, part: str, images: Bytes, dtype: str) -> NDArray[Any]:
    if dtype not in FLOATS:
        raise ValueError(f"pixels are {' or '.join(FLOATS)}, not {dtype!r}")
    path = folder / f"{part}_pixels_{dtype}.npy"
    try:
        return _map(path, dtype, images.shape)
    except DataUnusable:  # missing or cut short
        quotients = (np.arange(256) / 255).astype(dtype)
        write_whole(path, _array_writer(images, dtype, lambda block: quotients[block]))
    return _map(path, dtype, images.shape)


def _map(path: Path, dtype: DTypeLike, shape: tuple[int, ...] | None = None) -> NDArray[Any]:
    """The array in a .npy file as a read-only memory map. Raises DataUnusable."""
    try:
        array = np.lib.format.open_memmap(path, mode="r")
    except (OSError, ValueError, EOFError, OverflowError) as error:
        raise DataUnusable(f"{path}: cannot be mapped: {error}") from None
    if array.dtype != dtype or shape not in (None, array.shape):
        raise DataUnusable(f"{path}: expected {np.dtype(dtype)} {shape or ''}, got {array.dtype} {array.shape}")
    # A plain array over the same memory: slicing np.memmap is slower, because each slice is a memmap again.
    return array.view(np.ndarray)
