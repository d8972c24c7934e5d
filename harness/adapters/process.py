"""Any program, spoken to over its standard input and output; docs/process.md describes the protocol.

An implementation is a class with the command that starts the program:

    class MyStep(ProcessImplementation):
        def command(self):
            return ["./my_step", "--fast"]
"""

from __future__ import annotations

import contextlib
import ctypes
import inspect
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, cast

import numpy as np
from numpy.typing import NDArray

from harness.adapters.klv import Value, read_message, write_message
from harness.errors import MeasurementFailed
from harness.interface import Implementation
from harness.problem import Problem
from harness.state import State

PROTOCOL = "1"
PR_SET_PDEATHSIG = 1
SECONDS_TO_END = 2.0
LOG_TAIL_BYTES = 2000
LOG_LINES = 3
# An answer holds the state or the losses and little else.
MOST_ANSWER_BYTES = 1 << 30
# Where the program's clock says less than half of a wait longer than this, it counts in another unit.
TELLING_WAIT_NS = 50_000_000


class ProcessImplementation(Implementation):
    """An implementation that is a program of its own, one process for each `load`."""

    bridge = "process"
    install: ClassVar[str] = ""  # what to do where the program is missing

    running: Program | None = None

    @abstractmethod
    def command(self) -> Sequence[str]:
        """Return the program and its arguments; it runs in the implementation's own folder."""

    def environment(self) -> Mapping[str, str]:
        """Return what the program's environment has besides the worker's."""
        return {}

    @classmethod
    def missing(cls) -> str | None:
        """Return that the program is not there and how to get it, or None."""
        name = cls(**{axis: values[0] for axis, values in cls.axes.items()}).command()[0]
        if shutil.which(name) or shutil.which(cls.folder() / name):
            return None
        return f"{name} was not found. {cls.install}".strip()

    @classmethod
    def folder(cls) -> Path:
        """Return the folder of its impl.py."""
        return Path(inspect.getfile(cls)).resolve().parent

    def load(self, problem: Problem, images: NDArray[Any], labels: NDArray[np.uint8]) -> None:
        """Start the program, ask what it is, and send the workload and the training set."""
        self.close()
        self.problem = problem
        self.running = Program(self.command(), self.folder(), self.environment())
        try:
            self.version = self.running.version()
            self.running.load(
                {
                    "dtype": self.dtype.name,
                    "layers": " ".join(map(str, problem.layers)),
                    "output": f"{problem.output_activation} {problem.loss}",
                    "momentum": repr(float(problem.momentum)),
                    "l1": repr(float(problem.l1)),
                    "l2": repr(float(problem.l2)),
                    "losses": str(int(problem.records_loss)),
                    "n_train": str(len(labels)),
                    "images": _bytes(images, self.dtype),
                    "labels": _bytes(labels, np.dtype(np.uint8)),
                }
            )
        except BaseException:
            self.close()
            raise

    def reset(self, state: State) -> None:
        """Send the state."""
        vector = state.flat()
        self._started.ask("reset", {"state": _bytes(vector, np.dtype(np.float64))})
        self.numbers, self.step = vector.size, state.step

    def train(self, order: NDArray[np.int64]) -> NDArray[np.float64] | None:
        """Send the order, wait for the answer, check what the program's clock says."""
        n_steps, batch_size = order.shape
        eta = self.problem.learning_rates(self.step, n_steps, batch_size)
        fields = {
            "steps": str(n_steps),
            "batch": str(batch_size),
            "order": _bytes(order, np.dtype(np.int64)),
            "eta": _bytes(eta, np.dtype(np.float64)),
            "R": repr(float(self.problem.batch_scale(batch_size))),
        }
        begin_ns = time.perf_counter_ns()
        answer = self._started.ask("train", fields)
        self.runner_ns = self._started.clocked_ns(answer, time.perf_counter_ns() - begin_ns)
        self.step += n_steps
        return _array(answer, "losses", n_steps) if self.problem.records_loss else None

    def params(self) -> State:
        """Ask for the state."""
        vector = _array(self._started.ask("params", {}), "state", self.numbers)
        return State.from_flat(vector, self.problem.layers, self.step)

    def receipt(self) -> Mapping[str, str]:
        """Return the command and what the program says it is."""
        variables = {name: value for name, value in self.environment().items() if name not in os.environ}
        command = [*(f"{name}={value}" for name, value in variables.items()), *self.command()]
        return {"command": shlex.join(command), "version": self.version["version"]}

    def threads(self) -> Mapping[str, int]:
        """Return the threads that the program says it uses."""
        return {self.name: int(self.version["threads"])} if "threads" in self.version else {}

    def close(self) -> None:
        """End the program."""
        if self.running is not None:
            self.running.end()
            self.running = None

    @property
    def _started(self) -> Program:
        if self.running is None:
            raise MeasurementFailed("the program was not started: load comes first")
        return self.running


class Program:
    """A running program and the questions it answers."""

    def __init__(self, command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
        self.said = tempfile.TemporaryFile()  # noqa: SIM115 -- lives as long as the program, closed by end()
        self.name = Path(command[0]).name
        try:
            self.process = subprocess.Popen(
                list(command),
                cwd=folder,
                env={**os.environ, **environment},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self.said,
                preexec_fn=_die_with_the_worker if sys.platform == "linux" else None,
            )
        except OSError as error:
            self.said.close()
            raise MeasurementFailed(f"{command[0]} cannot be started: {error.strerror}") from None
        self.input, self.output = cast(BinaryIO, self.process.stdin), cast(BinaryIO, self.process.stdout)
        self.last_ended_ns = -(1 << 63)

    def version(self) -> dict[str, str]:
        """Return what the program says of itself: its version, and its threads if it tells them.

        Raises MeasurementFailed where it speaks another protocol.
        """
        answer = {key: value.decode(errors="replace") for key, value in self.ask("version", {}).items()}
        if answer.get("protocol") != PROTOCOL:
            raise MeasurementFailed(
                f"{self.name} answers protocol {answer.get('protocol', 'none')!r}, expected {PROTOCOL!r}"
            )
        if not answer.get("version", "").strip():
            raise MeasurementFailed(f"{self.name} does not say which version it is: the field 'version' is missing")
        if not answer.get("threads", "1").isdigit():
            raise MeasurementFailed(f"threads: expected a number, got {answer['threads']!r}")
        return answer

    def load(self, fields: Mapping[str, Value]) -> None:
        """Send the workload; the program may answer with an error before it has read all of it."""
        sending = threading.Thread(target=self._send_quietly, args=("load", fields), daemon=True)
        sending.start()
        self._answer("load")
        sending.join(SECONDS_TO_END)
        if sending.is_alive():
            raise MeasurementFailed(f"load: {self.name} answered before it had read the training set")

    def _send_quietly(self, verb: str, fields: Mapping[str, Value]) -> None:
        with contextlib.suppress(OSError, ValueError):  # its end is told by the answer that does not come
            write_message(self.input, {"do": verb, **fields})

    def ask(self, verb: str, fields: Mapping[str, Value]) -> dict[str, bytes]:
        """Return the fields of the answer.

        Raises MeasurementFailed where the program answers with an error, with nonsense, or ends.
        """
        try:
            write_message(self.input, {"do": verb, **fields})
        except BrokenPipeError:
            raise MeasurementFailed(f"{verb}: {self._obituary()}") from None
        return self._answer(verb)

    def _answer(self, verb: str) -> dict[str, bytes]:
        try:
            answer = read_message(self.output, MOST_ANSWER_BYTES)
        except EOFError:
            raise MeasurementFailed(f"{verb}: {self._obituary()}") from None
        except MeasurementFailed as error:
            raise MeasurementFailed(f"{verb}: {error}") from None
        if "error" in answer:
            raise MeasurementFailed(f"{verb}: {self.name} says: {answer['error'].decode(errors='replace')}")
        return answer

    def clocked_ns(self, answer: Mapping[str, bytes], waited_ns: int) -> int:
        """Return the time between `began_ns` and `ended_ns` of an answer to train.

        Raises MeasurementFailed where it cannot be so, given that the harness waited so long for the answer.
        """
        began_ns, ended_ns = (_number(answer, key) for key in ("began_ns", "ended_ns"))
        elapsed_ns = ended_ns - began_ns
        if elapsed_ns < 0 or began_ns < self.last_ended_ns:
            raise MeasurementFailed(
                f"the clock of {self.name} goes backwards: from {max(began_ns, self.last_ended_ns)} ns "
                f"to {min(ended_ns, began_ns)} ns; use a monotonic one"
            )
        self.last_ended_ns = ended_ns
        if elapsed_ns > waited_ns:
            raise MeasurementFailed(
                f"the clock of {self.name} says {elapsed_ns} ns, but its answer took {waited_ns} ns in all"
            )
        if waited_ns > TELLING_WAIT_NS and elapsed_ns < waited_ns / 2:
            raise MeasurementFailed(
                f"the clock of {self.name} says {elapsed_ns} for a train of {waited_ns} ns: nanoseconds are expected"
            )
        return elapsed_ns

    def end(self) -> None:
        """Close its input, at which it ends by itself; kill it where it does not."""
        with contextlib.suppress(OSError):
            self.input.close()
        try:
            self.process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.output.close()
        self.said.close()

    def _obituary(self) -> str:
        """Return how the program ended and the last lines that it wrote to standard error."""
        try:
            code = self.process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            return f"{self.name} closed its output and went on"
        self.said.seek(max(0, self.said.seek(0, 2) - LOG_TAIL_BYTES))
        lines = self.said.read().decode(errors="replace").strip().splitlines()[-LOG_LINES:]
        ending = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"exited with code {code}"
        return f"{self.name} {ending}" + (f": {' / '.join(lines)}" if lines else "")


def _die_with_the_worker() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _bytes(array: NDArray[Any], dtype: np.dtype[Any]) -> memoryview:
    """Return the bytes of an array, row after row, little-endian; nothing is copied where it lies so already."""
    return memoryview(np.ascontiguousarray(array, dtype=dtype.newbyteorder("<")).reshape(-1).view(np.uint8))


def _array(answer: Mapping[str, bytes], key: str, size: int) -> NDArray[np.float64]:
    raw = answer.get(key, b"")
    if len(raw) != 8 * size:
        raise MeasurementFailed(f"{key}: expected {size} numbers of 8 bytes, got {len(raw)} bytes")
    return np.frombuffer(raw, dtype="<f8").astype(np.float64)


def _number(answer: Mapping[str, bytes], key: str) -> int:
    try:
        return int(answer[key])
    except KeyError:
        raise MeasurementFailed(f"the answer to train has no field {key!r}") from None
    except ValueError:
        raise MeasurementFailed(f"{key}: expected a whole number, got {answer[key][:40]!r}") from None
