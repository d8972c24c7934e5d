"""Rows as a frame, with all columns of their record. A table may have a million rows: they are taken in portions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from paragone.store.records import columns

if TYPE_CHECKING:
    import pandas as pd

PORTION = 10_000  # rows
NAMES = ("problem", "variant")  # columns of few texts, each of which is held once


def frame_of(record: type[msgspec.Struct], rows: Iterable[msgspec.Struct]) -> pd.DataFrame:
    """The rows as a frame with all columns of their record; nested records become dicts and lists."""
    import pandas as pd

    rows, names, known = iter(rows), columns(record), dict[str, str]()
    portions: list[list[pd.Series[Any]]] = []
    while portion := list(islice(rows, PORTION)):
        portions.append([pd.Series(_array(values), copy=False) for values in _columns(portion, names, known)])
    if not portions:
        return pd.DataFrame([], columns=list(names))
    parts = [list(column) for column in zip(*portions, strict=True)]
    portions.clear()
    return pd.DataFrame({name: _joined(parts.pop(0)) for name in names}, copy=False)


def _columns(portion: Sequence[msgspec.Struct], names: Sequence[str], known: dict[str, str]) -> Iterator[list[Any]]:
    """Yield the values of each column."""
    for name in names:
        column = list(map(attrgetter(name), portion))
        if name in NAMES:
            yield [known.setdefault(value, value) for value in column]
        elif isinstance(next((value for value in column if value is not None), None), int | float | str | None):
            yield column
        else:
            yield [msgspec.to_builtins(value) for value in column]


def _array(values: list[Any]) -> Any:
    """Numbers as the array that pandas would make of them, in less time; None is NaN, and makes whole numbers real."""
    kind = type(next((value for value in values if value is not None), None))
    dtype = {int: np.int64, float: np.float64}.get(kind)
    try:
        return values if dtype is None else np.array(values, dtype=dtype)
    except TypeError:
        return np.array(values, dtype=np.float64)


def _joined(parts: list[pd.Series[Any]]) -> pd.Series[Any]:
    """The column as it would be of all its values at once: its dtype follows from those that are not None."""
    import pandas as pd

    if len({part.dtype for part in parts}) == 1:
        return pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
    return pd.Series([value for part in parts for value in part.tolist()])
