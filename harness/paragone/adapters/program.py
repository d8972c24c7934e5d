"""A running program that answers the process protocol: how it is asked, and what its answers must be."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, ClassVar, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from paragone.adapters.klv import Value, read_message, write_message
from paragone.adapters.runner_clock import RunnerClock
from paragone.errors import MeasurementFailed
from paragone.files.first_error import first_error, told
from paragone.machine.child import Log
from paragone.machine.process_tree import die_with_parent, ending

PROTOCOL = "1"
SECONDS_TO_EXIT = 2.0
LOG_LINES = 3
MOST_VERSION_CHARACTERS = 1000
ONCE = "is each message answered once, in its turn?"

Answer = dict[str, bytes]
Read = TypeVar("Read")


class Program:
    """A running program and the requests that it answers.

    Each request raises MeasurementFailed with the reason. A program that answers with an error goes on. One that breaks
    the protocol is killed at once: its next answers could belong to earlier requests.
    """

    pipe_bytes: ClassVar[int] = -1  # that its streams hold, where the system lets itself be told; -1: its own choice

    def __init__(self, command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
        self.name = Path(command[0]).name
        self.fault = ""
        self.clock = RunnerClock()
        self.sending: threading.Thread | None = None
        self.log = Log()
        try:
            self.process = _start(command, folder, environment, self.log, self.pipe_bytes)
        except OSError as error:
            self.log.close()
            raise MeasurementFailed(f"{command[0]} cannot be started: {error.strerror}") from None
        self.input, self.output = cast(BinaryIO, self.process.stdin), cast(BinaryIO, self.process.stdout)

    def version(self) -> dict[str, str]:
        """The fields `version` and, where the program sends it, `threads`."""
        return self.ask("version", {}, _read_version)

    def timed(self, verb: str, fields: Mapping[str, Value], read: Callable[[Answer], Read]) -> tuple[int, Read]:
        """The nanoseconds by the program's own clock, checked against ours, and the answer as `read` understands it."""
        begin_ns = time.perf_counter_ns()

        def read_timed(answer: Answer) -> tuple[int, Read]:
            waited_ns = time.perf_counter_ns() - begin_ns
            began_ns, ended_ns = read_number(answer, "began_ns"), read_number(answer, "ended_ns")
            return self.clock.elapsed_ns(began_ns, ended_ns, waited_ns), read(answer)

        return self.ask(verb, fields, read_timed)

    def ask_at_length(self, verb: str, fields: Mapping[str, Value], what: str) -> None:
        """Send much, which `what` names, in a thread: the program may answer with an error before it has read it."""
        if self.fault:
            raise MeasurementFailed(f"{verb}: {self.name} was killed: {self.fault}")
        self.sending = threading.Thread(target=self.send, args=(verb, fields), daemon=True)
        self.sending.start()
        self.answer(verb, read_nothing)
        self.sending.join(SECONDS_TO_EXIT)
        if self.sending.is_alive():
            raise self.killed_for(verb, f"{self.name} answered before it had read {what}")

    def end(self) -> None:
        """Close its input, which asks it to exit; kill it where it does not."""
        if self.sending is not None and self.sending.is_alive():
            self.process.kill()  # closing the input would wait for the sending thread
            self.sending.join(SECONDS_TO_EXIT)
        with contextlib.suppress(OSError):
            self.input.close()
        try:
            self.process.wait(SECONDS_TO_EXIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.output.close()
        self.log.close()

    def ask(self, verb: str, fields: Mapping[str, Value], read: Callable[[Answer], Read]) -> Read:
        """Send a request, and give its answer as `read` understands it."""
        if self.fault:
            raise MeasurementFailed(f"{verb}: {self.name} was killed: {self.fault}")
        self.send(verb, fields)
        return self.answer(verb, read)

    def send(self, verb: str, fields: Mapping[str, Value]) -> None:
        """Send a request; one that the program does not read is answered by how it ended."""
        with contextlib.suppress(BrokenPipeError):  # the reason is in its answer, or in how it ended
            write_message(self.input, {"do": verb, **fields})

    def answer(self, verb: str, read: Callable[[Answer], Read]) -> Read:
        """The next answer, as `read` understands it."""
        try:
            answer = read_message(self.output)
            if "error" not in answer:
                return read(answer)
        except EOFError as end:
            raise self.killed_for(verb, self._exit_reason(str(end))) from None
        except MeasurementFailed as error:
            raise self.killed_for(verb, f"the answer of {self.name}: {error}") from None
        said = answer["error"].decode(errors="replace").strip()
        raise MeasurementFailed(f"{verb}: {self.name} says: {first_error(said) or said}")

    def killed_for(self, verb: str, fault: str) -> MeasurementFailed:
        """Kill the program; the error that says why."""
        self.fault = fault
        self.process.kill()
        return MeasurementFailed(f"{verb}: {fault}")

    def _exit_reason(self, where: str) -> str:
        """How the program ended, where in its answer, and the error that it wrote to standard error."""
        try:
            how = ending(self.process.wait(SECONDS_TO_EXIT))
        except subprocess.TimeoutExpired:
            how = "closed its output and went on"
        said = told(self.log.text(), self.name, LOG_LINES)
        return " ".join(filter(None, [self.name, how, where])) + (f": {said}" if said else "")


def _start(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], log: Log, pipe_bytes: int
) -> subprocess.Popen[bytes]:
    """Start the program in the worker's own group, with which it is stopped between commands and killed."""
    with warnings.catch_warnings():
        # Python ≥ 3.12 warns of a fork beside threads. This one is safe: `die_with_parent` calls one C function,
        # which was looked up before the fork.
        warnings.simplefilter("ignore", DeprecationWarning)
        return subprocess.Popen(
            list(command),
            cwd=folder,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log.writing,
            pipesize=pipe_bytes,
            preexec_fn=die_with_parent if sys.platform == "linux" else None,
        )


def read_nothing(answer: Answer) -> None:
    """An answer without fields."""
    if answer:
        raise MeasurementFailed(f"expected no field but `end:0:`, got {', '.join(answer)}; {ONCE}")


def _read_version(answer: Answer) -> dict[str, str]:
    fields = {key: value.decode(errors="replace").strip() for key, value in answer.items()}
    if fields.get("protocol") != PROTOCOL:
        raise MeasurementFailed(f"protocol: expected {PROTOCOL}, got {fields.get('protocol', 'no such field')}")
    if not fields.get("version"):
        raise MeasurementFailed("version: expected a text that says what it is, got none")
    if not re.fullmatch("[0-9]{1,4}", threads := fields.get("threads", "1")):
        raise MeasurementFailed(f"threads: expected a number, got {threads[:40]!r}")
    if len(fields["version"]) > MOST_VERSION_CHARACTERS:
        raise MeasurementFailed(f"version: expected at most {MOST_VERSION_CHARACTERS} characters")
    return fields


def read_array(answer: Answer, key: str, size: int) -> NDArray[np.float64]:
    """A field of `size` float64; it may be left out where `size` is 0."""
    raw = answer.get(key, b"") if size == 0 else field_of(answer, key)
    if len(raw) != 8 * size:
        raise MeasurementFailed(f"{key}: expected {size} numbers of 8 bytes, got {len(raw)} bytes")
    return np.frombuffer(raw, dtype="<f8").astype(np.float64)


def read_number(answer: Answer, key: str) -> int:
    """A field that is a whole number."""
    raw = field_of(answer, key)
    if not re.fullmatch(rb"\s*[+-]?[0-9]{1,20}\s*", raw):
        raise MeasurementFailed(f"{key}: expected a whole number, got {raw[:40]!r}")
    return int(raw)


def field_of(answer: Answer, key: str) -> bytes:
    """A field that must be there."""
    if key in answer:
        return answer[key]
    raise MeasurementFailed(f"the field {key!r} is missing, there are: {', '.join(answer) or 'none'}; {ONCE}")
