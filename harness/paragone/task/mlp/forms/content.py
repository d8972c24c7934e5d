"""What a reader found, checked and made into a data set: grey levels in bytes, labels from 0 on, a test part.

Pixels stay as they are found: EMNIST's images are transposed, and no step depends on it.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from paragone.errors import DataUnusable
from paragone.task.mlp.mnist.parts import Arrays, Bytes, sizes
from paragone.task.mlp.problem import MOST_CLASSES

HELD_OUT = 6  # where there is no test part, one image in so many is held out
BLOCK = 10_000  # images converted at a time, which keeps the temporary arrays small
ROUNDING = 0.13  # of a level: pixels that are given as p/255 in float16, or with three decimals

NUMBER_WORDS = " To number classes that are words: pandas.factorize(labels)[0]"


class Pair(NamedTuple):
    """Images and their labels as a reader found them, of any shape and kind; the last two name them in errors."""

    images: NDArray[Any]
    labels: NDArray[Any]
    of_images: str
    of_labels: str


class Found(NamedTuple):
    """A training part, a test part where there is one, and what the reader has to say of them."""

    train: Pair
    test: Pair | None = None
    remarks: tuple[str, ...] = ()


def checked_set(found: Found) -> tuple[Arrays, tuple[str, ...]]:
    """The data set, and in sentences what was done to it. Raises DataUnusable for what is malformed."""
    remarks = list(found.remarks)
    pairs = [_checked_pair(pair) for pair in (found.train, found.test) if pair is not None]
    _check_one_size(found)
    labels = _from_zero([labels for _, labels in pairs], found.train.of_labels, remarks)
    images = [images for images, _ in pairs]
    if found.test is None:
        n_test = max(1, len(images[0]) // HELD_OUT)
        remarks.append(f"there is no test part: the last sixth, {n_test:,} images, is held out")
        images = [images[0][:-n_test], images[0][-n_test:]]
        labels = [labels[0][:-n_test], labels[0][-n_test:]]
    return Arrays(images[0], labels[0], images[1], labels[1]), tuple(remarks)


def _check_one_size(found: Found) -> None:
    """Raise DataUnusable where the test images have other sizes, or rows and columns that are exchanged."""
    if found.test is None:
        return
    expected, got = (images.shape[1:] for images in (found.train.images, found.test.images))
    if math.prod(expected) != math.prod(got) or (len(expected) == len(got) and expected != got):
        raise DataUnusable(
            f"{found.test.of_images}: expected images of {sizes(expected)} pixels, as those for training; "
            f"got {sizes(got)}."
        )


def _checked_pair(pair: Pair) -> tuple[Bytes, NDArray[np.int64]]:
    images, labels = _levels(pair.images, pair.of_images), _whole(pair.labels, pair.of_labels)
    if len(images) != len(labels):
        raise DataUnusable(
            f"{pair.of_labels}: expected a label for each of {len(images):,} images, got {len(labels):,} labels."
        )
    return images, labels


def _levels(images: NDArray[Any], where: str) -> Bytes:
    """Grey levels 0 … 255, an image in each row. Floats of at most 1 are p/255, and so is what is true or false."""
    if images.ndim == 4 and 1 in (images.shape[1], images.shape[3]):
        images = images.reshape(len(images), -1)
    if images.ndim == 4:
        raise DataUnusable(f"{where}: expected grey images, got {sizes(images.shape)}: colour is not read.")
    if images.ndim not in (2, 3) or images.size == 0 or images.dtype.kind not in "buif":
        got = f"{sizes(images.shape)} {images.dtype}"
        raise DataUnusable(f"{where}: expected images as numbers, n × pixels or n × rows × columns; got {got}.")
    rows = images.reshape(len(images), -1)
    if rows.dtype == np.uint8:
        return np.ascontiguousarray(rows)
    scale = 255 if rows.dtype.kind in "bf" and rows.max(where=np.isfinite(rows), initial=0) <= 1 else 1
    levels = np.empty(rows.shape, np.uint8)
    for start in range(0, len(rows), BLOCK):
        block = scale * rows[start : start + BLOCK].astype(np.float64)
        whole = np.rint(block)
        with np.errstate(invalid="ignore"):  # inf − inf
            right = (abs(block - whole) <= (ROUNDING if scale > 1 else 0)) & (whole >= 0) & (whole <= 255)
        if not right.all():
            image, pixel = np.argwhere(~right)[0]
            raise DataUnusable(
                f"{where}: image {start + image}, pixel {pixel}: expected a whole grey level from 0 to 255, or p/255; "
                f"got {rows[start + image, pixel]}. To write numbers x of another range as grey levels: "
                "np.rint(255 * (x - x.min()) / (x.max() - x.min()))"
            )
        levels[start : start + BLOCK] = whole
    return levels


def _whole(labels: NDArray[Any], where: str) -> NDArray[np.int64]:
    """Labels as whole numbers from 0 on."""
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1 or labels.dtype.kind not in "uif":
        got = f"{sizes(labels.shape)} {labels.dtype}" + (
            f", such as {str(labels.flat[0])[:40]!r}" if labels.size else ""
        )
        as_numbers = ""
        if labels.ndim == 2:
            as_numbers = " To number classes in one-hot rows: labels.argmax(axis=1)"
        elif labels.dtype.kind in "UO":
            as_numbers = NUMBER_WORDS
        raise DataUnusable(f"{where}: expected labels as whole numbers, one for each image; got {got}.{as_numbers}")
    with np.errstate(invalid="ignore"):
        right = (labels >= 0) & (labels < 2**31) & (np.floor(labels) == labels)
    if not right.all():
        index = int(np.argmin(right))
        raise DataUnusable(f"{where}: label {index}: expected a whole number from 0 on, got {labels[index]}.")
    return labels.astype(np.int64)


def _from_zero(parts: list[NDArray[np.int64]], where: str, remarks: list[str]) -> list[Bytes]:
    """The labels as bytes; those that begin at 1, as EMNIST's letters do, begin at 0."""
    smallest, largest = min(int(labels.min()) for labels in parts), max(int(labels.max()) for labels in parts)
    if smallest == 1:
        remarks.append(f"the labels 1 … {largest} became 0 … {largest - 1}")
        parts, largest = [labels - 1 for labels in parts], largest - 1
    if largest >= MOST_CLASSES:
        raise DataUnusable(f"{where}: expected at most {MOST_CLASSES} classes, got a label {largest}.")
    if largest < 1:
        raise DataUnusable(f"{where}: expected at least two classes, got one.")
    return [labels.astype(np.uint8) for labels in parts]
