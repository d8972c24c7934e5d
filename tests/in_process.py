"""A worker without a process: carries out commands on an implementation in this one."""

from __future__ import annotations

import os
from pathlib import Path

from paragone.errors import MeasurementFailed
from paragone.machine.cpu_wait import scheduling_times
from paragone.task.mlp.mnist.cache import open_cached
from paragone.worker.commands import CountCpus, EstimateStep, GetPeakMemory, verb
from paragone.worker.replies import CpusUsed, Loaded, PeakMemory, StepCost
from paragone.worker.sample import take_sample


class InProcessWorker:
    """Replies as `paragone.worker.handle.WorkerHandle` does; the cost of a step is scripted by batch size."""

    losses = None
    cpus_used = 1.0

    def __init__(self, step_seconds=None):
        self.step_seconds = step_seconds or {}
        self.alive, self.cpus, self.waiting_cpu_ns = True, [], 0
        self.log = []

    def load(self, variant, folder, problem, data, seed):
        self.log.append(("load", problem.name))
        loaded = open_cached(Path(data))
        self.problem, self.seed = problem, seed
        self.implementation = variant.make()
        images, labels = loaded.inputs(problem, variant.dtype)
        self.implementation.load(problem, images, labels)
        threads_found = {"pools": [], "os_threads": 1}
        return Loaded(load_seconds=0.0, loaded_memory_bytes=0, threads_found=threads_found, build_info={})

    def train(self, state, order, n_steps=None):
        order = order[:n_steps]
        self.log.append(("train", *order.shape))
        self.implementation.reset(state)
        losses = self.implementation.train(order)
        return self.implementation.params(), losses

    def result(self):
        self.log.append(("result",))
        return self.implementation.params(), self.losses

    def call(self, command):
        if isinstance(command, GetPeakMemory):
            return PeakMemory(1000 * self.log[-1][1])
        self.log.append((verb(command), command.batch_size))
        if isinstance(command, CountCpus):
            return CpusUsed(self.cpus_used)
        if isinstance(command, EstimateStep):
            return StepCost(self.step_seconds[command.batch_size])
        batches = self.problem.order(self.seed, command.n_steps, command.batch_size)
        start = self.problem.start_state(self.seed)
        timing, self.losses = take_sample(self.implementation, start, batches, command.prefix_steps)
        return timing

    def scheduling_times(self):
        return scheduling_times([os.getpid()], self.cpus)

    def die(self, reason):
        """Raise as a worker does whose process ended."""
        self.alive = False
        raise MeasurementFailed(reason)

    def kill(self):
        self.alive = False
