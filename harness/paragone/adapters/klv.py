"""The framing of the process protocol: fields `key:LENGTH:VALUE` and a line feed, closed by the field `end:0:`.

    do:5:reset
    state:96:<96 bytes>
    end:0:

LENGTH counts the bytes of VALUE in decimal, so a value may hold any bytes. Nothing is escaped or nested.
To try a program by hand, `pack` makes messages from text in which `<…>` holds bytes as hexadecimal digits, and counts
LENGTH itself; `show` writes messages as such text:

    python -m paragone.adapters.klv pack < session.txt | ./my_program | python -m paragone.adapters.klv show
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from paragone.errors import HarnessError, MeasurementFailed, Misuse

END = "end"
LONGEST_KEY = 64
LONGEST_LENGTH = 12  # digits
MOST_FIELDS = 64
MOST_BYTES = 1 << 30  # of all values of a message together
QUOTED_BYTES = 60
SHOWN_NUMBERS = 6  # of 8 bytes each, on a line

TEXT = re.compile(rb"([!-;=-~][ -~]*)?")
FIELD = re.compile(r"^(\w+):\d+:(?:<([0-9a-f\s]*)>|(.*))$", re.MULTILINE)

Value = str | bytes | memoryview


def write_message(stream: BinaryIO, fields: Mapping[str, Value]) -> None:
    """Write the fields in their order and the closing one, and flush the stream."""
    for key, value in {**fields, END: b""}.items():
        raw = value.encode() if isinstance(value, str) else value
        stream.write(b"%s:%d:" % (key.encode(), memoryview(raw).nbytes))
        stream.write(raw)
        stream.write(b"\n")
    stream.flush()


def read_message(stream: BinaryIO, most_bytes: int = MOST_BYTES) -> dict[str, bytes]:
    """The fields of the next message by key.

    Raises EOFError where the stream ends, with a text where it ends within a field. Raises MeasurementFailed with the
    bytes that are not a field, or where the values together exceed `most_bytes`.
    """
    fields: dict[str, bytes] = {}
    while True:
        key, length = _read_head(stream)
        most_bytes -= length
        if most_bytes < 0:
            raise MeasurementFailed(f"the field {key!r} announces {length} bytes: no message may be so long")
        value = _read_value(stream, key, length)
        if key == END:
            return fields
        if key in fields:
            raise MeasurementFailed(f"the field {key!r} comes twice in one message")
        if len(fields) == MOST_FIELDS:
            raise MeasurementFailed(f"a message has more than {MOST_FIELDS} fields: does it end with `end:0:`?")
        fields[key] = value


def _read_head(stream: BinaryIO) -> tuple[str, int]:
    key = _read_until_colon(stream, b"", LONGEST_KEY)
    if not key.replace(b"_", b"").isalnum():
        raise _not_a_field(key + b":")
    digits = _read_until_colon(stream, key + b":", LONGEST_LENGTH)
    if not digits.isdigit():
        raise _not_a_field(key + b":" + digits + b":")
    return key.decode("ascii"), int(digits)


def _read_until_colon(stream: BinaryIO, before: bytes, most: int) -> bytes:
    """The bytes before the next colon; `before` holds those of this field that were already read."""
    read = b""
    while (byte := stream.read(1)) != b":":
        read += byte
        if not byte:
            raise EOFError(f"after {_quoted(before + read)}" if before + read else "")
        if byte == b"\n" or len(read) > most:
            raise _not_a_field(before + read)
    return read


def _read_value(stream: BinaryIO, key: str, length: int) -> bytes:
    value = stream.read(length)
    closing = stream.read(1)
    if not closing:
        raise EOFError(f"within the field {key!r}, after {len(value)} of its {length} bytes")
    if closing != b"\n":
        raise MeasurementFailed(
            f"the field {key!r} is not closed: expected a line feed after its {length} bytes, got {_quoted(closing)}"
        )
    return value


def _not_a_field(read: bytes) -> MeasurementFailed:
    return MeasurementFailed(
        f"expected a field `key:LENGTH:VALUE`, got {_quoted(read)}; stdout carries the protocol alone: print to stderr"
    )


def _quoted(raw: bytes) -> str:
    text = raw.rstrip(b"\r\n")[:QUOTED_BYTES].decode(errors="backslashreplace")
    return repr(text).replace("\\\\x", "\\x")


def show(stream: BinaryIO) -> Iterator[str]:
    """Yield the fields of all messages as readable lines. Raises as `read_message` does."""
    while True:
        try:
            fields = read_message(stream)
        except EOFError as end:
            if str(end):
                raise MeasurementFailed(f"the stream ends {end}") from None
            return
        for key, value in {**fields, END: b""}.items():
            yield f"{key}:{len(value)}:{value.decode('ascii') if TEXT.fullmatch(value) else _hexadecimal(value)}"


def _hexadecimal(value: bytes) -> str:
    width = 8 * SHOWN_NUMBERS
    lines = [value[start : start + width].hex(" ", -8) for start in range(0, len(value), width)]
    return "<" + "\n ".join(lines) + ">"


def pack(text: str) -> bytes:
    """The messages that `show` would print as this text. Raises Misuse with text that is not a field."""
    if rest := FIELD.sub("", text).strip():
        raise Misuse(f"expected fields `key:LENGTH:text` or `key:LENGTH:<hexadecimal digits>`, got {rest[:60]!r}")
    packed = b""
    for key, digits, value in FIELD.findall(text):
        raw = bytes.fromhex(digits) or value.encode()
        packed += b"%s:%d:%s\n" % (key.encode(), len(raw), raw)
    return packed


def main() -> None:
    """Show or pack standard input."""
    try:
        if sys.argv[1:] == ["show"]:
            for line in show(sys.stdin.buffer):
                print(line, flush=True)
        elif sys.argv[1:] == ["pack"]:
            sys.stdout.buffer.write(pack(sys.stdin.read()))
        else:
            raise Misuse("expected `show` or `pack`")
    except HarnessError as error:
        sys.exit(f"klv: {error}")


if __name__ == "__main__":
    main()
