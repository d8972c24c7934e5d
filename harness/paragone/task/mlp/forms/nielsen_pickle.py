"""Nielsen's mnist.pkl.gz, and mnist_expanded.pkl.gz in the same form.

A pickle is a program: this reader runs it with six harmless names and no others.

NumPy's own names are replaced by stand-ins, which only view the bytes that the file holds: nothing in the file decides
what is called or how much is allocated. The unpickler is the standard library's in Python, not the one in C, in which
eight bytes can allocate 32 GiB: there the opcode LONG_BINPUT sizes the memo table by its argument.
"""

from __future__ import annotations

import functools
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import numpy as np
from numpy.typing import NDArray

from paragone.errors import DataUnusable, error_text
from paragone.task.mlp.forms.content import Found, Pair
from paragone.task.mlp.forms.first_bytes import DAMAGE, MOST_BYTES, read_at_most, uncompressed
from paragone.task.mlp.mnist.parts import Bytes, sizes

# All that NumPy arrays in tuples consist of, in protocols 2 to 5. Lists, sets and dicts are not among them: the hash of
# a tuple of tuples of tuples takes for ever.
OPCODES = b"".join((
    pickle.PROTO, pickle.STOP, pickle.MARK, pickle.GLOBAL, pickle.REDUCE, pickle.BUILD,
    pickle.TUPLE, pickle.EMPTY_TUPLE, pickle.TUPLE1, pickle.TUPLE2, pickle.TUPLE3,
    pickle.NONE, pickle.NEWTRUE, pickle.NEWFALSE, pickle.BININT, pickle.BININT1, pickle.BININT2, pickle.LONG1,
    pickle.BINSTRING, pickle.SHORT_BINSTRING, pickle.BINUNICODE, pickle.BINBYTES,
    pickle.BINPUT, pickle.LONG_BINPUT, pickle.BINGET, pickle.LONG_BINGET,
    pickle.SHORT_BINUNICODE, pickle.SHORT_BINBYTES, pickle.BINBYTES8, pickle.STACK_GLOBAL, pickle.MEMOIZE,
))  # fmt: skip
MAX_READS = 10_000  # an opcode takes one to three; six arrays take about 400
LONGEST_LINE = 256  # of a name
MOST_PER_BYTE = 200  # that a byte of the file may unpack into; Nielsen's files have 13
BLOCK = 10_000  # images converted at a time, which keeps the temporary arrays small

TYPES = ("f4", "f8", "i4", "i8", "u1")


class Refused(Exception):
    """The pickle holds something other than NumPy arrays in tuples."""


@functools.cache  # else one text, encoded again and again, would fill the memory
def _latin1(text: str) -> bytes:
    return text.encode("latin1")


class _DType:
    """The stand-in for numpy.dtype: called with a code such as "f4", then given the byte order."""

    def __init__(self, code: str, *_: object) -> None:
        if code not in TYPES:
            raise Refused(f"expected arrays of {', '.join(TYPES)}, got {str(code)[:20]!r}")
        self.code = code

    def __setstate__(self, state: tuple[int, str, object]) -> None:
        self.dtype = np.dtype(state[1] + self.code)


class _Array:
    """The stand-in for an array: made empty, then given (version, shape, dtype, in Fortran order, content)."""

    def __init__(self, *_: object) -> None:
        self.array: NDArray[Any] = np.empty(0, np.float32)

    def __setstate__(self, state: tuple[int, tuple[int, ...], _DType, bool, bytes | str]) -> None:
        _, shape, kind, in_fortran_order, content = state
        data = _latin1(content) if isinstance(content, str) else content
        # A view of the content: a shape that the content does not fill raises before anything is allocated.
        self.array = np.frombuffer(data, kind.dtype).reshape(shape, order="F" if in_fortran_order else "C")


def _encode(*arguments: object) -> bytes:
    """Python 3 writes bytes in protocol 2 as a call: _codecs.encode(text, "latin1")."""
    match arguments:
        case (str(text), "latin1"):
            return _latin1(text)
    raise Refused("it calls _codecs.encode for something else than bytes written as latin1")


def _frombuffer(content: bytes, kind: _DType, shape: tuple[int, ...], order: str) -> _Array:
    """Protocol 5 writes an array as a call of this."""
    array = _Array()
    array.__setstate__((1, shape, kind, order == "F", content))
    return array


NAMES = {
    "numpy.core.numeric._frombuffer": _frombuffer,
    "numpy._core.numeric._frombuffer": _frombuffer,
    "numpy.core.multiarray._reconstruct": _Array,
    "numpy._core.multiarray._reconstruct": _Array,
    "numpy.ndarray": _Array,
    "numpy.dtype": _DType,
    "_codecs.encode": _encode,
}


def _refuse_opcode(unpickler: pickle._Unpickler) -> None:
    raise Refused("an opcode that NumPy arrays in tuples do not need")


def _skip_frame(unpickler: pickle._Unpickler) -> None:
    """A frame says how much may be read at once; read one by one, its opcodes are counted."""
    unpickler.read(8)  # type: ignore[attr-defined]  # the standard library's, which has no types


def _load_bytes(unpickler: pickle._Unpickler) -> None:
    """A bytearray as bytes: the standard library's reader allocates what the file says before it reads."""
    size = int.from_bytes(unpickler.read(8), "little")  # type: ignore[attr-defined]
    unpickler.append(unpickler.read(size))  # type: ignore[attr-defined]


class _Unpickler(pickle._Unpickler):
    dispatch: ClassVar[dict[int, Any]] = {
        opcode: load if opcode in OPCODES else _refuse_opcode for opcode, load in pickle._Unpickler.dispatch.items()
    } | {pickle.FRAME[0]: _skip_frame, pickle.BYTEARRAY8[0]: _load_bytes}

    def find_class(self, module: str, name: str) -> Any:
        asked = f"{module}.{name}"
        if asked not in NAMES:
            raise Refused(f"it asks for {asked[:80]!r}; NumPy arrays need only {', '.join(NAMES)}")
        return NAMES[asked]


class _Limited:
    """A stream that gives at most `limit` bytes in at most MAX_READS reads."""

    def __init__(self, stream: BinaryIO, limit: int) -> None:
        self._stream, self._left, self._limit, self._reads = stream, limit, limit, 0

    def read(self, size: int) -> bytes:
        return self._counted(read_at_most(self._stream, min(size, self._left + 1)))

    def readline(self) -> bytes:
        return self._counted(self._stream.readline(LONGEST_LINE))

    def _counted(self, data: bytes) -> bytes:
        self._left -= len(data)
        self._reads += 1
        if self._left < 0:
            raise Refused(f"it unpacks into more than {self._limit:,} bytes")
        if self._reads > MAX_READS:
            raise Refused("it has many more opcodes than six arrays need")
        return data


def read_pickle_files(train: Sequence[Path], test: Sequence[Path]) -> Found:
    """The data set of the one file in `train`. Raises DataUnusable."""
    (path,) = train
    try:
        limit = min(4 * MOST_BYTES, MOST_PER_BYTE * path.stat().st_size + 2**20)
        with path.open("rb") as file, uncompressed(file) as content:
            return read_pickle(content, str(path), limit)
    except DAMAGE as error:
        raise DataUnusable(f"{path}: damaged: {error}") from None


def read_pickle(stream: BinaryIO, where: str, limit: int) -> Found:
    """Read ((train_x, train_y), (valid_x, valid_y), (test_x, test_y)), of at most `limit` bytes.

    The file's images are p/256 in [0, 1); training and validation are joined. `where` names the file for the error.
    Raises DataUnusable.
    """
    try:
        images, labels = _three_pairs(_Unpickler(_Limited(stream, limit), encoding="latin1").load())
        if read_at_most(stream, 1):  # a gzip stream is only then known to be whole
            raise Refused("expected nothing behind the pickle, got more")
        levels = [_as_bytes(image) for image in images]
        if len({image.shape[1] for image in levels}) > 1:
            raise Refused(f"expected images of one size, got {' and '.join(sizes(image.shape) for image in levels)}")
        train = Pair(np.concatenate(levels[:2]), np.concatenate(labels[:2]), where, f"{where}: labels")
    except Refused as error:
        raise DataUnusable(f"{where}: refused, nothing of it was executed: {error}") from None
    except Exception as error:  # a damaged pickle raises any of a dozen classes, a damaged gzip stream three more
        raise DataUnusable(
            f"{where}: damaged: not a complete pickle of protocols 2 to 5: {error_text(error)}"
        ) from None
    finally:
        _latin1.cache_clear()
    return Found(train, Pair(levels[2], labels[2], where, f"{where}: labels"))


def _three_pairs(content: object) -> tuple[list[NDArray[Any]], list[NDArray[Any]]]:
    """The images and the labels of training, validation and test."""
    match content:
        case (
            (_Array(array=x), _Array(array=y)),
            (_Array(array=valid_x), _Array(array=valid_y)),
            (_Array(array=test_x), _Array(array=test_y)),
        ):
            return [x, valid_x, test_x], [y, valid_y, test_y]
    raise Refused("expected ((train_x, train_y), (valid_x, valid_y), (test_x, test_y)), got something else")


def _as_bytes(images: NDArray[Any]) -> Bytes:
    """The grey levels p = 0 … 255 of images p/256."""
    if images.dtype.kind != "f" or images.ndim != 2:
        raise Refused(f"expected images as floats in rows, got {images.dtype} of {sizes(images.shape)}")
    levels = np.empty(images.shape, np.uint8)
    for start in range(0, len(images), BLOCK):
        with np.errstate(over="ignore", invalid="ignore"):
            block = np.rint(256 * images[start : start + BLOCK])
        if not ((block >= 0) & (block <= 255)).all():  # NaN is neither
            raise Refused("expected pixels p/256 with p = 0 … 255, got others")
        levels[start : start + BLOCK] = block
    return levels
