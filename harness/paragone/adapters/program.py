"""A running program that answers the process protocol: asking it, and what its answers must be."""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from paragone.adapters.foreign_clock import Clock
from paragone.adapters.klv import Value, read_message, write_message
from paragone.errors import MeasurementFailed
from paragone.machine.process_tree import ending

PROTOCOL = "1"
SECONDS_TO_END = 2.0
LOG_TAIL_BYTES = 2000
LOG_LINES = 3
MOST_VERSION_CHARACTERS = 1000
ONCE = "is each message answered once, in its turn?"
PR_SET_PDEATHSIG = 1
# Looked up here: between fork and exec a child may not.
_prctl: Any = ctypes.CDLL(None).prctl if sys.platform == "linux" else None

Answer = dict[str, bytes]
Read = TypeVar("Read")


class Program:
    """A running program and the questions it answers.

    Each of them raises MeasurementFailed with the reason. A program that answers with an error goes on; one that
    breaks the protocol is ended at once: its next answers could belong to earlier questions.
    """

    def __init__(self, command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
        self.name = Path(command[0]).name
        self.fault = ""
        self.phases = ""  # what the answer to the last train told of them
        self.clock = Clock()
        self.sending: threading.Thread | None = None
        self.said = tempfile.TemporaryFile()  # noqa: SIM115 -- lives as long as the program, closed by end()
        try:
            self.process = _started(command, folder, environment, self.said)
        except OSError as error:
            self.said.close()
            raise MeasurementFailed(f"{command[0]} cannot be started: {error.strerror}") from None
        self.input, self.output = cast(BinaryIO, self.process.stdin), cast(BinaryIO, self.process.stdout)

    def version(self) -> dict[str, str]:
        """Return what the program says of itself: its version, and its threads if it tells them."""
        return self._ask("version", {}, _read_version)

    def load(self, fields: Mapping[str, Value]) -> None:
        """Send the problem; the program may answer with an error before it has read all of it."""
        self.sending = threading.Thread(target=self._send, args=("load", fields), daemon=True)
        self.sending.start()
        self._answer("load", _read_nothing)
        self.sending.join(SECONDS_TO_END)
        if self.sending.is_alive():
            raise self._ended_for("load", f"{self.name} answered before it had read the training set")

    def reset(self, state: Value) -> None:
        """Send the state."""
        self._ask("reset", {"state": state}, _read_nothing)

    def train(self, fields: Mapping[str, Value], n_losses: int) -> tuple[int, NDArray[np.float64]]:
        """Return the nanoseconds by the program's clock, which are checked, and the losses."""
        begin_ns = time.perf_counter_ns()

        def read(answer: Answer) -> tuple[int, NDArray[np.float64]]:
            waited_ns = time.perf_counter_ns() - begin_ns
            self.phases = answer.get("phases", b"").decode(errors="replace")
            began_ns, ended_ns = read_number(answer, "began_ns"), read_number(answer, "ended_ns")
            return self.clock.elapsed_ns(began_ns, ended_ns, waited_ns), read_array(answer, "losses", n_losses)

        return self._ask("train", fields, read)

    def params(self, numbers: int) -> NDArray[np.float64]:
        """Return the state as a vector."""
        return self._ask("params", {}, lambda answer: read_array(answer, "state", numbers))

    def load_test(self, images: Value) -> None:
        """Send the test images, to be held."""
        self._ask("test", {"images": images}, _read_nothing)

    def predict(self, n_images: int) -> NDArray[np.uint8]:
        """Return the classes of the test images."""
        return self._ask("predict", {}, lambda answer: _read_classes(answer, n_images))

    def end(self) -> None:
        """Close its input, at which it ends by itself; kill it where it does not."""
        if self.sending is not None and self.sending.is_alive():
            self.process.kill()  # closing would wait for what is still being sent
            self.sending.join(SECONDS_TO_END)
        with contextlib.suppress(OSError):
            self.input.close()
        try:
            self.process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.output.close()
        self.said.close()

    def _ask(self, verb: str, fields: Mapping[str, Value], read: Callable[[Answer], Read]) -> Read:
        if self.fault:
            raise MeasurementFailed(f"{verb}: {self.name} was ended: {self.fault}")
        self._send(verb, fields)
        return self._answer(verb, read)

    def _send(self, verb: str, fields: Mapping[str, Value]) -> None:
        with contextlib.suppress(BrokenPipeError):  # why it reads no more is told by its answer, or by its end
            write_message(self.input, {"do": verb, **fields})

    def _answer(self, verb: str, read: Callable[[Answer], Read]) -> Read:
        """Return what `read` makes of the next answer."""
        try:
            answer = read_message(self.output)
            if "error" not in answer:
                return read(answer)
        except EOFError as end:
            raise self._ended_for(verb, self._exit_reason(str(end))) from None
        except MeasurementFailed as error:
            raise self._ended_for(verb, f"the answer of {self.name}: {error}") from None
        raise MeasurementFailed(f"{verb}: {self.name} says: {answer['error'].decode(errors='replace').strip()}")

    def _ended_for(self, verb: str, fault: str) -> MeasurementFailed:
        self.fault = fault
        self.process.kill()
        return MeasurementFailed(f"{verb}: {fault}")

    def _exit_reason(self, where: str) -> str:
        """Return how the program ended, where in its answer, and the last lines that it wrote to standard error."""
        try:
            code = self.process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            how = "closed its output and went on"
        else:
            how = ending(code)
        self.said.seek(max(0, self.said.seek(0, os.SEEK_END) - LOG_TAIL_BYTES))
        lines = self.said.read().decode(errors="replace").strip().splitlines()[-LOG_LINES:]
        return " ".join(filter(None, [self.name, how, where])) + (f": {' / '.join(lines)}" if lines else "")


def _started(command: Sequence[str], folder: Path, environment: Mapping[str, str], log: Any) -> subprocess.Popen[bytes]:
    """Start the program in the worker's own group: with it, it is stopped between orders, and killed."""
    with warnings.catch_warnings():
        # Python ≥ 3.12 warns of any fork beside threads; this child only calls what was looked up before.
        warnings.simplefilter("ignore", DeprecationWarning)
        return subprocess.Popen(
            list(command),
            cwd=folder,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            preexec_fn=_die_with_the_worker if _prctl else None,
        )


def _die_with_the_worker() -> None:
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _read_nothing(answer: Answer) -> None:
    if answer:
        raise MeasurementFailed(f"expected no field but `end:0:`, got {', '.join(answer)}; {ONCE}")


def _read_version(answer: Answer) -> dict[str, str]:
    said = {key: value.decode(errors="replace").strip() for key, value in answer.items()}
    if said.get("protocol") != PROTOCOL:
        raise MeasurementFailed(f"protocol: expected {PROTOCOL}, got {said.get('protocol', 'no such field')}")
    if not said.get("version"):
        raise MeasurementFailed("version: expected words that say what it is, got none")
    if not re.fullmatch("[0-9]{1,4}", threads := said.get("threads", "1")):
        raise MeasurementFailed(f"threads: expected a number, got {threads[:40]!r}")
    if len(said["version"]) > MOST_VERSION_CHARACTERS:
        raise MeasurementFailed(f"version: expected at most {MOST_VERSION_CHARACTERS} characters")
    return said


def read_array(answer: Answer, key: str, size: int) -> NDArray[np.float64]:
    """Return a field of so many float64; one of none may be left out."""
    raw = answer.get(key, b"") if size == 0 else _field(answer, key)
    if len(raw) != 8 * size:
        raise MeasurementFailed(f"{key}: expected {size} numbers of 8 bytes, got {len(raw)} bytes")
    return np.frombuffer(raw, dtype="<f8").astype(np.float64)


def _read_classes(answer: Answer, n_images: int) -> NDArray[np.uint8]:
    raw = _field(answer, "classes")
    if len(raw) != n_images:
        raise MeasurementFailed(f"classes: expected a byte for each of {n_images} images, got {len(raw)} bytes")
    return np.frombuffer(raw, dtype=np.uint8)


def read_number(answer: Answer, key: str) -> int:
    """Return a field that is a whole number."""
    raw = _field(answer, key)
    if not re.fullmatch(rb"\s*[+-]?[0-9]{1,20}\s*", raw):
        raise MeasurementFailed(f"{key}: expected a whole number, got {raw[:40]!r}")
    return int(raw)


def _field(answer: Answer, key: str) -> bytes:
    if key in answer:
        return answer[key]
    raise MeasurementFailed(f"the field {key!r} is missing, there are: {', '.join(answer) or 'none'}; {ONCE}")
