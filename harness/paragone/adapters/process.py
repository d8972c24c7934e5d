"""Any program that speaks the process protocol over standard input and output; docs/process.md describes it.

An implementation is a class with the command that starts the program:

    class MyStep(ProcessImplementation):
        def command(self):
            return ["./my_step", "--fast"]
"""

from __future__ import annotations

import inspect
import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from paragone.adapters.hosted_program import HostedProgram
from paragone.adapters.installing import not_found
from paragone.adapters.klv import Value
from paragone.adapters.phase_clock import told_times
from paragone.adapters.program import Answer, Program, field_of, read_array, read_nothing
from paragone.errors import MeasurementFailed
from paragone.implementation.contract import PhaseTimes
from paragone.task.mlp.problem import NetworkProblem
from paragone.task.mlp.state import State

SIGMOID = ("sigmoid",)


class TrainingProgram(Program):
    """A running program that trains."""

    phases = ""  # the field of the answer to the last train

    def load(self, fields: Mapping[str, Value]) -> None:
        """Send the problem and the training set."""
        self.ask_at_length("load", fields, "the training set")

    def reset(self, state: Value) -> None:
        self.ask("reset", {"state": state}, read_nothing)

    def train(self, fields: Mapping[str, Value], n_losses: int) -> tuple[int, NDArray[np.float64]]:
        """The nanoseconds by the program's own clock, checked against ours, and the losses."""

        def read(answer: Answer) -> NDArray[np.float64]:
            self.phases = answer.get("phases", b"").decode(errors="replace")
            return read_array(answer, "losses", n_losses)

        return self.timed("train", fields, read)

    def params(self, numbers: int) -> NDArray[np.float64]:
        """The state as one vector."""
        return self.ask("params", {}, lambda answer: read_array(answer, "state", numbers))

    def load_test(self, images: Value) -> None:
        self.ask("test", {"images": images}, read_nothing)

    def predict(self, n_images: int) -> NDArray[np.uint8]:
        return self.ask("predict", {}, lambda answer: _read_classes(answer, n_images))


class ProcessImplementation(HostedProgram[TrainingProgram]):
    """An implementation that is a program of its own, started by `load`."""

    install: ClassVar[str] = ""  # how to get the program where it is missing

    @classmethod
    def missing(cls) -> str | None:
        name = cls(**{axis: values[0] for axis, values in cls.axes.items()}).command()[0]
        return not_found(name, cls.folder(), cls.install)

    @classmethod
    def folder(cls) -> Path:
        """The folder of impl.py."""
        return Path(inspect.getfile(cls)).resolve().parent

    def load(self, problem: NetworkProblem, images: NDArray[Any], labels: NDArray[np.uint8]) -> None:
        """Start the program unless it runs, ask for its version, and send the problem and the training set."""
        self._load(problem, images, labels, {})

    def load_clocked(self, problem: NetworkProblem, images: NDArray[Any], labels: NDArray[np.uint8]) -> None:
        """As `load`, and ask for the times of the phases in each answer to train."""
        self._load(problem, images, labels, {"phases": "1"})

    def phase_times(self) -> PhaseTimes:
        """The times of the last train; empty where the program does not send them."""
        return told_times(self._program.phases)

    def _load(
        self, problem: NetworkProblem, images: NDArray[Any], labels: NDArray[np.uint8], asked: Mapping[str, str]
    ) -> None:
        self.problem = problem
        if self.running is not None and self.running.fault:
            self.close()
        program = self.start(TrainingProgram, self.folder())
        try:
            program.load(
                {
                    "dtype": self.dtype.name,
                    "layers": " ".join(map(str, problem.layers)),
                    **self._hidden(problem),
                    "output": f"{problem.output_activation} {problem.loss}",
                    "momentum": repr(float(problem.momentum)),
                    "l1": repr(float(problem.l1)),
                    "l2": repr(float(problem.l2)),
                    "losses": str(int(problem.records_loss)),
                    "n_train": str(len(labels)),
                    **asked,
                    "images": _bytes(images, self.dtype),
                    "labels": _bytes(labels, np.dtype(np.uint8)),
                }
            )
        except BaseException:
            self.close()
            raise

    def _hidden(self, problem: NetworkProblem) -> Mapping[str, str]:
        """A field for the programs that know more than sigmoid; others are told what they always were."""
        return {"hidden": problem.hidden_activation} if tuple(self.hidden_activations) != SIGMOID else {}

    def reset(self, state: State) -> None:
        vector = state.flat()
        self._program.reset(_bytes(vector, np.dtype(np.float64)))
        self.numbers, self.step = vector.size, state.step

    def train(self, order: NDArray[np.int64]) -> NDArray[np.float64] | None:
        """Sets `runner_ns`, the time by the program's own clock."""
        n_steps, batch_size = order.shape
        eta = self.problem.learning_rates(self.step, n_steps, batch_size)
        fields: dict[str, Value] = {
            "steps": str(n_steps),
            "batch": str(batch_size),
            "order": _bytes(order, np.dtype(np.int64)),
            "eta": _bytes(eta, np.dtype(np.float64)),
            "R": repr(float(self.problem.batch_scale(batch_size))),
        }
        records_loss = self.problem.records_loss
        self.runner_ns, losses = self._program.train(fields, n_steps if records_loss else 0)
        self.step += n_steps
        return losses if records_loss else None

    def params(self) -> State:
        return State.from_flat(self._program.params(self.numbers), self.problem.layers, self.step)

    def load_test(self, images: NDArray[Any]) -> None:
        self.n_test = len(images)
        self._program.load_test(_bytes(images, self.dtype))

    def predict(self) -> NDArray[np.integer[Any]]:
        return self._program.predict(self.n_test)

    def build_info(self) -> Mapping[str, str]:
        variables = {name: value for name, value in self.environment().items() if name not in os.environ}
        command = [*(f"{name}={value}" for name, value in variables.items()), *self.started]
        return {"command": shlex.join(command), "version": self.version["version"]}


def _read_classes(answer: Answer, n_images: int) -> NDArray[np.uint8]:
    raw = field_of(answer, "classes")
    if len(raw) != n_images:
        raise MeasurementFailed(f"classes: expected a byte for each of {n_images} images, got {len(raw)} bytes")
    return np.frombuffer(raw, dtype=np.uint8)


def _bytes(array: NDArray[Any], dtype: np.dtype[Any]) -> memoryview:
    """The bytes of an array in C order, little-endian; not copied where they already lie so."""
    return np.ascontiguousarray(array, dtype=dtype.newbyteorder("<")).reshape(-1).view(np.uint8).data
