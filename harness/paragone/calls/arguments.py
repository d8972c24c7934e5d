"""What the callables are called with: copies that lie in memory as the originals do, and which a call has changed."""

from __future__ import annotations

import copy
import ctypes
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paragone.calls.outcome import leaves, same_bits
from paragone.errors import Misuse, error_text

Arguments = tuple[Any, ...]


def copied(arguments: Arguments) -> Arguments:
    """Copies of the arguments, one of what stands there twice; the strides of arrays stay. Raises Misuse."""
    memo: dict[int, Any] = {id(array): copied_with_strides(array) for array in _strided(arguments)}
    copies = []
    for number, argument in enumerate(arguments, 1):
        try:
            copies.append(copy.deepcopy(argument, memo))
        except Exception as error:
            raise Misuse(
                f"compare: argument {number}, {_with_article(type(argument).__name__)}, cannot be copied "
                f"({error_text(error)}), and each callable needs its own. Give what can be copied, such as a list"
            ) from error
    return tuple(copies)


def _with_article(noun: str) -> str:
    return f"an {noun}" if noun[:1].lower() in "aeiou" else f"a {noun}"


def _strided(value: Any) -> Iterator[NDArray[Any]]:
    """The arrays that a plain copy would pack closer together."""
    if has_gaps(value):
        yield value
    elif isinstance(value, tuple | list):
        for each in value:
            yield from _strided(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from _strided(each)


def has_gaps(value: Any) -> bool:
    """Whether it is an array with memory between its numbers, or in another order than a copy would have."""
    if type(value) is not np.ndarray or value.dtype.hasobject:
        return False
    return not (value.flags.c_contiguous or value.flags.f_contiguous)


def copied_with_strides(array: NDArray[Any]) -> NDArray[Any]:
    """A copy with the same distances between its numbers."""
    return placed(*placement(array))


def placement(array: NDArray[Any]) -> tuple[bytes, np.dtype[Any], tuple[int, ...], tuple[int, ...], int]:
    """The memory from the first to the last byte of an array, its dtype, shape and strides, and where it begins."""
    reaches = [(length - 1) * stride for length, stride in zip(array.shape, array.strides, strict=True)]
    before, after = -sum(min(0, reach) for reach in reaches), sum(max(0, reach) for reach in reaches)
    address = array.__array_interface__["data"][0]
    memory = ctypes.string_at(address - before, before + after + array.itemsize)
    return memory, array.dtype, array.shape, array.strides, before


def placed(
    memory: bytes, dtype: np.dtype[Any], shape: tuple[int, ...], strides: tuple[int, ...], offset: int
) -> NDArray[Any]:
    """The array that `placement` took apart, in memory of its own."""
    return np.ndarray(shape, dtype, bytearray(memory), offset, strides)


def changed_arguments(before: Arguments, after: Arguments) -> dict[str, Any]:
    """Each argument that a call has changed, by "argument 1", as it is now."""
    pairs = zip(before, after, strict=True)
    return {f"argument {n}": now for n, (was, now) in enumerate(pairs, 1) if not same_bits(leaves(was), leaves(now))}


def n_bytes(value: Any) -> int:
    """The memory of the arrays in it, about."""
    return sum(int(getattr(leaf, "nbytes", 64)) for leaf in leaves(value).values())


def of_size(arguments: Arguments, size: int | None) -> Arguments:
    """The arguments of one size: each that is callable makes its own, called with the size; a tuple is several.

    Raises Misuse where one cannot be made.
    """
    if size is None:
        return arguments
    made: list[Any] = []
    for number, argument in enumerate(arguments, 1):
        if not _makes_arguments(argument):
            made.append(argument)
            continue
        try:
            value = argument(size)
        except Exception as error:
            raise Misuse(
                f"compare: argument {number} makes none of size {size}: it raised {error_text(error)}. "
                "Such as: lambda n: X[:n]"
            ) from error
        made += value if isinstance(value, tuple) else [value]
    return tuple(made)


def counted(arguments: Arguments) -> str:
    """Such as "1 argument"; of a function the hint that sizes= would call it."""
    said = f"{len(arguments)} argument{'' if len(arguments) == 1 else 's'}"
    n = next((n for n, argument in enumerate(arguments, 1) if _makes_arguments(argument)), None)
    return f"{said}; argument {n} is a function itself, which sizes=(10, 100) calls with each size" if n else said


def refuse_without_size(arguments: Arguments) -> None:
    """Raise Misuse where sizes are asked for, and nothing depends on them."""
    if not any(_makes_arguments(argument) for argument in arguments):
        raise Misuse("compare: sizes are given and no argument depends on them. Such as: lambda n: X[:n]")


def _makes_arguments(argument: Callable[[int], Any] | Any) -> bool:
    return callable(argument) and not isinstance(argument, type)
