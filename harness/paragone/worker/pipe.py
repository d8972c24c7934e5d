"""Messages between the harness and its workers: one JSON line, then the raw bytes of the arrays it names.

    {"do": "train", "batch_size": 10, "arrays": [["order", "int64", [20, 10]]]}\n<1600 bytes>

Both ends are ours; a worker hosts code that is not, so the harness reads with a deadline and bounds.
"""

from __future__ import annotations

import json
import math
import os
import select
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paragone.errors import MeasurementFailed, TimedOut

MAX_HEADER_BYTES = 1 << 20
MAX_ARRAY_BYTES = 1 << 30  # of all arrays of a message together
MAX_DIMENSIONS = 8
MAX_POLL_MS = (1 << 31) - 1
POLL_MS = 50  # how often one looks round while one waits
DTYPES = ("float32", "float64", "int64", "uint8")

Message = tuple[dict[str, Any], dict[str, NDArray[Any]]]


class Pipe:
    """One end of a conversation over two file descriptors; `glance` is called now and then while one waits."""

    def __init__(self, incoming: int, outgoing: int, while_waiting: Callable[[], None] | None = None) -> None:
        self.incoming, self.outgoing, self.while_waiting = incoming, outgoing, while_waiting
        self._buffer = bytearray()

    def send(
        self, header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]] | None = None, limit_s: float | None = None
    ) -> None:
        """Write one message; waits until the other end has taken it.

        Raises EOFError where nobody reads any more, TimedOut after `limit_s` seconds, TypeError for an
        array whose dtype is not one of DTYPES, before anything is written.
        """
        view = memoryview(_encoded(header, arrays or {}))
        deadline = _deadline(limit_s)
        while view:
            _wait(self.outgoing, select.POLLOUT, deadline, self.while_waiting)
            try:
                # At most a pipe's atomic size at once: poll promises no more than that without blocking.
                view = view[os.write(self.outgoing, view[: select.PIPE_BUF]) :]
            except BrokenPipeError:
                raise EOFError from None

    def receive(self, limit_s: float | None = None) -> Message:
        """Return the next message and its arrays.

        Raises EOFError where the other end has closed, TimedOut after `limit_s` seconds,
        MeasurementFailed for anything that is not a message.
        """
        deadline = _deadline(limit_s)
        while b"\n" not in self._buffer:
            if len(self._buffer) > MAX_HEADER_BYTES:
                raise MeasurementFailed("the worker's answer is not a message: its first line does not end")
            self._fill(deadline)
        line, _, _ = self._buffer.partition(b"\n")
        del self._buffer[: len(line) + 1]
        header, shapes = _parse_header(bytes(line))
        return header, {name: self._array(dtype, shape, deadline) for name, dtype, shape in shapes}

    def has_more(self) -> bool:
        """Return whether the other end has sent more than was received."""
        poll = select.poll()
        poll.register(self.incoming, select.POLLIN)
        return bool(self._buffer) or any(event & select.POLLIN for _, event in poll.poll(0))

    def _array(self, dtype: str, shape: list[int], deadline: float | None) -> NDArray[Any]:
        n_bytes = math.prod(shape) * np.dtype(dtype).itemsize
        while len(self._buffer) < n_bytes:
            self._fill(deadline)
        array = np.frombuffer(bytes(self._buffer[:n_bytes]), dtype=dtype).reshape(shape)
        del self._buffer[:n_bytes]
        return array

    def _fill(self, deadline: float | None) -> None:
        _wait(self.incoming, select.POLLIN, deadline, self.while_waiting)
        content = os.read(self.incoming, 1 << 18)
        if not content:
            raise EOFError
        self._buffer += content


def _encoded(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    plain = {name: np.asarray(array) for name, array in arrays.items()}
    for name, array in plain.items():
        if array.dtype.name not in DTYPES:
            raise TypeError(f"{name} is {array.dtype}; only {', '.join(DTYPES)} can be sent")
        # In the byte order that a dtype's name stands for. (`ascontiguousarray` would give a scalar a dimension.)
        plain[name] = np.asarray(array, array.dtype.newbyteorder("="), order="C")
    shapes = [[name, array.dtype.name, list(array.shape)] for name, array in plain.items()]
    line = json.dumps({**header, "arrays": shapes}).encode() + b"\n"
    return line + b"".join(array.tobytes() for array in plain.values())


def _parse_header(line: bytes) -> tuple[dict[str, Any], list[tuple[str, str, list[int]]]]:
    try:
        header = json.loads(line)
        shapes = [(str(name), str(dtype), [int(n) for n in shape]) for name, dtype, shape in header.pop("arrays")]
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        raise MeasurementFailed(f"the worker's answer is not a message: {line[:80]!r}") from None
    total_bytes = 0
    for name, dtype, shape in shapes:
        if dtype in DTYPES and len(shape) <= MAX_DIMENSIONS and min(shape, default=0) >= 0:
            # An axis of length 0 counts as 1: NumPy refuses such a shape too where the others are huge.
            total_bytes += math.prod(max(n, 1) for n in shape) * np.dtype(dtype).itemsize
        else:
            total_bytes = MAX_ARRAY_BYTES + 1
        if total_bytes > MAX_ARRAY_BYTES:
            what = f"{name} {dtype} {shape}"
            raise MeasurementFailed(f"the worker's answer holds an impossible array: {what[:200]}")
    return header, shapes


def _deadline(limit_s: float | None) -> float | None:
    return None if limit_s is None else time.monotonic() + limit_s


def _wait(descriptor: int, event: int, deadline: float | None, while_waiting: Callable[[], None] | None) -> None:
    poll = select.poll()
    poll.register(descriptor, event)
    while not poll.poll(_poll_ms(deadline, while_waiting)):
        if deadline is not None and time.monotonic() >= deadline:
            raise TimedOut("no answer within its time limit")
        if while_waiting is not None:
            while_waiting()


def _poll_ms(deadline: float | None, while_waiting: Callable[[], None] | None) -> float | None:
    """Return how long to wait at most before time has run out or it is time for a glance; None is for ever."""
    left_ms = None if deadline is None else min(max(0.0, deadline - time.monotonic()) * 1000, MAX_POLL_MS)
    if while_waiting is None:
        return left_ms
    return POLL_MS if left_ms is None else min(left_ms, POLL_MS)
