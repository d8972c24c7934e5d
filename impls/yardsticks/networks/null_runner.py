"""A program that speaks the protocol of docs/process.md, accepts everything and trains nothing."""

import platform
import sys
import time

state = b""
wants_losses = False


def read_message(stream):
    """Return the fields of the next message, or None at the end of the input."""
    fields = {}
    while True:
        key = read_until_colon(stream)
        if not key:
            return None
        length = int(read_until_colon(stream))
        value = stream.read(length)
        stream.read(1)  # the line feed
        if key == "end":
            return fields
        fields[key] = value


def read_until_colon(stream):
    """Return what stands before the next colon."""
    read = b""
    while (byte := stream.read(1)) not in (b":", b""):
        read += byte
    return read.decode()


def write_message(stream, fields):
    """Write the fields and the closing one, and send them off."""
    for key, value in {**fields, "end": b""}.items():
        raw = value if isinstance(value, bytes) else str(value).encode()
        stream.write(b"%s:%d:%s\n" % (key.encode(), len(raw), raw))
    stream.flush()


def answer(message):
    """Return the fields that answer a message."""
    global state, wants_losses
    match message["do"]:
        case b"version":
            return {"protocol": 1, "version": f"Python {platform.python_version()}", "threads": 1}
        case b"load":
            wants_losses = message["losses"] == b"1"
            return {}
        case b"reset":
            state = message["state"]
            return {}
        case b"train":
            began_ns = time.monotonic_ns()
            losses = bytes(8 * int(message["steps"])) if wants_losses else b""
            return {"began_ns": began_ns, "ended_ns": time.monotonic_ns(), "losses": losses}
        case b"params":
            return {"state": state}
    return {"error": f"unknown verb {message['do']!r}"}


while (message := read_message(sys.stdin.buffer)) is not None:
    write_message(sys.stdout.buffer, answer(message))
