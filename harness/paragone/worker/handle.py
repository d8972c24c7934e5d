"""The harness's end of a worker: start it, give it commands with a time limit, stop and wake it, kill it."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from numpy.typing import NDArray

from paragone.errors import MeasurementFailed, TimedOut
from paragone.files.printable import plain_words
from paragone.implementation.failure_reason import MOST_REASON_CHARACTERS
from paragone.machine.accelerator import hold_accelerator
from paragone.machine.child import Child, new_tag
from paragone.machine.cpu_wait import SchedulingTimes, scheduling_times
from paragone.machine.cpus import pin
from paragone.machine.memory import held_bytes, oom_kill_count, worker_limit_bytes
from paragone.machine.process_tree import descendants
from paragone.machine.python_environments import interpreter
from paragone.task.families import NETWORKS
from paragone.worker.commands import Command, R, Request, reply_type, verb
from paragone.worker.last_words import where_it_is
from paragone.worker.pipe import Arrays, Pipe
from paragone.worker.replies import Response, check_times, decode
from paragone.worker.worker import Worker

GB = 1e9
AUTHORS_VERBS = ("load", "reset", "train", "run", "params", "result")
VERSION = "version"


class _Raised(NamedTuple):
    """An exception of the hosted code, in words, and the verb of the contract that raised it where that is known."""

    verb: str | None
    text: str


class WorkerHandle(Worker):
    """A worker process, stopped between commands so that its spinning thread pools do not disturb other workers."""

    def __init__(
        self,
        variables: Mapping[str, str],
        cpus: Sequence[int],
        time_limit_s: float,
        environment: str = "",
        memory_limit_bytes: int | None = None,
    ) -> None:
        """Start the Python of `environment` ("" is the harness's own) with these variables, on these CPUs.

        A worker that cannot be started counts as ended: its first command raises the reason. The default memory limit
        is `worker_limit_bytes()`.
        """
        self.cpus = list(cpus)
        self.time_limit_s = time_limit_s
        self.memory_limit_bytes = worker_limit_bytes() if memory_limit_bytes is None else memory_limit_bytes
        self.waiting_cpu_ns, self.waited_ns = 0, 0
        self._fault = ""
        self._resources = contextlib.ExitStack()
        self._oom_kills_before = oom_kill_count()
        try:
            self._start(interpreter(environment), variables)
        except OSError as error:
            self._resources.close()
            self._fault = f"the worker cannot be started: {interpreter(environment)}: {error}"

    def _start(self, python: str, variables: Mapping[str, str]) -> None:
        (worker_incoming, outgoing), (incoming, worker_outgoing) = os.pipe(), os.pipe()
        self._resources.callback(os.close, incoming)
        self._resources.callback(os.close, outgoing)
        ends = (worker_incoming, worker_outgoing)
        module = "paragone.worker.process"
        self._child = Child(module, environment=variables, handed_over=ends, python=python, cpus=self.cpus)
        self._resources.callback(self._child.kill)
        self._pipe = Pipe(incoming, outgoing, self._poll)

    def call_with_arrays(self, command: Command[R], arrays: Arrays | None = None) -> tuple[R, dict[str, NDArray[Any]]]:
        """The reply to one command. The worker runs only in between: it is continued, and stopped again."""
        name = self.spoken(verb(command))
        if not self.alive:
            raise MeasurementFailed(f"{name}: {self._fault}")
        try:
            reply, results = self._exchange(command, arrays or {})
        except EOFError:
            self._end(self._exit_reason())
        except TimedOut:
            place = where_it_is(self._child.pid, self._child.log)
            limit = f"no answer within the time limit of {self.time_limit_s:g} s{place}"
            self._end(f"{limit}; more is allowed with --time-limit")
            raise TimedOut(f"{name}: {self._fault}") from None
        except MeasurementFailed as error:
            self._end(str(error))
        if not self.alive:
            raise MeasurementFailed(behind_one_verb(name, plain_words(self._fault, MOST_REASON_CHARACTERS)))
        if isinstance(reply, _Raised):
            name = self.spoken(reply.verb or verb(command))
            raise MeasurementFailed(behind_one_verb(name, plain_words(reply.text, MOST_REASON_CHARACTERS)))
        return reply, results

    def _exchange(self, command: Command[R], arrays: Arrays) -> tuple[R | _Raised, dict[str, NDArray[Any]]]:
        """The checked reply, or what the hosted code raised."""
        begin_ns, request = time.monotonic_ns(), Request(new_tag(), command)  # type: ignore[arg-type]  # any subclass
        self._child.signal(signal.SIGCONT)
        self._pipe.send(request, arrays, self.time_limit_s)
        sent_ns = time.monotonic_ns()
        body, results = self._pipe.receive(self.time_limit_s - (sent_ns - begin_ns) / 1e9)
        received_ns = time.monotonic_ns()
        self.waited_ns = received_ns - sent_ns
        self._child.signal(signal.SIGSTOP)
        response = decode(body, Response)
        if response.id != request.id:
            raise MeasurementFailed("the worker's reply is not a message: it answers another command, or none")
        if self._pipe.has_more():
            raise MeasurementFailed("the worker's reply is not a message: more came than one reply")
        if response.error is None:
            reply = decode(response.reply, reply_type(type(command)))
            check_times(reply, received_ns - begin_ns)  # it may be at work before this process knows that all is sent
        self._inspect()
        self._child.signal(signal.SIGSTOP)  # children that the inspection has just found
        self.waiting_cpu_ns += response.waiting_cpu_ns
        return (reply if response.error is None else _Raised(response.raised_by, response.error)), results

    def scheduling_times(self) -> SchedulingTimes:
        return scheduling_times(self._pids(), self.cpus)

    def holds_accelerator(self) -> bool:
        return hold_accelerator(self._pids())

    def _pids(self) -> list[int]:
        return [self._child.pid, *descendants(self._child.pid)]

    @property
    def alive(self) -> bool:
        return not self._fault

    def move_to(self, cpus: Sequence[int]) -> None:
        self.cpus = list(cpus)
        if self.alive:
            pin(self._pids(), cpus)

    def abandon(self) -> None:
        if self.alive:
            self._child.signal(signal.SIGKILL)

    def kill(self) -> None:
        self._end("the worker has ended")

    def _end(self, fault: str) -> None:
        if not self._fault:
            self._fault = fault
            self._resources.close()

    def _poll(self) -> None:
        """Raises EOFError where the worker has ended: its pipe stays open if a child has inherited it."""
        self._inspect()
        if self._child.has_ended and not self._pipe.has_more():
            raise EOFError

    def _inspect(self) -> None:
        """Raises MeasurementFailed where the worker and its children hold more memory than allowed."""
        if held_bytes(self._child.inspect(), self.memory_limit_bytes) > self.memory_limit_bytes:
            raise MeasurementFailed(
                f"used more than {self.memory_limit_bytes / GB:.3g} GB of memory and was killed; "
                "more is allowed with --memory-limit"
            )

    def _exit_reason(self) -> str:
        code = self._child.exit_code()
        if code is None:
            return "the worker closed its pipe and was killed"
        if code == -signal.SIGKILL and oom_kill_count() > self._oom_kills_before:
            return "the worker was killed by the system, whose memory ran out"
        reason = f"the worker {self._child.exit_reason()}"
        if code < 0 and hasattr(self, "problem") and self.problem.family == NETWORKS:
            return f"{reason}. {self._where_to_see_more()}"
        return reason

    def _where_to_see_more(self) -> str:
        """Where a crash is told with its place. Julia inside Python cannot tell a stack overflow."""
        if self.bridge == "julia":
            twin = f"{self.implementation}_process"
            return f"Julia in a program of its own tells the file and line: paragone verify {twin}"
        return f"See: paragone verify {self.implementation} --contract"


def behind_one_verb(verb: str, reason: str) -> str:
    """The reason behind one verb, the innermost that an author writes: a program is asked the same within it."""
    inner, _, rest = reason.partition(": ")
    if inner == VERSION:  # of the protocol alone
        return f"{verb}: {rest}"
    return reason if inner in AUTHORS_VERBS else f"{verb}: {reason}"
