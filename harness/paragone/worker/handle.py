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
from paragone.worker.commands import Command, GetResult, Load, R, Request, Train, reply_type, verb
from paragone.worker.pipe import Arrays, Pipe
from paragone.worker.replies import Loaded, Response, Trained, check_times, decode
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
        self._supervisor = Supervisor(self._process.pid, mark, memory_limit_bytes)
        self._pipe = Pipe(incoming, outgoing, self._poll)

    def load(self, variant: Variant, folder: str, problem: Problem, data: str, seed: int) -> Loaded:
        return self.call(
            Load(
                implementation=variant.declared_name,
                axis=dict(variant.axis),
                folder=folder,
                problem=problem,
                data=data,
                seed=seed,
                environment=variant.implementation.environment_name(),
            )
        )

    def train(
        self, state: State, order: NDArray[np.int64], n_steps: int | None = None
    ) -> tuple[State, NDArray[Any] | None]:
        """Train untimed from `state` over the first `n_steps` of `order`, or all; the parameters and the losses."""
        command = Train(step=state.step, n_steps=n_steps)
        return self._trained(command, {**state.tensors(), "order": order})

    def result(self) -> tuple[State, NDArray[Any] | None]:
        """The parameters after the last sample, and its losses."""
        return self._trained(GetResult())

    def _trained(self, command: Command[Trained], arrays: Arrays | None = None) -> tuple[State, NDArray[Any] | None]:
        reply, results = self.call_with_arrays(command, arrays)
        losses = results.pop("losses", None)
        try:
            return State.from_tensors(results, reply.step), losses
        except KeyError as missing:
            raise MeasurementFailed(f"{verb(command)}: params: {missing.args[0]} is missing") from None

    def call(self, command: Command[R]) -> R:
        """Wake the worker, have it carry out one command, stop it again; its reply.

        Raises TimedOut or MeasurementFailed with a reason. An exception of the hosted code leaves the worker alive; a
        crash, a hang or a malformed reply ends it.
        """
        return self.call_with_arrays(command)[0]

    def call_with_arrays(self, command: Command[R], arrays: Arrays | None = None) -> tuple[R, dict[str, NDArray[Any]]]:
        """As `call`, with arrays beside the command and beside the reply."""
        name = verb(command)
        if not self.alive:
            raise MeasurementFailed(f"{name}: {self._fault}")
        try:
            reply, results = self._exchange(command, arrays or {})
        except EOFError:
            self._end(self._exit_reason())
        except TimedOut:
            self._end(f"no answer within the time limit of {self.time_limit_s:g} s")
            raise TimedOut(f"{name}: {self._fault}") from None
        except MeasurementFailed as error:
            self._end(str(error))
        if not self.alive:
            raise MeasurementFailed(f"{name}: {printable(self._fault)}")
        if isinstance(reply, str):
            raise MeasurementFailed(f"{name}: {printable(reply)}")
        return reply, results

    def _exchange(self, command: Command[R], arrays: Arrays) -> tuple[R | str, dict[str, NDArray[Any]]]:
        """The checked reply, or the worker's reason that there is none; the worker is stopped again."""
        begin, request = time.monotonic(), Request(new_tag(), command)  # type: ignore[arg-type]  # any subclass
        self._supervisor.signal(signal.SIGCONT)
        self._pipe.send(request, arrays, self.time_limit_s)
        body, results = self._pipe.receive(self.time_limit_s - (time.monotonic() - begin))
        waited_ns = int((time.monotonic() - begin) * 1e9)
        self._supervisor.signal(signal.SIGSTOP)
        response = decode(body, Response)
        if response.id != request.id:
            raise MeasurementFailed("the worker's reply is not a message: it answers another command, or none")
        if self._pipe.has_more():
            raise MeasurementFailed("the worker's reply is not a message: more came than one reply")
        if response.error is None:
            reply = decode(response.reply, reply_type(type(command)))
            check_times(reply, waited_ns)
        self._inspect()
        self._supervisor.signal(signal.SIGSTOP)  # children that only this inspection found
        self.waiting_cpu_ns += response.waiting_cpu_ns
        return (reply if response.error is None else response.error), results

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
            self._supervisor.end()
            self._process.wait()
            self._resources.close()

    def _poll(self) -> None:
        """Look, and see whether the worker still lives: who has its end of the pipe from it may hold it open."""
        self._inspect()
        if self._process.poll() is not None and not self._pipe.has_more():
            raise EOFError

    def _inspect(self) -> None:
        """See to what the worker holds and what it has printed."""
        self._supervisor.inspect()
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


def printable(words: str) -> str:
    """Return what hosted code said so that it can be shown anywhere: on one line, no character that steers."""
    return "".join(c if c.isprintable() else " " if c.isspace() else ascii(c)[1:-1] for c in words)


def import_path(environment: Mapping[str, str]) -> str:
    """Return the PYTHONPATH under which a worker finds this very harness first."""
    return os.pathsep.join(filter(None, [str(IMPORT_ROOT), environment.get("PYTHONPATH", "")]))
