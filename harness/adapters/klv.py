"""The framing of the process protocol: fields `key:LENGTH:VALUE` and a line feed, closed by the field `end:0:`.

    do:5:reset
    state:16:<16 bytes>
    end:0:

LENGTH counts the bytes of VALUE in decimal, so that a value may hold anything. Nothing is escaped, nothing is nested.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import BinaryIO

from harness.errors import MeasurementFailed

END = "end"
LONGEST_KEY = 64
LONGEST_LENGTH = 12  # digits
MOST_FIELDS = 64
QUOTED_BYTES = 60

Value = str | bytes | memoryview


def write_message(stream: BinaryIO, fields: Mapping[str, Value]) -> None:
    """Write the fields in their order, then the closing one; what the stream buffers is flushed."""
    for key, value in {**fields, END: ""}.items():
        raw = value.encode() if isinstance(value, str) else memoryview(value).cast("B")
        stream.write(b"%s:%d:" % (key.encode(), len(raw)))
        stream.write(raw)
        stream.write(b"\n")
    stream.flush()


def read_message(stream: BinaryIO, most_bytes: int) -> dict[str, bytes]:
    """Return the fields of the next message by key.

    Raises EOFError where the stream has ended before it, MeasurementFailed with the bytes that are no field, or
    where a value is longer than `most_bytes`.
    """
    fields: dict[str, bytes] = {}
    while True:
        key, value = _read_field(stream, most_bytes, is_first=not fields)
        if key == END:
            return fields
        if key in fields:
            raise MeasurementFailed(f"the field {key!r} comes twice in one message")
        if len(fields) == MOST_FIELDS:
            raise MeasurementFailed(f"a message has more than {MOST_FIELDS} fields: does it end with `end:0:`?")
        fields[key] = value


def _read_field(stream: BinaryIO, most_bytes: int, is_first: bool) -> tuple[str, bytes]:
    key = _read_until_colon(stream, b"", LONGEST_KEY, is_first)
    if not key.replace(b"_", b"").isalnum():
        raise _not_a_field(key + b":")
    digits = _read_until_colon(stream, key + b":", LONGEST_LENGTH, False)
    if not digits.isdigit():
        raise _not_a_field(key + b":" + digits + b":")
    length = int(digits)
    if length > most_bytes:
        raise MeasurementFailed(f"the field {key.decode()!r} announces {length} bytes, {most_bytes} are allowed")
    value = stream.read(length + 1)
    if len(value) <= length:
        raise MeasurementFailed(f"the output ended within the field {key.decode()!r}: {len(value)} of {length} bytes")
    if value[-1:] != b"\n":
        raise MeasurementFailed(
            f"the field {key.decode()!r} is not closed: expected a line feed after its {length} bytes, got {value[-1:]!r}"
        )
    return key.decode("ascii"), value[:-1]


def _read_until_colon(stream: BinaryIO, before: bytes, most: int, may_end: bool) -> bytes:
    """Return what stands before the next colon; `before` is what was read of this field already."""
    read = b""
    while (byte := stream.read(1)) != b":":
        read += byte
        if not byte and may_end and not read:
            raise EOFError
        if not byte or byte == b"\n" or len(read) > most:
            raise _not_a_field(before + read)
    return read


def _not_a_field(read: bytes) -> MeasurementFailed:
    quoted = read[:QUOTED_BYTES].decode(errors="backslashreplace").rstrip("\n")
    return MeasurementFailed(
        f"expected a field `key:LENGTH:VALUE`, got {quoted!r}: standard output carries the protocol alone; "
        "print to standard error"
    )
