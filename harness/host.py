"""The harness's end of a worker: start it, give it orders with a time limit, stop and wake it, kill it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import MeasurementFailed, TimedOut
from harness.interface import Variant
from harness.interpreters import interpreter
from harness.machine.family import ending
from harness.machine.hardware import affinity
from harness.pipe import Message, Pipe
from harness.problem import Problem
from harness.registry import PROJECT
from harness.state import State
from harness.stored import Check, anything, count, maybe, number, positive, size, table_of, text, truth, whole

LOG_TAIL_BYTES = 2000
SECONDS_TO_DIE = 2.0
# What the answer to each order must hold.
ANSWERS = {
    "load": ("load_seconds", "loaded_memory_bytes", "threads_found", "receipt"),
    "cost": ("step_seconds",),
    "call": ("call_seconds",),
    "train": ("step",),
    "sample": ("n_steps", "elapsed_ns", "runner_ns", "cpu_ns", "digest"),
    "result": ("step",),
    "peak": ("peak_memory_bytes",),
    "memory": ("loaded_memory_bytes", "peak_memory_bytes", "since_load"),
    "limits": ("gemm", "read", "products"),
    "clock": ("reading_ns",),
    "pair": ("plain_ns", "clocked_ns", "phases", "parts", "is_same"),
}
# Of what kind each entry is, where anything is done with it but being shown.
KINDS: dict[str, Check] = {
    **dict.fromkeys(("waiting_cpu_ns", "cpu_ns"), whole),
    **dict.fromkeys(("n_steps", "elapsed_ns"), size),
    **dict.fromkeys(("load_seconds", "step_seconds", "call_seconds"), number),
    **{"step": count, "loaded_memory_bytes": count, "peak_memory_bytes": maybe(count), "runner_ns": maybe(count)},
    **{"digest": text, "receipt": table_of(anything), "since_load": truth},
    **dict.fromkeys(("gemm", "read"), positive),
    **{"products": table_of(positive), "threads_found": table_of(anything)},
}


class WorkerHandle:
    """A worker process that waits, stopped, between orders: its spinning thread pools must not disturb the others."""

    def __init__(
        self, variables: Mapping[str, str], cpus: Sequence[int], time_limit_s: float, environment: str = ""
    ) -> None:
        """Start the Python of `environment`, "" for the harness's own, with these variables, on these CPUs."""
        self.cpus = list(cpus)
        self.time_limit_s = time_limit_s
        self.waiting_cpu_ns = 0
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 -- lives as long as the worker, closed by kill()
        orders, outgoing = os.pipe()
        incoming, answers = os.pipe()
        try:
            self._process = self._started(interpreter(environment), variables, orders, answers)
        except OSError as error:
            for descriptor in (outgoing, incoming):
                os.close(descriptor)
            self._log.close()
            raise MeasurementFailed(f"the worker cannot be started: {interpreter(environment)}: {error}") from None
        finally:
            os.close(orders)
            os.close(answers)
        os.set_blocking(outgoing, False)
        self._pipe = Pipe(incoming, outgoing)
        self._ended = False

    def _started(self, python: str, variables: Mapping[str, str], orders: int, answers: int) -> subprocess.Popen[bytes]:
        with pinned_to(self.cpus):
            return subprocess.Popen(
                # -P: not the harness that may lie in the current folder, but this one.
                [python, "-P", "-m", "harness.worker", str(orders), str(answers)],
                pass_fds=(orders, answers),
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                env={**variables, "PYTHONPATH": python_path(variables)},
                start_new_session=True,
            )

    def load(self, variant: Variant, folder: str, problem: Problem, data: str, seed: int) -> dict[str, Any]:
        """Load the variant with a problem; return what `load` reports."""
        order = {
            "implementation": variant.implementation.name,
            "axis": dict(variant.axis),
            "folder": folder,
            "problem": problem.to_json(),
            "data": data,
            "seed": seed,
            "environment": variant.implementation.environment_name(),
        }
        answer, _ = self.order("load", order)
        return {name: answer[name] for name in ANSWERS["load"]}

    def train(self, state: State, order: NDArray[np.int64]) -> tuple[State, NDArray[Any] | None]:
        """Train untimed from `state` over `order`; return the parameters and the losses."""
        answer, arrays = self.order("train", {"step": state.step}, {**state.tensors(), "order": order})
        losses = arrays.pop("losses", None)
        return _state("train", answer, arrays), losses

    def result(self) -> tuple[State, NDArray[Any] | None]:
        """Return the parameters after the last sample, and its losses."""
        answer, arrays = self.order("result", {})
        losses = arrays.pop("losses", None)
        return _state("result", answer, arrays), losses

    def order(self, verb: str, order: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]] | None = None) -> Message:
        """Wake the worker, carry out one order, stop it again; return its answer.

        Raises TimedOut or MeasurementFailed with a reason. What the hosted code raised leaves the worker
        alive; a crash, a hang or a corrupt answer ends it.
        """
        if not self.alive:
            raise MeasurementFailed(f"{verb}: the worker has ended")
        try:
            self._signal(signal.SIGCONT)
            self._pipe.send({"do": verb, **order}, arrays, self.time_limit_s)
            answer, results = self._pipe.receive(self.time_limit_s)
            self._signal(signal.SIGSTOP)
            self.waiting_cpu_ns += _checked(verb, answer)["waiting_cpu_ns"]
        except EOFError:
            raise MeasurementFailed(f"{verb}: {self._obituary()}") from None
        except TimedOut:
            self.kill()
            raise TimedOut(f"{verb}: no answer within the time limit of {self.time_limit_s:g} s") from None
        except MeasurementFailed as error:
            self.kill()
            raise MeasurementFailed(f"{verb}: {error}") from None
        if "error" in answer:
            raise MeasurementFailed(f"{verb}: {answer['error']}")
        return answer, results

    @property
    def alive(self) -> bool:
        """Whether it still takes orders."""
        return not self._ended

    def kill(self) -> None:
        """End the worker and everything it started; the worker is gone when this returns."""
        if not self._ended:
            self._ended = True
            self._signal(signal.SIGKILL)
            self._process.wait()
            os.close(self._pipe.incoming)
            os.close(self._pipe.outgoing)
            self._log.close()

    def _signal(self, number: signal.Signals) -> None:
        # A group whose processes have all ended is not found, or, on a Mac, not permitted.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def _obituary(self) -> str:
        """Return how the worker ended and the last line that it printed."""
        try:
            code = self._process.wait(SECONDS_TO_DIE)
        except subprocess.TimeoutExpired:
            self.kill()
            return "the worker closed its pipe and was killed"
        self._log.seek(max(0, self._log.seek(0, os.SEEK_END) - LOG_TAIL_BYTES))
        lines = self._log.read().decode(errors="replace").strip().splitlines()
        self.kill()  # the group may hold children of the worker
        return f"the worker {ending(code)}" + (f": {lines[-1]}" if lines else "")


def _checked(verb: str, answer: dict[str, Any]) -> dict[str, Any]:
    """Return the answer if it has what an answer to this order has: hosted code may write to any descriptor."""
    expected = ("waiting_cpu_ns", *(() if "error" in answer else ANSWERS[verb]))
    if lacking := [name for name in expected if name not in answer]:
        raise MeasurementFailed(f"the worker's answer is not a message: it lacks {', '.join(lacking)}")
    try:
        for name in expected:
            KINDS.get(name, anything)(name, answer[name])
    except ValueError as error:
        raise MeasurementFailed(f"the worker's answer is not a message: {error}") from None
    return answer


def _state(verb: str, answer: Mapping[str, Any], arrays: dict[str, NDArray[Any]]) -> State:
    try:
        return State.from_tensors(arrays, answer["step"])
    except KeyError as missing:
        raise MeasurementFailed(f"{verb}: params: {missing.args[0]} is missing") from None


def python_path(environment: Mapping[str, str]) -> str:
    """Return the PYTHONPATH under which a worker finds this very harness first."""
    return os.pathsep.join(filter(None, [str(PROJECT), environment.get("PYTHONPATH", "")]))


def usable_cpus() -> tuple[int, ...]:
    """Return the CPUs that this process was given when it started; empty where the system cannot pin processes."""
    return affinity() if hasattr(os, "sched_getaffinity") else ()


def worker_cpus(threads: int) -> tuple[int, ...]:
    """Return the CPUs for a worker of `threads` threads: the last ones of those we may use, all if too few."""
    return usable_cpus()[-threads:]


def harness_cpus(threads: int) -> tuple[int, ...]:
    """Return the CPUs that the workers leave to the harness, or all of them where none is left."""
    return usable_cpus()[:-threads] or usable_cpus()


@contextlib.contextmanager
def pinned_to(cpus: Sequence[int]) -> Iterator[None]:
    """Run the block, and start the processes in it, on these CPUs; do nothing where `cpus` is empty."""
    if not cpus:
        yield
        return
    usable_cpus()  # remembered before it is narrowed
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
