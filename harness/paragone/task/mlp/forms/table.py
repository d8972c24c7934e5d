"""CSV: an image in each row, its label in the first column, or in the one that the header calls so; plain or gzip."""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from paragone.errors import DataUnusable
from paragone.task.mlp.forms.content import NUMBER_WORDS, Found, Pair
from paragone.task.mlp.forms.first_bytes import DAMAGE, MOST_BYTES, looks_like, uncompressed

if TYPE_CHECKING:
    import pandas as pd

LABELS = ("label", "labels", "class", "target", "y")  # what a header may call the column, in small letters
UNNAMED = "unnamed: 0"  # what pandas calls a first column without a name, as its own to_csv writes one
LONGEST_LINE = 1 << 22  # characters: a parser holds a line as a whole
MOST_CHARACTERS = 4 * MOST_BYTES
ROWS = 5_000  # read at a time


def read_csv_files(train: Sequence[Path], test: Sequence[Path]) -> Found:
    """The data set of one table for each part. Raises DataUnusable.

    A test table without labels, as Kaggle has it, is left out.
    """
    found = _pair(train[0])
    if not test:
        return Found(found)
    if "label" in _first_line(train[0]).lower() and not _names_label(_first_line(test[0])):
        return Found(found, None, (f"{test[0].name} has no labels and is left out",))
    return Found(found, _pair(test[0]))


def _pair(path: Path) -> Pair:
    where = str(path)
    first = _first_line(path)
    header = None if _is_numbers(first) else 0
    pieces: list[pd.DataFrame] = []
    n_rows = n_numbers = 0
    for piece in _pieces(path, header):
        if piece.empty:  # a header and nothing else
            continue
        n_numbers += piece.size
        if n_numbers > MOST_BYTES:
            raise DataUnusable(f"{where}: expected at most {MOST_BYTES:,} pixels, got more.")
        pieces.append(_numbers(piece, where, n_rows + (2 if header == 0 else 1)))
        n_rows += len(piece)
    if not pieces:
        raise DataUnusable(f"{where}: expected a row for each image, got none.")
    names = [str(name).strip().lower() for name in pieces[0].columns]
    if names[0] == UNNAMED:
        raise DataUnusable(
            f"{where}: its first column has no name: the index of a DataFrame? Write it with index=False."
        )
    column = _label_column(names, where) if header == 0 else 0
    values = np.concatenate([piece.to_numpy() for piece in pieces])
    return Pair(np.delete(values, column, axis=1), values[:, column], where, f"{where}: labels")


def _label_column(names: Sequence[str], where: str) -> int:
    known = [names.index(name) for name in LABELS if name in names]
    if not known:
        raise DataUnusable(f"{where}: expected a column called {' or '.join(LABELS)}; got {', '.join(names[:5])} ….")
    return known[0]


def _numbers(piece: pd.DataFrame, where: str, first_row: int) -> pd.DataFrame:
    """The rows in the smallest kind that holds them. Raises DataUnusable, naming the line of a value that is none."""
    kinds = [dtype.kind for dtype in piece.dtypes]
    missing = piece.isna().to_numpy()
    if missing.any():
        row, column = np.argwhere(missing)[0]
        raise DataUnusable(
            f"{where}: line {first_row + row}, column {column + 1}: there is no number. "
            "Write one there, or leave the row out."
        )
    if {*kinds} - {*"iuf"}:
        column = next(i for i, kind in enumerate(kinds) if kind not in "iuf")
        row = next((i for i, value in enumerate(piece.iloc[:, column]) if not _fits(str(value))), 0)
        value = str(piece.iloc[row, column])[:40]
        numbered = NUMBER_WORDS if value.isalpha() else ""
        raise DataUnusable(
            f"{where}: line {first_row + row}, column {column + 1}: expected a number, got {value!r}.{numbered}"
        )
    is_small = "f" not in kinds and piece.to_numpy().min() >= 0 and piece.to_numpy().max() < 2**15
    return piece.astype(np.int16 if is_small else np.float64)


def _pieces(path: Path, header: int | None) -> Iterator[pd.DataFrame]:
    import pandas as pd

    with path.open("rb") as file, uncompressed(file) as content:
        lines: Any = io.BufferedReader(_Lines(content, str(path)))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", pd.errors.ParserWarning)  # a row longer than the header loses its end
                yield from pd.read_csv(lines, header=header, chunksize=ROWS, index_col=False, skipinitialspace=True)
        except pd.errors.ParserWarning:
            raise DataUnusable(f"{path}: not a table: its rows are longer than its first line.") from None
        except DAMAGE as error:
            raise DataUnusable(f"{path}: damaged: {error}") from None
        except (ValueError, OverflowError) as error:  # pandas' ParserError and EmptyDataError, undecodable text
            raise DataUnusable(f"{path}: not a table: {str(error).strip()}") from None


class _Lines(io.RawIOBase):
    """A stream of text that ends in an error where a line or the whole is longer than any table's."""

    def __init__(self, stream: BinaryIO, where: str) -> None:
        self._stream, self._where, self._n_read, self._line = stream, where, 0, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        end = data.rfind(b"\n")
        self._n_read, self._line = self._n_read + len(data), len(data) - end - 1 + (self._line if end < 0 else 0)
        if self._n_read > MOST_CHARACTERS or self._line > LONGEST_LINE:
            raise DataUnusable(f"{self._where}: expected lines of at most {LONGEST_LINE:,} characters, got more.")
        return len(data)


def _first_line(path: Path) -> str:
    try:
        with path.open("rb") as file, uncompressed(file) as content:
            line = content.readline(LONGEST_LINE)
    except DAMAGE as error:
        raise DataUnusable(f"{path}: damaged: {error}") from None
    if like := looks_like(line):
        raise DataUnusable(f"{path}: expected a table in CSV form; it looks{like}.")
    if not line.strip() or b"," not in line:
        got = repr(line[:40].decode("utf-8-sig", "replace")) if line else "an empty file"
        raise DataUnusable(f"{path}: expected a label and pixels, separated by commas; got {got}.")
    return line.decode("utf-8-sig", "replace")


def _names_label(line: str) -> bool:
    return any(name.strip().strip('"').lower() in LABELS for name in line.split(","))


def _is_numbers(line: str) -> bool:
    try:
        [float(value) for value in line.replace('"', "").split(",")]
    except ValueError:
        return False
    return True


def _fits(value: str) -> bool:
    """Whether it is a number that a float holds."""
    try:
        return math.isfinite(float(value))
    except ValueError:
        return False
