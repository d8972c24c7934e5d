"""A worker without a process: carries out the orders of the harness on an implementation in this one."""

from __future__ import annotations

import os
from pathlib import Path

from paragone.errors import MeasurementFailed
from paragone.machine.cpu_wait import scheduling_times
from paragone.task.mlp.mnist.cache import open_cached
from paragone.worker.sample import take_sample


class InProcessWorker:
    """Answers as `paragone.worker.handle.WorkerHandle` does; the cost of a step is scripted by batch size."""

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
        return {"load_seconds": 0.0, "loaded_memory_bytes": 0, "threads_found": {"pools": [], "os_threads": 1}}

    def train(self, state, order, n_steps=None):
        order = order[:n_steps]
        self.log.append(("train", *order.shape))
        self.implementation.reset(state)
        losses = self.implementation.train(order)
        return self.implementation.params(), losses

    def result(self):
        self.log.append(("result",))
        return self.implementation.params(), self.losses

    def order(self, verb, order):
        if verb == "peak":
            return {"peak_memory_bytes": 1000 * self.log[-1][1]}, {}
        self.log.append((verb, order["batch_size"]))
        if verb == "threads":
            return {"cpus_used": self.cpus_used}, {}
        if verb == "cost":
            return {"step_seconds": self.step_seconds[order["batch_size"]]}, {}
        batches = self.problem.order(self.seed, order["n_steps"], order["batch_size"])
        sample = take_sample(self.implementation, self.problem.start_state(self.seed), batches, order["prefix_steps"])
        self.losses = sample.losses
        answer = {name: value for name, value in vars(sample).items() if name != "losses"}
        return {**answer, "waiting_cpu_ns": 0}, {}

    def reading(self):
        return scheduling_times([os.getpid()], self.cpus)

    def die(self, reason):
        """Raise as a worker does whose process ended."""
        self.alive = False
        raise MeasurementFailed(reason)

    def kill(self):
        self.alive = False
