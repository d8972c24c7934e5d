"""The worker process: it hosts one variant and carries out commands. It loads neither pandas nor matplotlib.

    python -m paragone.worker.process INCOMING OUTGOING    (two open file descriptors)

`HostedVariant.execute` is the table of commands. An exception becomes a response with `error`; output of the hosted
code goes to the worker's log.
"""

from __future__ import annotations

import functools
import gc
import signal
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from paragone.implementation.contract import Implementation
from paragone.implementation.failure_reason import describe_error
from paragone.implementation.importing import implementation_class
from paragone.machine.memory import (
    be_first_oom_victim,
    peak_memory_bytes,
    reset_peak_memory,
    resident_memory_bytes,
    trim_heap,
)
from paragone.machine.process_tree import adopt_orphans, die_with_parent
from paragone.machine.threads import loaded_thread_pools
from paragone.task.mlp.data import open_cached
from paragone.task.mlp.problem import Problem
from paragone.task.mlp.state import State
from paragone.worker import commands, replies
from paragone.worker.build_words import advice_of, build_words
from paragone.worker.ceiling import machine_limits
from paragone.worker.commands import AnyCommand
from paragone.worker.estimate import call_seconds, cpus_used, step_seconds
from paragone.worker.evaluation import evaluate
from paragone.worker.phases import reading_ns, take_pair
from paragone.worker.pipe import Arrays, Pipe
from paragone.worker.sample import copied_params, cpu_time_ns, take_sample, train_prefix


class HostedVariant:
    """One variant, loaded with one problem."""

    implementation: Implementation
    clocked: Implementation
    problem: Problem
    start: State
    losses: NDArray[Any] | None = None
    kept: tuple[int, Arrays] | None = None  # the steps and the arrays that params() gave
    folder: Path | None = None
    has_test_set = False
    waiting_cpu_ns = 0

    def execute(self, command: AnyCommand, arrays: Arrays) -> msgspec.Struct | tuple[msgspec.Struct, Arrays]:
        """The reply, with its arrays where it has any."""
        match command:
            case commands.Load():
                return self.load(command)
            case commands.EstimateStep():
                return self.estimate_step(command)
            case commands.TimeCall():
                return self.time_call(command)
            case commands.Train():
                return self.train(command, arrays)
            case commands.Prepare():
                return self.prepare(arrays["order"])
            case commands.Reset():
                return self.reset(command, arrays)
            case commands.TakeSample():
                return self.sample(arrays["order"])
            case commands.CallParams():
                return self.call_params()
            case commands.CountCpus():
                batches = self.batches(command.size, command.n_steps)
                cpus = cpus_used(self.implementation, self.start, batches, budgets=command.budgets)
                return replies.CpusUsed(cpus)
            case commands.GetResult():
                return self.result(self.losses)
            case commands.GetPeakMemory():
                return replies.PeakMemory(peak_memory_bytes())
            case commands.MeasureMemory():
                return self.measure_memory(command)
            case commands.Evaluate():
                return self.evaluate(arrays)
            case commands.MeasureLimits():
                return machine_limits(command.layers, command.dtype, command.sizes, command.budgets)
            case commands.LoadClocked():
                return self.load_clocked()
            case commands.TakePair():
                batches = self.batches(command.size, command.n_steps)
                instances = self.implementation, self.clocked
                return take_pair(*instances, self.start, batches, command.prefix_steps, command.plain_first)

    def load(self, command: commands.Load) -> replies.Loaded:
        if hasattr(self, "implementation"):
            self.implementation.close()
            del self.implementation
        self.axis, self.data = command.axis, Path(command.data)
        self.problem, self.seed = command.problem, command.seed
        self.start = self.problem.start_state(command.seed)
        self.known_batches: dict[tuple[int, int], NDArray[np.int64]] = {}
        self.folder = Path(command.folder)
        declared = self.declared(command.implementation)
        images, labels = self.training_set()
        begin = time.perf_counter()
        implementation = declared(**command.axis)
        try:
            implementation.load(self.problem, images, labels)
        except Exception as error:
            error.add_note(advice_of(implementation))
            raise
        load_seconds = time.perf_counter() - begin
        self.implementation, self.has_test_set = implementation, False
        del images, labels  # pages of the shared cache: they do not count as the implementation's memory
        self.freeze_garbage()
        return replies.Loaded(
            load_seconds=load_seconds,
            loaded_memory_bytes=resident_memory_bytes(),
            threads_found=loaded_thread_pools(implementation.threads()),
            build_info=build_words(command.environment, implementation),
        )

    def declared(self, implementation: str) -> type[Implementation]:
        """The implementation of this name in the variant's folder."""
        assert self.folder is not None
        return implementation_class(self.folder, implementation)

    def freeze_garbage(self) -> None:
        """Collect garbage, then exempt all living objects: a later collection would scan everything `load` made."""
        gc.collect()
        gc.freeze()

    def estimate_step(self, command: commands.EstimateStep) -> replies.StepCost:
        given = self.implementation, self.start, command.size, functools.partial(self.batches, command.size)
        return replies.StepCost(step_seconds(*given, budgets=command.budgets))

    def time_call(self, command: commands.TimeCall) -> replies.CallCost:
        batches = self.batches(command.size, 1)
        self.implementation.reset(self.start)
        return replies.CallCost(call_seconds(lambda: self.implementation.train(batches), budgets=command.budgets))

    def load_clocked(self) -> replies.ClockCost:
        """Load the variant a second time, beside the first, with a clock around its phases."""
        self.clocked = type(self.implementation)(**self.axis)
        self.clocked.load_clocked(self.problem, *self.training_set())
        self.freeze_garbage()
        return replies.ClockCost(reading_ns())

    def prepare(self, prefix: NDArray[np.int64]) -> replies.Ready:
        train_prefix(self.implementation, self.start, prefix)
        return replies.Ready()

    def reset(self, command: commands.Reset, arrays: Arrays) -> replies.Ready:
        self.implementation.reset(State.from_tensors(dict(arrays), command.step))
        return replies.Ready()

    def call_params(self) -> replies.Ready:
        self.kept = copied_params(self.implementation)
        return replies.Ready()

    def sample(self, order: NDArray[np.int64]) -> replies.Timing:
        timing, losses = take_sample(self.implementation, order)
        self.losses = None if losses is None else np.array(losses)
        return msgspec.structs.replace(timing, waiting_cpu_ns=self.waiting_cpu_ns)

    def train(self, command: commands.Train, arrays: Arrays) -> tuple[replies.Trained, Arrays]:
        self.implementation.reset(State.from_tensors(dict(arrays), command.step))
        return self.result(self.implementation.train(arrays["order"][: command.n_steps]))

    def result(self, losses: NDArray[Any] | None) -> tuple[replies.Trained, Arrays]:
        (step, tensors), self.kept = self.kept or copied_params(self.implementation), None
        extra = {} if losses is None else {"losses": np.asarray(losses)}
        return replies.Trained(step), {**tensors, **extra}

    def measure_memory(self, command: commands.MeasureMemory) -> replies.MemoryUse:
        batches = self.batches(command.size, command.n_steps)
        trim_heap()  # training would reuse memory that loading freed, and seem to need less
        since_load = reset_peak_memory()
        loaded_bytes = resident_memory_bytes()
        self.implementation.reset(self.start)
        self.implementation.train(batches)
        peak_bytes = peak_memory_bytes()
        return replies.MemoryUse(loaded_memory_bytes=loaded_bytes, peak_memory_bytes=peak_bytes, since_load=since_load)

    def evaluate(self, arrays: Arrays) -> tuple[replies.Evaluated, Arrays]:
        if not self.has_test_set:
            self.implementation.load_test(open_cached(self.data).test_pixels(self.axis["dtype"]))
            self.has_test_set = True
        n_calls = len(next(iter(arrays.values())))
        states = [State.from_tensors({name: stack[i] for name, stack in arrays.items()}, 0) for i in range(n_calls)]
        return evaluate(self.implementation, states)

    def training_set(self) -> tuple[NDArray[Any], NDArray[np.uint8]]:
        return open_cached(self.data).inputs(self.problem, self.axis["dtype"])

    def batches(self, size: int, n_steps: int) -> NDArray[np.int64]:
        """The problem's order for so many steps, cached: drawing it costs as much as a short sample."""
        key = (size, n_steps)
        if key not in self.known_batches:
            self.known_batches[key] = self.problem.order(self.seed, n_steps, size)
            self.known_batches[key].flags.writeable = False  # like an order that comes through the pipe
        return self.known_batches[key]


def serve(pipe: Pipe) -> None:
    """Carry out commands until the harness closes the pipe."""
    hosted = HostedVariant()
    cpu_at_reply_ns = cpu_time_ns()
    while True:
        try:
            body, arrays = pipe.receive()
        except EOFError:
            return
        request = msgspec.json.decode(body, type=commands.Request)
        hosted.waiting_cpu_ns = waiting_cpu_ns = cpu_time_ns() - cpu_at_reply_ns
        try:
            result = hosted.execute(request.command, arrays)
            reply, results = result if isinstance(result, tuple) else (result, {})
            encoded = msgspec.Raw(msgspec.json.encode(reply))
            pipe.send(replies.Response(id=request.id, waiting_cpu_ns=waiting_cpu_ns, reply=encoded), results)
        except Exception as error:
            reason = describe_error(error, hosted.folder)
            pipe.send(replies.Response(id=request.id, waiting_cpu_ns=waiting_cpu_ns, error=reason))
        cpu_at_reply_ns = cpu_time_ns()


def main() -> None:
    """Serve on the two file descriptors that the command line names."""
    die_with_parent()
    adopt_orphans()
    be_first_oom_victim()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the harness answers Ctrl-C
    incoming, outgoing = map(int, sys.argv[1:3])
    pipe = Pipe(incoming, outgoing)
    pipe.close_in_children()
    serve(pipe)


if __name__ == "__main__":
    main()
