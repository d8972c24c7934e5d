"""What a call gave, taken apart into arrays and values by their paths, such as "['b'][0]" of a dictionary."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

Leaves = dict[str, Any]
NUMBERS = (bool, int, float, complex, np.number, np.bool_)


@dataclasses.dataclass(frozen=True, eq=False)
class Outcome:
    """What one call returned, and the arguments that it changed, by "argument 1"."""

    returned: Any
    changed: dict[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def gives_nothing(self) -> bool:
        return self.returned is None and not self.changed


def leaves(value: Any) -> Leaves:
    """The arrays and plain values in it, by path; a value that is one itself has the path ""."""
    return dict(_leaves(value, ""))


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    parts = _parts(value)
    if parts is None:
        yield path, as_array(value)
        return
    if not parts:
        yield path, f"an empty {type(value).__name__}"
    for key, part in parts.items():
        yield from _leaves(part, f"{path}{key}")


def _parts(value: Any) -> dict[str, Any] | None:
    """The parts of a value by how they are reached; None of what is one array or value."""
    if isinstance(value, Mapping):
        return {f"[{key!r}]": part for key, part in value.items()}
    if isinstance(value, tuple | list):
        is_numbers = value and all(isinstance(each, NUMBERS) for each in value)
        return None if is_numbers else {f"[{i}]": part for i, part in enumerate(value)}
    if hasattr(value, "iloc") and hasattr(value, "columns"):  # a DataFrame, without loading pandas
        columns = {f"[{name!r}]": value.iloc[:, i].to_numpy() for i, name in enumerate(value.columns)}
        return {".index": value.index.to_numpy(), **columns}
    if hasattr(value, "iloc") and hasattr(value, "index"):
        return {".index": value.index.to_numpy(), "": value.to_numpy()}
    if hasattr(value, "tocsr"):  # a sparse matrix: which numbers are stored is no part of its value
        rows = value.tocsr(copy=True)
        rows.sum_duplicates()
        rows.eliminate_zeros()
        return {".shape": rows.shape, ".indptr": rows.indptr, ".indices": rows.indices, ".data": rows.data}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f".{field.name}": getattr(value, field.name) for field in dataclasses.fields(value)}
    return None


def as_array(value: Any) -> Any:
    """The array of numbers that a value is: of NumPy, another library's, a list of numbers, one number; else itself."""
    if isinstance(value, np.ma.MaskedArray):
        return value.filled(np.nan) if value.dtype.kind in "fc" else value.filled()
    if hasattr(value, "detach"):  # a tensor of PyTorch, on whatever device; NumPy has no bfloat16
        value = value.detach().cpu()
        value = value.float() if str(value.dtype) == "torch.bfloat16" else value
    if isinstance(value, (np.ndarray, tuple, list, *NUMBERS)) or hasattr(value, "__array__"):
        try:
            return np.asarray(value)
        except (TypeError, ValueError, OverflowError):
            return value
    return value


def same_bits(before: Leaves, after: Leaves) -> bool:
    """Whether all is as it was; of objects that know no equality, whether their attributes are."""
    return before.keys() == after.keys() and all(_is_same(before[path], after[path]) for path in before)


def _is_same(before: Any, after: Any) -> bool:
    if before is after:
        return True
    if isinstance(before, np.ndarray) and isinstance(after, np.ndarray):
        if before.dtype != after.dtype or before.shape != after.shape:
            return False
        if before.dtype.hasobject:
            return all(_is_same(one, other) for one, other in zip(before.ravel(), after.ravel(), strict=True))
        return bool(_bytes(before) == _bytes(after))
    if type(before) is not type(after):
        return False
    if not _knows_equality(type(before)):
        return _has_the_same_attributes(before, after)
    try:
        return bool(before == after)
    except Exception:  # of a foreign class
        return False


def _bytes(array: np.ndarray[Any, Any]) -> Any:
    """All its bytes, without a copy where they lie side by side."""
    return array.ravel().view(np.uint8).data if array.flags.c_contiguous and array.size else array.tobytes()


def _knows_equality(kind: type) -> bool:
    return any("__eq__" in vars(each) for each in kind.__mro__ if each is not object)


def _has_the_same_attributes(before: Any, after: Any) -> bool:
    """What cannot be told apart counts as the same."""
    try:
        return same_bits(leaves(vars(before)), leaves(vars(after)))
    except (TypeError, RecursionError):
        return True
