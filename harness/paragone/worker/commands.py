"""What a worker can be asked: one implementation, loaded with one problem, and the orders that it carries out.

    load    implementation, axis, folder, problem, data, seed, -> load_seconds, loaded_memory_bytes, threads_found,
            environment                                           receipt
    cost    batch_size                                         -> step_seconds
    call    batch_size                                         -> call_seconds
    train   step, n_steps, state and order (arrays)            -> params and losses (arrays)
    sample  batch_size, n_steps, prefix_steps                  -> the sample
    threads batch_size, n_steps                                -> cpus_used: how many it keeps busy if it may
    result                                                     -> params and losses (arrays) of the last sample
    peak                                                       -> peak_memory_bytes of the process so far
    memory  batch_size, n_steps                                -> loaded_memory_bytes, peak_memory_bytes, since_load
    evaluate  n_calls                                          -> elapsed_ns, classes of the test images (array)
    limits  layers, dtype, batch_sizes                         -> gemm, read, products: what the machine can do at most
    clock                                                      -> reading_ns; loads the variant once more, with clocks
    pair    batch_size, n_steps, prefix_steps, plain_first     -> plain_ns, clocked_ns, phases, parts, is_same

An order comes as plain data and arrays, and is answered so.
"""

from __future__ import annotations

import gc
import os
import platform
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paragone.implementation.contract import Implementation
from paragone.implementation.registry import read_folder
from paragone.machine.memory import peak_memory_bytes, reset_peak_memory, resident_memory_bytes, trim_heap
from paragone.machine.threads import loaded_thread_pools
from paragone.task.mlp.data import open_cached
from paragone.task.mlp.problem import Problem
from paragone.task.mlp.state import State
from paragone.worker.ceiling import gemm_flops_per_second, products_images_per_second, read_bytes_per_second
from paragone.worker.phases import reading_ns, take_pair
from paragone.worker.pipe import Message
from paragone.worker.sample import (
    MOST_IMAGES,
    call_seconds,
    cpus_used,
    estimate_step_seconds,
    take_sample,
    telling_calls,
)

MOST_ESTIMATE_STEPS = 4096
VERBS = (
    *("load", "cost", "call", "train", "sample", "threads", "result", "peak", "memory", "evaluate"),
    *("limits", "clock", "pair"),
)


class Worker:
    """One implementation, loaded with one problem, and the orders it can carry out."""

    implementation: Implementation
    clocked: Implementation
    problem: Problem
    start: State
    losses: NDArray[Any] | None = None
    folder: Path | None = None
    holds_test_set = False

    def load(self, order: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Message:
        """Load the variant with the problem and the data set; any earlier one is dropped first."""
        if hasattr(self, "implementation"):
            self.implementation.close()
            del self.implementation
        self.loaded = order
        self.problem = Problem.from_json(order["problem"])
        self.start = self.problem.start_state(order["seed"])
        self.seed = order["seed"]
        self.orders: dict[tuple[int, int], NDArray[np.int64]] = {}
        self.folder = Path(order["folder"])
        by_name = {candidate.name: candidate for candidate in read_folder(self.folder)}
        images, labels = self._training_set()
        begin = time.perf_counter()
        implementation = by_name[order["implementation"]](**order["axis"])
        try:
            implementation.load(self.problem, images, labels)
        except Exception as error:
            error.add_note(implementation.advice())
            raise
        load_seconds = time.perf_counter() - begin
        self.implementation, self.holds_test_set = implementation, False
        del images, labels  # shared pages of the cache: not the implementation's own memory
        # What load made will not be collected: later collections skip it, as in a program that just runs.
        gc.collect()
        gc.freeze()
        build_info = {**surroundings(order["environment"]), **implementation.build_info()}
        return {
            "load_seconds": load_seconds,
            "loaded_memory_bytes": resident_memory_bytes(),
            "threads_found": loaded_thread_pools(implementation.threads()),
            "receipt": {name: without_home(words) for name, words in build_info.items()},
        }, {}

    def clock(self, order: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Message:
        """Load the variant a second time beside the first, with a clock around its phases."""
        clocked = type(self.implementation)(**self.loaded["axis"])
        clocked.load_clocked(self.problem, *self._training_set())
        self.clocked = clocked
        gc.collect()
        gc.freeze()
        return {"reading_ns": reading_ns()}, {}

    def pair(self, order: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Message:
        """Time the same steps without clocks and with them."""
        batches = self._batches(order["batch_size"], order["n_steps"])
        pair = take_pair(
            self.implementation, self.clocked, self.start, batches, order["prefix_steps"], order["plain_first"]
        )
        times = {"plain_ns": pair.plain_ns, "clocked_ns": pair.clocked_ns, "is_same": pair.is_same}
        phases = {"phases": dict(pair.times.phases), "parts": {name: list(ns) for name, ns in pair.times.parts.items()}}
        return {**times, **phases}, {}

    def cost(self, order: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Message:
        """Estimate the time of one step at this batch size."""
        most_steps = min(MOST_ESTIMATE_STEPS, max(1, MOST_IMAGES // order["batch_size"]))

        def train(n_steps: int) -> None:
            batches = self._batches(order["batch_size"], n_steps)
            self.implementation.reset(self.start)
            self.implementation.train(batches)

        calls = telling_calls(type(self.implementation))
        return {"step_seconds": estimate_step_seconds(train, most_steps, **calls)}, {}

    def call(self, order: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Message:
        """Time calls of `train` with one step of this batch size."""
        batches = self._batches(order["batch_size"], 1)
        self.implementation.reset(self.start)
        return {"call_seconds": call_seconds(lambda: self.implementation.train(batches))}, {}

    def train(self, order: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Message:
        """Train, untimed, from the state and over the first steps of the order that the message brings."""
        tensors = {name: array for name, array in arrays.items() if name != "order"}
        self.implementation.reset(State.from_tensors(tensors, order["step"]))
        losses = self.implementation.train(arrays["order"][: order["n_steps"]])
        return self._result(losses)

    def sample(self, order: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Message:
        """Take one sample from the start state."""
        batches = self._batches(order["batch_size"], order["n_steps"])
        sample = take_sample(self.implementation, self.start, batches, order["prefix_steps"])
        self.losses = None if sample.losses is None else np.array(sample.losses)
        times = {"n_steps": sample.n_steps, "elapsed_ns": sample.elapsed_ns, "cpu_ns": sample.cpu_ns}
        return {**times, "runner_ns": sample.runner_ns, "digest": sample.digest}, {}

    def threads(self, order: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Message:
        """Train untimed from the start state, and see how many CPUs that takes."""
        batches = self._batches(order["batch_size"], order["n_steps"])
        return {"cpus_used": cpus_used(self.implementation, self.start, batches)}, {}

    def result(self, order: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Message:
        """Return the parameters after the last sample, and its losses."""
        return self._result(self.losses)

    def peak(self, order: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Message:
        """Return the most memory that the process has held so far, loading included."""
        return {"peak_memory_bytes": peak_memory_bytes()}, {}

    def memory(self, order: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Message:
        """Train from the start state; return the memory held before it and at its highest.

        `since_load` is false where the system cannot reset the peak, which then is that of loading too.
        """
        batches = self._batches(order["batch_size"], order["n_steps"])
        trim_heap()  # what loading freed would else hide as much of what training takes
        since_load = reset_peak_memory()
        loaded_bytes = resident_memory_bytes()
        self.implementation.reset(self.start)
        self.implementation.train(batches)
        peak_bytes = peak_memory_bytes()
        return {"loaded_memory_bytes": loaded_bytes, "peak_memory_bytes": peak_bytes, "since_load": since_load}, {}

    def evaluate(self, order: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Message:
        """Time naming the classes of all test images, so many times, with the parameters as they are."""
        if not self.holds_test_set:
            data = open_cached(Path(self.loaded["data"]))
            self.implementation.load_test(data.test_pixels(self.loaded["axis"]["dtype"]))
            self.holds_test_set = True
        begin = time.perf_counter_ns()
        for _ in range(order["n_calls"]):
            classes = self.implementation.predict()
        elapsed_ns = time.perf_counter_ns() - begin
        return {"elapsed_ns": elapsed_ns}, {"classes": np.asarray(classes)}

    def limits(self, order: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Message:
        """Measure what this machine can do at most, with the threads of this process; nothing need be loaded."""
        layers, dtype = order["layers"], order["dtype"]
        products = {str(size): products_images_per_second(layers, size, dtype) for size in order["batch_sizes"]}
        return {"gemm": gemm_flops_per_second(dtype), "read": read_bytes_per_second(), "products": products}, {}

    def _result(self, losses: NDArray[Any] | None) -> Message:
        state = self.implementation.params()
        extra = {} if losses is None else {"losses": np.asarray(losses)}
        return {"step": int(state.step)}, {**state.tensors(), **extra}

    def _training_set(self) -> tuple[NDArray[Any], NDArray[np.uint8]]:
        return open_cached(Path(self.loaded["data"])).inputs(self.problem, self.loaded["axis"]["dtype"])

    def _batches(self, batch_size: int, n_steps: int) -> NDArray[np.int64]:
        key = (batch_size, n_steps)
        if key not in self.orders:
            self.orders[key] = self.problem.order(self.seed, n_steps, batch_size)
            self.orders[key].flags.writeable = False  # as the orders that come through the pipe
        return self.orders[key]


def surroundings(environment: str) -> dict[str, str]:
    """Return which Python and NumPy this is where they need not be the harness's."""
    if not environment:
        return {}
    return {"environment": environment, "python": platform.python_version(), "numpy": np.__version__}


def without_home(words: str) -> str:
    """Return the words with the home folder as `~`: results are made to be shown."""
    home = os.environ.get("HOME", "")
    return words.replace(home, "~") if len(home) > 1 else words
