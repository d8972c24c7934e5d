"""Workers without a process, and budgets that make a run short: what tests of measuring hand in."""

from __future__ import annotations

import os

from described_here import class_of
from msgspec import structs

from paragone.errors import MeasurementFailed
from paragone.implementation.failure_reason import describe_error
from paragone.machine.cpu_wait import scheduling_times
from paragone.worker.budgets import Budgets
from paragone.worker.commands import (
    CountCpus,
    EstimateStep,
    GetPeakMemory,
    Load,
    TakeSample,
    Train,
    verb,
)
from paragone.worker.hosted_variant import HostedVariant
from paragone.worker.replies import CpusUsed, PeakMemory, StepCost
from paragone.worker.worker import Worker

SHORT = Budgets(
    untimed_at_once=1,  # so that a test sees in its own process what the workers were told, in turn
    sample_seconds=0.0005,
    estimate_seconds=0.0002,
    call_samples=1,
    spreading_seconds=0.001,
    limit_groups=1,
    limit_group_seconds=0.001,
    aa_rounds=1,
    evaluation_seconds=0.001,
    curve_passes=2,
)


class ScriptedWorker(Worker):
    """Replies with what `answer(command)` returns, or raises what it raises; keeps the commands."""

    alive = True

    def __init__(self, answer=None):
        self.cpus, self.waiting_cpu_ns, self.waited_ns = [0], 0, 0
        self.answer, self.commands = answer, []

    def call_with_arrays(self, command, arrays=None):
        self.commands.append(command)
        return self.answer(command), {}

    def scheduling_times(self):
        return scheduling_times([os.getpid()], self.cpus)

    def holds_accelerator(self):
        return False

    def die(self, reason):
        """Raise as a worker does whose process ended."""
        self.alive = False
        raise MeasurementFailed(reason)

    def kill(self):
        self.alive = False


class Hosted(HostedVariant):
    """The variant of a worker in the tests' own process: its class may be at hand, and garbage is Python's affair."""

    def __init__(self, described):
        self.described = described

    def declared(self, implementation):
        return class_of(self.described)

    def freeze_garbage(self):
        pass


class InProcessWorker(ScriptedWorker):
    """Carries out commands as the process of a worker does, in this process.

    What depends on the machine is scripted: threads, CPUs, peak memory, and the cost of a step
    at the batch sizes in `step_seconds`.
    """

    cpus_used = 1.0

    def __init__(self, step_seconds=None):
        super().__init__()
        self.cpus, self.step_seconds = [], step_seconds or {}
        self.log = []

    def __getattr__(self, name):
        if name == "losses":
            return self.hosted.losses
        raise AttributeError(name)

    def load(self, variant, *others, **named):
        self.hosted = Hosted(variant.implementation)
        return super().load(variant, *others, **named)

    def call_with_arrays(self, command, arrays=None):
        if not self.alive:
            raise MeasurementFailed(f"{verb(command)}: the worker has ended")
        if isinstance(command, GetPeakMemory):
            largest = max(entry[1] for entry in self.log if entry[0] == "sample")
            return PeakMemory(1000 * largest), {}
        self.commands.append(command)
        self.log.append(entry(command, arrays))
        if (reply := self.scripted(command)) is not None:
            return reply, {}
        try:
            result = self.hosted.execute(command, arrays or {})
        except Exception as error:
            name = self.spoken(self.hosted.verb or verb(command))
            raise MeasurementFailed(f"{name}: {describe_error(error, self.hosted.folder)}") from error
        reply, results = result if isinstance(result, tuple) else (result, {})
        # In one process there is no outside: what is seen from there is what the reply says.
        self.waited_ns = getattr(reply, "elapsed_ns", 0)
        if isinstance(command, Load):
            reply = structs.replace(reply, threads_found={"pools": [], "os_threads": 1})
        return reply, results

    def scripted(self, command):
        if isinstance(command, CountCpus):
            return CpusUsed(self.cpus_used)
        if isinstance(command, EstimateStep) and command.size in self.step_seconds:
            return StepCost(self.step_seconds[command.size])
        return None


def entry(command, arrays):
    """A command in a worker's log: its verb, and what it is about."""
    if isinstance(command, Load):
        return verb(command), command.problem.name
    if isinstance(command, Train):
        return verb(command), *arrays["order"][: command.n_steps].shape
    if isinstance(command, TakeSample):
        return verb(command), arrays["order"].shape[1]
    size = getattr(command, "size", None)
    return (verb(command),) if size is None else (verb(command), size)


def in_process(contender, time_limit_s, memory_limit_bytes):
    """Opens workers without a process, as the field `open_worker` of a bench takes it."""
    return InProcessWorker()
