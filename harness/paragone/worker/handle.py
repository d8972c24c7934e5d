"""The harness's end of a worker: start it, give it orders with a time limit, stop and wake it, kill it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paragone.errors import MeasurementFailed, TimedOut
from paragone.files.paths import IMPORT_ROOT
from paragone.implementation.contract import Variant
from paragone.machine.cpu_wait import SchedulingTimes, scheduling_times
from paragone.machine.cpus import pinned_to
from paragone.machine.memory import oom_kill_count, worker_limit_bytes
from paragone.machine.process_tree import descendants, ending
from paragone.machine.python_environments import interpreter
from paragone.task.mlp.problem import Problem
from paragone.task.mlp.state import State
from paragone.worker.pipe import Message, Pipe
from paragone.worker.replies import ANSWERS, checked_answer
from paragone.worker.supervisor import TAG, Supervisor, new_tag

LOG_TAIL_BYTES = 2000
SECONDS_TO_DIE = 1.0
# What a worker prints is kept up to here, then thrown away: the disk is not its own.
MOST_LOG_BYTES = 1 << 24


class WorkerHandle:
    """A worker process that waits, stopped, between orders: its spinning thread pools must not disturb the others."""

    def __init__(
        self,
        variables: Mapping[str, str],
        cpus: Sequence[int],
        time_limit_s: float,
        environment: str = "",
        memory_limit_bytes: int | None = None,
    ) -> None:
        """Start the Python of `environment`, "" for the harness's own, with these variables, on these CPUs.

        A worker that cannot be started is one that has ended: its first order says why. Where no limit of memory is
        given it is that of `worker_limit_bytes`.
        """
        self.cpus = list(cpus)
        self.time_limit_s = time_limit_s
        self.waiting_cpu_ns = 0
        self._fault = ""
        self._resources = contextlib.ExitStack()
        self._out_of_memory_before = oom_kill_count()
        limit_bytes = worker_limit_bytes() if memory_limit_bytes is None else memory_limit_bytes
        try:
            self._start(interpreter(environment), variables, limit_bytes)
        except OSError as error:
            self._resources.close()
            self._fault = f"the worker cannot be started: {interpreter(environment)}: {error}"

    def _start(self, python: str, variables: Mapping[str, str], memory_limit_bytes: int) -> None:
        self._log = self._resources.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 -- it is
        fcntl.fcntl(self._log, fcntl.F_SETFL, os.O_APPEND)  # where it is cut, no hole is left
        mark = new_tag()
        with contextlib.ExitStack() as handed_over, pinned_to(self.cpus):
            orders, outgoing = _pipe_ends(handed_over, self._resources)
            incoming, answers = _pipe_ends(self._resources, handed_over)
            self._process = subprocess.Popen(
                # -P: not the harness that may lie in the current folder, but this one.
                [python, "-P", "-m", "paragone.worker.process", str(orders), str(answers)],
                pass_fds=(orders, answers),
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                env={**variables, "PYTHONPATH": import_path(variables), TAG: mark},
                start_new_session=True,
            )
        os.set_blocking(outgoing, False)
        self._watch = Supervisor(self._process.pid, mark, memory_limit_bytes)
        self._pipe = Pipe(incoming, outgoing, self._poll)

    def load(self, variant: Variant, folder: str, problem: Problem, data: str, seed: int) -> dict[str, Any]:
        """Load the variant with a problem; return what `load` reports."""
        order = {
            "implementation": variant.declared_name,
            "axis": dict(variant.axis),
            "folder": folder,
            "problem": problem.to_json(),
            "data": data,
            "seed": seed,
            "environment": variant.implementation.environment_name(),
        }
        answer, _ = self.order("load", order)
        return {name: answer[name] for name in ANSWERS["load"]}

    def train(
        self, state: State, order: NDArray[np.int64], n_steps: int | None = None
    ) -> tuple[State, NDArray[Any] | None]:
        """Train untimed from `state` over `order`, or its first steps; return the parameters and the losses."""
        asked = {"step": state.step, "n_steps": n_steps}
        answer, arrays = self.order("train", asked, {**state.tensors(), "order": order})
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
            raise MeasurementFailed(f"{verb}: {self._fault}")
        try:
            answer, results = self._asked(verb, order, arrays)
        except EOFError:
            self._end(self._exit_reason())
        except TimedOut:
            self._end(f"no answer within the time limit of {self.time_limit_s:g} s")
            raise TimedOut(f"{verb}: {self._fault}") from None
        except MeasurementFailed as error:
            self._end(str(error))
        if not self.alive:
            raise MeasurementFailed(f"{verb}: {readable(self._fault)}")
        if "error" in answer:
            raise MeasurementFailed(f"{verb}: {readable(answer['error'])}")
        return answer, results

    def _asked(self, verb: str, order: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]] | None) -> Message:
        """Return the answer to an order, found to be one; the worker is stopped again."""
        begin, to = time.monotonic(), new_tag()
        self._watch.signal(signal.SIGCONT)
        self._pipe.send({"do": verb, "to": to, **order}, arrays, self.time_limit_s)
        answer, results = self._pipe.receive(self.time_limit_s - (time.monotonic() - begin))
        waited_ns = int((time.monotonic() - begin) * 1e9)
        self._watch.signal(signal.SIGSTOP)
        answer = checked_answer(verb, answer, to, waited_ns)
        if self._pipe.has_more():
            raise MeasurementFailed("the worker's answer is not a message: more came than one answer")
        self._look()
        self._watch.signal(signal.SIGSTOP)  # what was found only now
        self.waiting_cpu_ns += answer["waiting_cpu_ns"]
        return answer, results

    def reading(self) -> SchedulingTimes:
        """Return what the worker and those it started have had of the machine so far."""
        pid = self._process.pid
        return scheduling_times([pid, *descendants(pid)], self.cpus)

    @property
    def alive(self) -> bool:
        """Return whether it still takes orders."""
        return not self._fault

    def kill(self) -> None:
        """End the worker and everything it started; the worker is gone when this returns."""
        self._end("the worker has ended")

    def _end(self, fault: str) -> None:
        if not self._fault:
            self._fault = fault
            self._watch.end()
            self._process.wait()
            self._resources.close()

    def _poll(self) -> None:
        """Look, and see whether the worker still lives: who has its end of the pipe from it may hold it open."""
        self._look()
        if self._process.poll() is not None and not self._pipe.has_more():
            raise EOFError

    def _look(self) -> None:
        """See to what the worker holds and what it has printed."""
        self._watch.look()
        if os.fstat(self._log.fileno()).st_size > MOST_LOG_BYTES:
            self._log.truncate(0)

    def _exit_reason(self) -> str:
        """Return how the worker ended and the last line that it printed."""
        try:
            code = self._process.wait(SECONDS_TO_DIE)
        except subprocess.TimeoutExpired:
            return "the worker closed its pipe and was killed"
        if code == -signal.SIGKILL and oom_kill_count() > self._out_of_memory_before:
            return "the worker was killed by the system, whose memory ran out"
        self._log.seek(max(0, self._log.seek(0, os.SEEK_END) - LOG_TAIL_BYTES))
        lines = self._log.read().decode(errors="replace").strip().splitlines()
        return f"the worker {ending(code)}" + (f": {lines[-1]}" if lines else "")


def _pipe_ends(owner_of_reading: contextlib.ExitStack, owner_of_writing: contextlib.ExitStack) -> tuple[int, int]:
    """Return both ends of a new pipe, each of which is closed with its owner."""
    reading, writing = os.pipe()
    owner_of_reading.callback(os.close, reading)
    owner_of_writing.callback(os.close, writing)
    return reading, writing


def readable(words: str) -> str:
    """Return what hosted code said so that it can be shown anywhere: on one line, no character that steers."""
    return "".join(c if c.isprintable() else " " if c.isspace() else ascii(c)[1:-1] for c in words)


def _state(verb: str, answer: Mapping[str, Any], arrays: dict[str, NDArray[Any]]) -> State:
    try:
        return State.from_tensors(arrays, answer["step"])
    except KeyError as missing:
        raise MeasurementFailed(f"{verb}: params: {missing.args[0]} is missing") from None


def import_path(environment: Mapping[str, str]) -> str:
    """Return the PYTHONPATH under which a worker finds this very harness first."""
    return os.pathsep.join(filter(None, [str(IMPORT_ROOT), environment.get("PYTHONPATH", "")]))
