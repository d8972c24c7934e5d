"""Nielsen's mnist.pkl.gz, read as data: a pickle is a program, and this one is not run.

`pickle.Unpickler` with a strict `find_class` would execute nothing foreign, but eight bytes can still
make it allocate 32 GiB (the opcode LONG_BINPUT sizes a table by its argument). So the opcodes are taken
one by one from the standard library's `pickletools`, and only those are followed of which NumPy arrays
in tuples consist; a name that the pickle asks for is never looked up, only compared.
"""

from __future__ import annotations

import pickletools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from paragone.errors import DataUnusable
from paragone.task.mlp.mnist.parts import Arrays, Bytes, Part, checked, sizes

RECONSTRUCT = ("numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct")
ADMITTED = (*RECONSTRUCT, "numpy.ndarray", "numpy.dtype", "_codecs.encode")
# Opcodes that push their argument, or a constant.
VALUES = {"BININT", "BININT1", "BININT2", "LONG1", "SHORT_BINSTRING", "BINSTRING", "BINUNICODE", "BINBYTES"}
CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
TUPLES = {"EMPTY_TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
MARK = object()
MAX_OPCODES = 2000  # six arrays take about 150
BLOCK = 10_000  # images converted at a time, which keeps the temporary arrays small

PIXEL_TYPES, LABEL_TYPES = ("f4", "f8"), ("i4", "i8", "u1")


class Refused(Exception):
    """The pickle holds something else than NumPy arrays in tuples."""


@dataclass(eq=False)
class Made:
    """What a call in the pickle would make: the callable's name, its arguments, the state it is given after."""

    callable: str
    arguments: tuple[Any, ...]
    state: Any = None


def read_pickle(stream: BinaryIO, parts: Sequence[Part], where: str) -> Arrays:
    """Return the four arrays of ((train_x, train_y), (valid_x, valid_y), (test_x, test_y)), as uint8.

    Images hold p/256 in [0, 1); training and validation are joined. `where` names the file for the
    error. Raises DataUnusable; the errors of a damaged gzip stream pass through.
    """
    # Twice what honest arrays of float32 and int64 take: room for float64 images, none for a bomb.
    limit = 2 * sum(part.n_bytes * (4 if len(part.shape) > 1 else 8) for part in parts) + 2**20
    try:
        images, labels = _three_pairs(_follow(_Limited(stream, limit)))
        pixels = [_as_bytes(image, part) for image, part in zip(images, (parts[0], parts[0], parts[2]), strict=True)]
        digits = [_labels(label) for label in labels]
    except Refused as error:
        raise DataUnusable(f"{where}: refused, nothing of it was executed: {error}") from None
    except ValueError as error:
        raise DataUnusable(f"{where}: damaged: not a complete pickle of protocol 2: {error}") from None
    except (IndexError, KeyError):
        raise DataUnusable(f"{where}: damaged: a pickle that takes what it never put down") from None
    joined = (np.concatenate(pixels[:2]), np.concatenate(digits[:2]), pixels[2], digits[2])
    return Arrays(
        *(checked(part, parts, array, f"{where}: {part.name}") for part, array in zip(parts, joined, strict=True))
    )


class _Limited:
    """A stream that gives at most `limit` bytes, and lets at most as many be made of them."""

    def __init__(self, stream: BinaryIO, limit: int) -> None:
        self._stream, self._left, self._limit, self._made = stream, limit, limit, 0

    def read(self, size: int) -> bytes:
        return self._counted(self._stream.read(min(size, self._left + 1)))

    def readline(self) -> bytes:
        return self._counted(self._stream.readline(256))

    def encode(self, text: str) -> bytes:
        """Return the text as latin1; one text encoded again and again would fill the memory."""
        self._made += len(text)
        if self._made > self._limit:
            raise Refused(f"it makes more than {self._limit:,} bytes, twice what MNIST takes")
        return text.encode("latin1")

    def _counted(self, data: bytes) -> bytes:
        self._left -= len(data)
        if self._left < 0:
            raise Refused(f"it unpacks into more than {self._limit:,} bytes, twice what MNIST takes")
        return data


def _follow(stream: _Limited) -> object:
    """Return what the pickle describes, in tuples, texts, numbers and Made."""
    stack: list[Any] = []
    memo: dict[int, Any] = {}
    argument: Any
    for count, (opcode, argument, _) in enumerate(pickletools.genops(cast("Any", stream))):
        name = opcode.name
        if count > MAX_OPCODES:
            raise Refused(f"more than {MAX_OPCODES:,} opcodes")
        if name in VALUES:
            stack.append(argument)
        elif name in CONSTANTS:
            stack.append(CONSTANTS[name])
        elif name == "MARK":
            stack.append(MARK)
        elif name == "TUPLE":
            start = len(stack) - 1 - stack[::-1].index(MARK)
            stack[start:] = [tuple(stack[start + 1 :])]
        elif name in TUPLES:
            start = len(stack) - TUPLES[name]
            stack[start:] = [tuple(stack[start:])]
        elif name in ("BINPUT", "LONG_BINPUT"):
            memo[argument] = stack[-1]
        elif name in ("BINGET", "LONG_BINGET"):
            stack.append(memo[argument])
        elif name == "GLOBAL":
            stack.append(_admitted(argument))
        elif name == "REDUCE":
            arguments = stack.pop()
            stack.append(_made(stack.pop(), arguments, stream))
        elif name == "BUILD":
            state = stack.pop()
            _give_state(stack[-1], state)
        elif name not in ("PROTO", "STOP"):
            raise Refused(f"the opcode {name}, which NumPy arrays in tuples do not need")
    return stack.pop()


def _admitted(argument: str) -> str:
    name = argument.replace(" ", ".")
    if name not in ADMITTED:
        raise Refused(f"it asks for {name[:80]!r}; NumPy arrays need only {', '.join(ADMITTED)}")
    return name


def _made(name: object, arguments: object, stream: _Limited) -> Made | bytes:
    if name not in ADMITTED or not isinstance(arguments, tuple):
        raise Refused("it calls something that is not a name, or with something that is not a tuple")
    if name != "_codecs.encode":
        return Made(str(name), arguments)
    # Python 3 writes bytes in protocol 2 as a text and the way back to them.
    match arguments:
        case (str(text), "latin1"):
            return stream.encode(text)
    raise Refused("it calls _codecs.encode for something else than bytes written as latin1")


def _give_state(made: object, state: object) -> None:
    if not isinstance(made, Made):
        raise Refused("it gives a state to something that is not an array or a dtype")
    made.state = state


def _three_pairs(content: object) -> tuple[list[Any], list[Any]]:
    """Return the images and the labels of training, validation and test."""
    match content:
        case ((Made() as x, Made() as y), (Made() as valid_x, Made() as valid_y), (Made() as test_x, Made() as test_y)):
            return [x, valid_x, test_x], [y, valid_y, test_y]
    raise Refused("expected ((train_x, train_y), (valid_x, valid_y), (test_x, test_y)), got something else")


def _array(made: Made, types: tuple[str, ...]) -> NDArray[Any]:
    """Return the array that was described, a view of its bytes."""
    match made.state:
        case (int(), tuple(shape), Made("numpy.dtype", (str(code), *_), (int(), str(byte_order), *_)), order, content):
            pass
        case _:
            raise Refused("an array without the state that NumPy gives its arrays")
    if made.callable not in RECONSTRUCT or code not in types or byte_order not in tuple("<>|="):
        raise Refused(f"expected an array of {' or '.join(types)}, got {made.callable} of {code[:20]!r}")
    if not all(type(size) is int and size >= 0 for size in shape) or len(shape) > 2:
        raise Refused("expected an array of one or two dimensions")
    data = content.encode("latin1") if isinstance(content, str) else content
    dtype = np.dtype(byte_order + code)
    rows, columns = shape if len(shape) == 2 else (*shape, 1)
    if not isinstance(data, bytes) or len(data) != rows * columns * dtype.itemsize:
        raise Refused(f"an array of {sizes(shape)} {dtype} whose bytes do not fill that shape")
    return np.frombuffer(data, dtype).reshape(shape, order="F" if order is True else "C")


def _as_bytes(made: Made, part: Part) -> Bytes:
    """Return the grey levels 0 … 255 of images that hold p/256."""
    images = _array(made, PIXEL_TYPES)
    if images.shape[1:] != part.flat_shape[1:]:
        raise Refused(f"expected images of {part.flat_shape[1]} pixels in rows, got an array of {sizes(images.shape)}")
    levels = np.empty(images.shape, np.uint8)
    for start in range(0, len(images), BLOCK):
        with np.errstate(over="ignore", invalid="ignore"):
            block = np.rint(256 * images[start : start + BLOCK])
        if not ((block >= 0) & (block <= 255)).all():  # NaN is neither
            raise Refused("expected pixels p/256 with p = 0 … 255, got others")
        levels[start : start + BLOCK] = block
    return levels


def _labels(made: Made) -> Bytes:
    labels = _array(made, LABEL_TYPES)
    if labels.ndim != 1 or not ((labels >= 0) & (labels <= 9)).all():
        raise Refused("expected labels 0 … 9 in one dimension, got others")
    return labels.astype(np.uint8)
