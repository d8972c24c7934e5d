"""Parquet: a column of images, as Hugging Face stores them (PNG) or as lists of numbers, or a column for each pixel."""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paragone.errors import DataUnusable, error_text
from paragone.task.mlp.forms.content import Found, Pair
from paragone.task.mlp.forms.first_bytes import MOST_BYTES
from paragone.task.mlp.forms.table import LABELS
from paragone.task.mlp.mnist.parts import sizes

IMAGES = ("image", "images", "img", "pixels", "x")  # what a column of images may be called, in small letters
ROWS = 5_000  # read at a time
INSTALL = "pip install 'paragone[parquet]'"


def read_parquet_files(train: Sequence[Path], test: Sequence[Path]) -> Found:
    """The data set of the files for each part, which are joined in their order. Raises DataUnusable."""
    return Found(_pair(train), _pair(test) if test else None)


def _pair(files: Sequence[Path]) -> Pair:
    try:
        import pyarrow  # noqa: F401  # told before a file is opened
    except ImportError:
        raise DataUnusable(f"{files[0]}: Parquet needs pyarrow, which is not installed. Install: {INSTALL}") from None
    pieces = [piece for path in files for piece in _read(path)]
    if not pieces:
        raise DataUnusable(f"{files[0]}: expected a row for each image, got none.")
    widths = {images.shape[1:] for images, _ in pieces}
    if len(widths) > 1:
        raise DataUnusable(f"{files[0]}: expected images of one size, got {' and '.join(map(sizes, sorted(widths)))}.")
    images, labels = (np.concatenate(arrays) for arrays in zip(*pieces, strict=True))
    return Pair(images, labels, str(files[0]), f"{files[0]}: labels")


def _read(path: Path) -> list[tuple[NDArray[Any], NDArray[Any]]]:
    import pyarrow
    import pyarrow.parquet

    pieces: list[tuple[NDArray[Any], NDArray[Any]]] = []
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            names = {name.lower(): name for name in file.schema_arrow.names}
            label = next((names[name] for name in LABELS if name in names), None)
            if label is None:
                raise DataUnusable(f"{path}: expected a column called {' or '.join(LABELS)}; got {_some(names)}.")
            image = next((names[name] for name in IMAGES if name in names), None)
            others = [name for name in file.schema_arrow.names if name != label]
            first = n_pixels = 0
            for batch in file.iter_batches(ROWS, columns=[label, *([image] if image else others)]):
                if image:
                    images = _images(batch.column(image), f"{path}: {image}", first)
                else:
                    images = np.column_stack([_column(batch.column(name), path, name, first) for name in others])
                pieces.append((images, _column(batch.column(label), path, label, first)))
                first, n_pixels = first + len(images), n_pixels + images.size
                if n_pixels > MOST_BYTES:
                    raise DataUnusable(f"{path}: expected at most {MOST_BYTES:,} pixels, got more.")
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise DataUnusable(f"{path}: damaged: {error_text(error)}") from None
    return pieces


def _some(names: Sequence[str] | dict[str, str]) -> str:
    return ", ".join(list(names)[:8])


def _column(column: Any, path: Path, name: str, first: int) -> NDArray[Any]:
    """A column of numbers. Raises DataUnusable where one is missing."""
    if column.null_count:
        row = first + column.is_null().index(True).as_py()
        raise DataUnusable(f"{path}: {name}: row {row}: there is no value.")
    return np.asarray(column.to_numpy(zero_copy_only=False))


def _images(column: Any, where: str, first: int) -> NDArray[Any]:
    """(n, rows, columns) or (n, pixels) of a column of PNG files or of lists."""
    values = column.to_pylist()
    if None in values:
        raise DataUnusable(f"{where}: row {first + values.index(None)}: there is no image.")
    if isinstance(values[0], dict):  # Hugging Face's: the bytes of a file, and where it was
        values = [value.get("bytes") for value in values]
    rows = [_image(value, f"{where}: row {n}") for n, value in enumerate(values, first)]
    for n, row in enumerate(rows, first):
        if row.shape != rows[0].shape:
            expected, got = sizes(rows[0].shape), sizes(row.shape)
            raise DataUnusable(f"{where}: row {n}: expected an image of {expected}, as the first; got {got}.")
    return np.stack(rows)


def _image(value: object, where: str) -> NDArray[Any]:
    """The image of a PNG, of a list of pixels, or of a list of rows."""
    if isinstance(value, bytes):
        return _decoded(value, where)
    if isinstance(value, list):
        lengths = {len(row) if isinstance(row, list) else 0 for row in value}
        numbers = value if 0 in lengths else list(chain.from_iterable(value))
        if len(lengths) == 1 and all(isinstance(number, int | float) for number in numbers):
            return np.array(value)
    raise DataUnusable(f"{where}: expected the bytes of a PNG, or lists of numbers of one length.")


def _decoded(content: bytes, where: str) -> NDArray[Any]:
    """The grey levels of a PNG. Its size is looked at before it is decoded."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content), formats=("PNG",)) as image:
            if image.mode not in ("L", "1"):
                raise DataUnusable(f"{where}: expected a grey image of 8 bits, got one of mode {image.mode}.")
            if image.width * image.height > MOST_BYTES:
                raise DataUnusable(f"{where}: expected at most {MOST_BYTES:,} pixels, got {sizes(image.size)}.")
            return np.asarray(image.convert("L"))
    except UnidentifiedImageError:  # its text names an object in memory
        raise DataUnusable(f"{where}: not a PNG; it starts with {content[:4].hex() or 'nothing'}.") from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DataUnusable(f"{where}: not a PNG: {error_text(error)}") from None
