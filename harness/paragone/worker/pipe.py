"""Messages between the harness and its workers: one line of JSON, then the raw bytes of the arrays that it names.

    {"arrays": [["order", "int64", [20, 10]]], "body": {…}}\n<1600 bytes>

Hosted code can write to any descriptor, so the harness reads with a deadline and with bounds on every size.
"""

from __future__ import annotations

import functools
import math
import os
import select
import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from paragone.errors import MeasurementFailed, TimedOut

MAX_HEADER_BYTES = 1 << 20
MAX_ARRAY_BYTES = 1 << 30  # of all arrays of a message together
MAX_DIMENSIONS = 8
MAX_POLL_MS = (1 << 31) - 1
MOST_BYTES_AT_ONCE = 1 << 18  # of a read or a write; a pipe of Linux holds 64 KiB
POLL_MS = 50  # between two calls of `while_waiting`
DTYPES = ("float32", "float64", "int32", "int64", "uint8")

Arrays = Mapping[str, NDArray[Any]]


class Header(msgspec.Struct, frozen=True):
    """The first line: name, dtype and shape of each array that follows, and the message itself."""

    arrays: list[tuple[str, str, list[int]]]
    body: msgspec.Raw


class Pipe:
    """One end of a connection over two file descriptors. `while_waiting` is called every POLL_MS of a wait.

    Arrays may have hundreds of megabytes: they are written from where they lie, as much at a time as the pipe takes,
    and read into where they stay.
    """

    def __init__(self, incoming: int, outgoing: int, while_waiting: Callable[[], None] | None = None) -> None:
        self.incoming, self.outgoing, self.while_waiting = incoming, outgoing, while_waiting
        self._buffer = bytearray()
        os.set_blocking(outgoing, False)  # a write takes what there is room for

    def send(self, body: object, arrays: Arrays | None = None, limit_s: float | None = None) -> None:
        """Write one message; return when all of it is in the pipe.

        Raises EOFError where the other end is closed and TimedOut after `limit_s` seconds; and, before anything is
        written, TypeError for an array whose dtype is not in DTYPES and MeasurementFailed for text that is not UTF-8.
        """
        deadline = _deadline(limit_s)
        for view in _encode(body, arrays or {}):
            while view:
                _wait(self.outgoing, select.POLLOUT, deadline, self.while_waiting)
                try:
                    view = view[os.write(self.outgoing, view[:MOST_BYTES_AT_ONCE]) :]
                except BrokenPipeError:
                    raise EOFError from None

    def receive(self, limit_s: float | None = None) -> tuple[msgspec.Raw, dict[str, NDArray[Any]]]:
        """The body of the next message, not yet decoded, and its arrays.

        Raises EOFError where the other end is closed, TimedOut after `limit_s` seconds, and MeasurementFailed where
        the bytes are not a message.
        """
        deadline = _deadline(limit_s)
        while b"\n" not in self._buffer:
            if len(self._buffer) > MAX_HEADER_BYTES:
                raise MeasurementFailed("the worker's reply is not a message: its first line does not end")
            self._fill(deadline)
        line, _, _ = self._buffer.partition(b"\n")
        del self._buffer[: len(line) + 1]
        header = _decode_header(bytes(line))
        return header.body, {name: self._array(dtype, shape, deadline) for name, dtype, shape in header.arrays}

    def has_more(self) -> bool:
        """True where bytes have arrived that are not yet received."""
        poll = select.poll()
        poll.register(self.incoming, select.POLLIN)
        return bool(self._buffer) or any(event & select.POLLIN for _, event in poll.poll(0))

    def close_in_children(self) -> None:
        """Close both descriptors in every child: one that holds them open would hide the end of this process."""
        for descriptor in (self.incoming, self.outgoing):
            os.set_inheritable(descriptor, False)
            os.register_at_fork(after_in_child=functools.partial(os.close, descriptor))

    def _array(self, dtype: str, shape: list[int], deadline: float | None) -> NDArray[Any]:
        array = np.empty(shape, dtype)
        view = array.reshape(-1).view(np.uint8).data
        n_here = min(len(view), len(self._buffer))
        view[:n_here] = self._buffer[:n_here]
        del self._buffer[:n_here]
        while n_here < len(view):
            _wait(self.incoming, select.POLLIN, deadline, self.while_waiting)
            n_read = os.readv(self.incoming, [view[n_here : n_here + MOST_BYTES_AT_ONCE]])
            if not n_read:
                raise EOFError
            n_here += n_read
        array.flags.writeable = False
        return array

    def _fill(self, deadline: float | None) -> None:
        _wait(self.incoming, select.POLLIN, deadline, self.while_waiting)
        content = os.read(self.incoming, MOST_BYTES_AT_ONCE)
        if not content:
            raise EOFError
        self._buffer += content


def _encode(body: object, arrays: Arrays) -> list[memoryview]:
    """The parts of a message: its first line, and the bytes of each array."""
    plain = {name: np.asarray(array) for name, array in arrays.items()}
    for name, array in plain.items():
        if array.dtype.name not in DTYPES:
            raise TypeError(f"{name} is {array.dtype}; only {', '.join(DTYPES)} can be sent")
        # The dtype's name implies native byte order. `ascontiguousarray` would give a scalar a dimension.
        plain[name] = np.asarray(array, array.dtype.newbyteorder("="), order="C")
    shapes = [(name, array.dtype.name, list(array.shape)) for name, array in plain.items()]
    try:
        line = msgspec.json.encode(Header(shapes, msgspec.Raw(msgspec.json.encode(body)))) + b"\n"
    except UnicodeEncodeError as error:  # a lone surrogate, as the names of files that are not UTF-8 have
        raise MeasurementFailed(f"{error.object!r} is not UTF-8") from None
    return [memoryview(line), *(array.reshape(-1).view(np.uint8).data for array in plain.values())]


def _decode_header(line: bytes) -> Header:
    try:
        header = msgspec.json.decode(line, type=Header)
    except (msgspec.MsgspecError, RecursionError):
        raise MeasurementFailed(f"the worker's reply is not a message: {line[:80]!r}") from None
    total_bytes = 0
    for name, dtype, shape in header.arrays:
        if dtype in DTYPES and len(shape) <= MAX_DIMENSIONS and min(shape, default=0) >= 0:
            # NumPy refuses a huge shape even where an axis has length 0, so such an axis counts as 1.
            total_bytes += math.prod(max(n, 1) for n in shape) * np.dtype(dtype).itemsize
        else:
            total_bytes = MAX_ARRAY_BYTES + 1
        if total_bytes > MAX_ARRAY_BYTES:
            array = f"{name} {dtype} {shape}"
            raise MeasurementFailed(f"the worker's reply holds an impossible array: {array[:200]}")
    return header


def _deadline(limit_s: float | None) -> float | None:
    return None if limit_s is None else time.monotonic() + limit_s


def _wait(descriptor: int, event: int, deadline: float | None, while_waiting: Callable[[], None] | None) -> None:
    poll = select.poll()
    poll.register(descriptor, event)
    while not poll.poll(_poll_ms(deadline, while_waiting)):
        if deadline is not None and time.monotonic() >= deadline:
            raise TimedOut("no reply within its time limit")
        if while_waiting is not None:
            while_waiting()


def _poll_ms(deadline: float | None, while_waiting: Callable[[], None] | None) -> float | None:
    """Milliseconds until the deadline or the next `while_waiting`; None without either."""
    left_ms = None if deadline is None else min(max(0.0, deadline - time.monotonic()) * 1000, MAX_POLL_MS)
    if while_waiting is None:
        return left_ms
    return POLL_MS if left_ms is None else min(left_ms, POLL_MS)
