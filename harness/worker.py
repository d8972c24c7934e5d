"""The process that hosts one variant and answers orders over a pipe; it loads no pandas and no matplotlib.

Started as `python -m harness.worker INCOMING OUTGOING` with two open file descriptors. Orders:

    load    implementation, axis, folder, problem, data, seed  -> load_seconds, loaded_memory_bytes, threads_found,
                                                                  receipt
    cost    batch_size                                         -> step_seconds
    call    batch_size                                         -> call_seconds
    train   state, order (arrays)                              -> params and losses (arrays)
    sample  batch_size, n_steps, prefix_steps, fresh_peak      -> the sample, peak_memory_bytes
    result                                                     -> params and losses (arrays) of the last sample

What raises becomes an answer with "error"; what the hosted code prints goes to the worker's log.
"""

from __future__ import annotations

import ctypes
import functools
import gc
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.data import open_cached
from harness.errors import HarnessError
from harness.interface import Implementation
from harness.machine.memory import peak_memory_bytes, reset_peak_memory, resident_memory_bytes
from harness.machine.threads import found_threads
from harness.measure import MOST_IMAGES, call_seconds, cpu_time_ns, estimate_step_seconds, take_sample
from harness.pipe import Message, Pipe
from harness.problem import Problem
from harness.registry import read_folder
from harness.state import State

PR_SET_PDEATHSIG = 1
MOST_ESTIMATE_STEPS = 4096
MOST_REASON_CHARACTERS = 1000


class Worker:
    """One implementation, loaded with one problem, and the orders it can carry out."""

    implementation: Implementation
    problem: Problem
    start: State
    losses: NDArray[Any] | None = None
    folder: Path | None = None

    def load(self, order: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Message:
        """Load the variant with the problem and the data set; any earlier one is dropped first."""
        if hasattr(self, "implementation"):
            self.implementation.close()
            del self.implementation
        self.problem = Problem.from_json(order["problem"])
        self.start = self.problem.start_state(order["seed"])
        self.seed = order["seed"]
        self.orders: dict[tuple[int, int], NDArray[np.int64]] = {}
        self.folder = Path(order["folder"])
        by_name = {candidate.name: candidate for candidate in read_folder(self.folder)}
        data = open_cached(Path(order["data"]))
        images = data.pixels(order["axis"]["dtype"])[: self.problem.n_train]
        labels = data.train_labels[: self.problem.n_train]
        begin = time.perf_counter()
        implementation = by_name[order["implementation"]](**order["axis"])
        implementation.load(self.problem, images, labels)
        load_seconds = time.perf_counter() - begin
        self.implementation = implementation
        del images, labels  # shared pages of the cache: not the implementation's own memory
        # What load made will not be collected: later collections skip it, as in a program that just runs.
        gc.collect()
        gc.freeze()
        return {
            "load_seconds": load_seconds,
            "loaded_memory_bytes": resident_memory_bytes(),
            "threads_found": found_threads(implementation.threads()),
            "receipt": {name: without_home(words) for name, words in implementation.receipt().items()},
        }, {}

    def cost(self, order: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Message:
        """Estimate the time of one step at this batch size."""
        most_steps = min(MOST_ESTIMATE_STEPS, max(1, MOST_IMAGES // order["batch_size"]))

        def train(n_steps: int) -> None:
            batches = self._batches(order["batch_size"], n_steps)
            self.implementation.reset(self.start)
            self.implementation.train(batches)

        return {"step_seconds": estimate_step_seconds(train, most_steps)}, {}

    def call(self, order: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Message:
        """Time calls of `train` with one step of this batch size."""
        batches = self._batches(order["batch_size"], 1)
        self.implementation.reset(self.start)
        return {"call_seconds": call_seconds(lambda: self.implementation.train(batches))}, {}

    def train(self, order: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Message:
        """Train, untimed, from the state and over the order that the message brings."""
        tensors = {name: array for name, array in arrays.items() if name != "order"}
        self.implementation.reset(State.from_tensors(tensors, order["step"]))
        losses = self.implementation.train(arrays["order"])
        return self._result(losses)

    def sample(self, order: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Message:
        """Take one sample from the start state; with `fresh_peak` the peak memory is that of this sample."""
        if order["fresh_peak"]:
            reset_peak_memory()
        batches = self._batches(order["batch_size"], order["n_steps"])
        sample = take_sample(self.implementation, self.start, batches, order["prefix_steps"])
        self.losses = None if sample.losses is None else np.array(sample.losses)
        times = {"n_steps": sample.n_steps, "elapsed_ns": sample.elapsed_ns, "cpu_ns": sample.cpu_ns}
        clock = {"runner_ns": sample.runner_ns}
        return {**times, **clock, "digest": sample.digest, "peak_memory_bytes": peak_memory_bytes()}, {}

    def result(self, order: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Message:
        """Return the parameters after the last sample, and its losses."""
        return self._result(self.losses)

    def _result(self, losses: NDArray[Any] | None) -> Message:
        state = self.implementation.params()
        extra = {} if losses is None else {"losses": np.asarray(losses)}
        return {"step": int(state.step)}, {**state.tensors(), **extra}

    def _batches(self, batch_size: int, n_steps: int) -> NDArray[np.int64]:
        key = (batch_size, n_steps)
        if key not in self.orders:
            self.orders[key] = self.problem.order(self.seed, n_steps, batch_size)
            self.orders[key].flags.writeable = False  # as the orders that come through the pipe
        return self.orders[key]


def serve(pipe: Pipe) -> None:
    """Answer orders until told to stop or the harness is gone."""
    worker = Worker()
    verbs: dict[str, Callable[[dict[str, Any], dict[str, NDArray[Any]]], Message]] = {
        name: getattr(worker, name) for name in ("load", "cost", "call", "train", "sample", "result")
    }
    cpu_at_answer_ns = cpu_time_ns()
    while True:
        try:
            order, arrays = pipe.receive()
        except EOFError:
            return
        waiting = {"waiting_cpu_ns": cpu_time_ns() - cpu_at_answer_ns}
        try:
            answer, results = verbs[order["do"]](order, arrays)
            pipe.send({**answer, **waiting}, results)
        except Exception as error:
            pipe.send({"error": describe_error(error, worker.folder), **waiting})
        cpu_at_answer_ns = cpu_time_ns()


def without_home(words: str) -> str:
    """Return the words with the home folder as `~`: results are made to be shown."""
    home = os.environ.get("HOME", "")
    return words.replace(home, "~") if len(home) > 1 else words


def describe_error(error: Exception, folder: Path | None) -> str:
    """Return the error in a sentence, with the last place in `folder`, the implementation's, that led to it.

    What an adapter says in words of its own stands for itself: the class and the line would be the harness's.
    """
    if isinstance(error, HarnessError):
        return str(error)[:MOST_REASON_CHARACTERS]
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if folder is not None and Path(frame.filename).is_relative_to(folder)]
    places = [f" ({Path(frame.filename).name}, line {frame.lineno})" for frame in (own or frames)[-1:]]
    return f"{type(error).__name__}: {error}"[:MOST_REASON_CHARACTERS] + "".join(places)


def die_with_the_harness() -> None:
    """Ask Linux to kill this process when the harness ends, even while it is stopped; elsewhere do nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def keep_from_children(descriptors: list[int]) -> None:
    """Close them in whatever the hosted code forks or starts: held there, they would hide the worker's end."""
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)
        os.register_at_fork(after_in_child=functools.partial(os.close, descriptor))


def main() -> None:
    """Serve on the two file descriptors of the command line."""
    die_with_the_harness()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the harness's to answer
    incoming, outgoing = map(int, sys.argv[1:3])
    keep_from_children([incoming, outgoing])
    serve(Pipe(incoming, outgoing))


if __name__ == "__main__":
    main()
