"""The variant that a worker process hosts, and what it does at each command."""

from __future__ import annotations

import functools
import gc
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from paragone.implementation.contract import Implementation
from paragone.implementation.importing import implementation_class
from paragone.machine.memory import (
    peak_memory_bytes,
    reset_peak_memory,
    resident_memory_bytes,
    trim_heap,
)
from paragone.machine.threads import loaded_thread_pools
from paragone.task.families import family_of, networks
from paragone.task.problem import NamedArrays
from paragone.worker import commands, replies
from paragone.worker.build_words import advice_of, build_words
from paragone.worker.commands import AnyCommand
from paragone.worker.estimate import cpus_used, step_seconds
from paragone.worker.pipe import Arrays
from paragone.worker.sample import copied_params, take_sample, train_prefix


class HostedVariant:
    """One variant, loaded with one problem."""

    implementation: Implementation
    clocked: Implementation
    problem: Any  # a Problem of any family
    losses: NDArray[Any] | None = None
    kept: tuple[int, Arrays] | None = None  # the steps and the arrays that params() gave
    folder: Path | None = None
    has_test_set = False
    waiting_cpu_ns = 0
    verb: replies.Verb | None = None  # that a command with several of them is at

    def execute(self, command: AnyCommand, arrays: Arrays) -> msgspec.Struct | tuple[msgspec.Struct, Arrays]:
        """The reply, with its arrays where it has any."""
        self.verb = None
        match command:
            case commands.Load():
                return self.load(command)
            case commands.EstimateStep():
                return self.estimate_step(command, arrays)
            case commands.Train():
                return self.train(command, arrays)
            case commands.Prepare():
                return self.prepare(command, arrays)
            case commands.Reset():
                return self.reset(command, arrays)
            case commands.TakeSample():
                return self.sample(arrays["order"])
            case commands.CallParams():
                return self.call_params()
            case commands.CountCpus():
                order = self.order_of(command.size, command.n_steps)
                cpus = cpus_used(self.implementation, self.start(arrays), order, budgets=command.budgets)
                return replies.CpusUsed(cpus)
            case commands.GetResult():
                return self.result(self.losses)
            case commands.GetPeakMemory():
                return replies.PeakMemory(peak_memory_bytes())
            case commands.ListModules():
                return self.list_modules(command.since_s)
            case commands.MeasureMemory():
                return self.measure_memory(command, arrays)
            case commands.Evaluate():
                return self.evaluate(arrays)
            case commands.LoadClocked():
                return self.load_clocked()
            case commands.TakePair():
                return self.pair(command, arrays)

    def load(self, command: commands.Load) -> replies.Loaded:
        self.axis, self.data = command.axis, Path(command.data)
        self.problem, self.seed = command.problem, command.seed
        self.known_orders: dict[tuple[int, int], NDArray[np.int64]] = {}
        self.losses, self.kept = None, None
        self.folder = Path(command.folder)
        declared = self.declared(command.implementation)
        running = self.running(declared)
        inputs = self.inputs()
        begin = time.perf_counter()
        implementation = running or declared(**command.axis)
        try:
            implementation.load(self.problem, *inputs)
        except Exception as error:
            error.add_note(advice_of(implementation))
            raise
        load_seconds = time.perf_counter() - begin
        self.implementation, self.has_test_set = implementation, False
        del inputs  # pages of the shared cache: they do not count as the implementation's memory
        self.freeze_garbage()
        return replies.Loaded(
            load_seconds=load_seconds,
            loaded_memory_bytes=resident_memory_bytes(),
            threads_found=loaded_thread_pools(implementation.threads()),
            build_info=build_words(command.environment, implementation),
        )

    def running(self, declared: type[Implementation]) -> Implementation | None:
        """The one loaded before, where it is the same one with a program, which may be loaded again; others are closed.

        A program may take seconds to start and to compile.
        """
        before: Implementation | None = vars(self).pop("implementation", None)
        if before is None:
            return None
        if type(before) is declared and before.axis == self.axis and declared.bridge == "process":
            return before
        before.close()
        del before
        gc.unfreeze()  # else what it has left in cycles would stay, its training set too
        gc.collect()
        return None

    def declared(self, implementation: str) -> type[Implementation]:
        """The implementation of this name in the variant's folder."""
        assert self.folder is not None
        return implementation_class(self.folder, implementation)

    def freeze_garbage(self) -> None:
        """Collect garbage, then exempt all living objects: a later collection would scan everything `load` made."""
        gc.collect()
        gc.freeze()

    def estimate_step(self, command: commands.EstimateStep, arrays: Arrays) -> replies.StepCost:
        most_steps, order = self.problem.most_steps(command.size), functools.partial(self.order_of, command.size)
        given = self.implementation, self.start(arrays), most_steps, order
        return replies.StepCost(step_seconds(*given, budgets=command.budgets))

    def load_clocked(self) -> replies.ClockCost:
        """Load the variant a second time, beside the first, with a clock around its phases."""
        from paragone.worker.phases import reading_ns  # of a profile

        self.clocked = type(self.implementation)(**self.axis)
        self.clocked.load_clocked(self.problem, *self.inputs())
        self.freeze_garbage()
        return replies.ClockCost(reading_ns())

    def pair(self, command: commands.TakePair, arrays: Arrays) -> replies.PairTiming:
        from paragone.worker.phases import take_pair

        order, instances = self.order_of(command.size, command.n_steps), (self.implementation, self.clocked)
        return take_pair(*instances, self.start(arrays), order, command.prefix_steps, command.plain_first)

    def prepare(self, command: commands.Prepare, arrays: Arrays) -> replies.Ready:
        start = self.problem.state_of(without_order(arrays), command.step)
        train_prefix(self.implementation, start, arrays["order"])
        return replies.Ready()

    def reset(self, command: commands.Reset, arrays: Arrays) -> replies.Ready:
        self.losses = None
        self.implementation.expect(command.n_steps)
        self.implementation.reset(self.problem.state_of(arrays, command.step))
        return replies.Ready()

    def call_params(self) -> replies.Ready:
        self.kept = copied_params(self.implementation)
        return replies.Ready()

    def sample(self, order: NDArray[np.int64]) -> replies.Timing:
        timing, losses = take_sample(self.implementation, order)
        if losses is not None:  # of one part of a sample, behind those before
            self.losses = np.array(losses) if self.losses is None else np.concatenate([self.losses, losses])
        return msgspec.structs.replace(timing, waiting_cpu_ns=self.waiting_cpu_ns)

    def train(self, command: commands.Train, arrays: Arrays) -> tuple[replies.Trained, Arrays]:
        state = self.problem.state_of(without_order(arrays), command.step)
        self.verb = "reset"
        self.implementation.reset(state)
        self.verb = "train"
        losses = self.implementation.train(arrays["order"][: command.n_steps])
        return self.result(losses)

    def result(self, losses: NDArray[Any] | None) -> tuple[replies.Trained, Arrays]:
        self.verb = "params"
        (step, tensors), self.kept = self.kept or copied_params(self.implementation), None
        extra = {} if losses is None else {"losses": np.asarray(losses)}
        return replies.Trained(step), {**tensors, **extra}

    def list_modules(self, since_s: float) -> replies.Modules:
        from paragone.worker.modules import modules_elsewhere  # of the pilot alone

        assert self.folder is not None
        return replies.Modules(modules_elsewhere(self.folder, self.implementation.name, since_s))

    def measure_memory(self, command: commands.MeasureMemory, arrays: Arrays) -> replies.MemoryUse:
        order, start = self.order_of(command.size, command.n_steps), self.start(arrays)
        trim_heap()  # the steps would reuse memory that loading freed, and seem to need less
        since_load = reset_peak_memory()
        loaded_bytes = resident_memory_bytes()
        self.implementation.reset(start)
        self.implementation.train(order)
        peak_bytes = peak_memory_bytes()
        return replies.MemoryUse(loaded_memory_bytes=loaded_bytes, peak_memory_bytes=peak_bytes, since_load=since_load)

    def evaluate(self, arrays: Arrays) -> tuple[replies.Evaluated, Arrays]:
        from paragone.worker.evaluation import evaluate  # of learning curves

        if not self.has_test_set:
            self.implementation.load_test(networks().test_inputs(self.data, self.axis["dtype"]))
            self.has_test_set = True
        n_calls = len(next(iter(arrays.values())))
        states = [self.problem.state_of({name: stack[i] for name, stack in arrays.items()}, 0) for i in range(n_calls)]
        return evaluate(self.implementation, states)

    def inputs(self) -> tuple[NDArray[Any], ...]:
        return family_of(self.problem).inputs(self.problem, self.data, self.axis["dtype"])

    def start(self, arrays: Arrays) -> NamedArrays:
        """What came beside a command, before the first step."""
        start: NamedArrays = self.problem.state_of(arrays, 0)
        return start

    def order_of(self, size: int, n_steps: int) -> NDArray[np.int64]:
        """The problem's order for so many steps, cached: drawing it costs as much as a short sample."""
        key = (size, n_steps)
        if key not in self.known_orders:
            self.known_orders[key] = self.problem.order(self.seed, n_steps, size)
            self.known_orders[key].flags.writeable = False  # like an order that comes through the pipe
        return self.known_orders[key]


def without_order(arrays: Arrays) -> Arrays:
    """The arrays of a state that travels with the order of its steps."""
    return {name: array for name, array in arrays.items() if name != "order"}
