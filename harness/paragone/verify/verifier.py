"""The verifier: compares a worker's results with the reference, and remembers the digests of those that passed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paragone.errors import MeasurementFailed
from paragone.files.paths import cache_folder
from paragone.plan.cells import Contender
from paragone.store.plan_records import Cell
from paragone.task.mlp.data import DataSet
from paragone.task.mlp.gate import CheckResult, check_approximate, check_form, check_steps, check_tail, gate
from paragone.task.mlp.state import State
from paragone.task.mlp.training_set import TrainingSet
from paragone.verify.replay import compare_with_fresh_input, fresh_input
from paragone.worker.sample import result_digest
from paragone.worker.worker import Worker

# The reference trains at most so many images at the end of a sample, but one step at least.
TAIL_IMAGES = 2_000


class Verifier:
    """Checks workers against the reference; remembers the digest of every sample that passed."""

    def __init__(self, data: DataSet, seed: int, cache: Path | None = None) -> None:
        self.data, self.seed = data, seed
        self.cache = (cache or cache_folder()) / "reference"
        self._verified: set[tuple[Any, ...]] = set()
        self._starts: dict[str, State] = {}
        self._training_sets: dict[str, TrainingSet] = {}

    def check_first_steps(self, worker: Worker, contender: Contender, batch_size: int, max_steps: int) -> CheckResult:
        """Train the first steps and compare them with the reference; the worker has loaded the contender's problem.

        Where the implementation solves a near problem only, no more than shapes, dtypes and finiteness are checked.
        """
        problem = contender.problem
        if difference := contender.difference:
            order = problem.order(self.seed, min(max_steps, check_steps(batch_size)), batch_size)
            implementation, start = contender.variant.implementation, self._start(contender)
            dtype, deterministic = contender.variant.dtype, implementation.deterministic
            return check_approximate(worker.train, problem, start, order, dtype, difference, deterministic)
        return gate(
            worker.train,
            problem,
            *self.data.inputs(problem),
            batch_size,
            self.seed,
            contender.variant.dtype,
            deterministic=contender.variant.implementation.deterministic,
            folder=self.cache,
            data_sha256=self.data.sha256,
            max_steps=max_steps,
        )

    def check_training_set(
        self, worker: Worker, contender: Contender, seconds: float, image_seconds: float
    ) -> CheckResult:
        """Train on every image once, or on as many as take about `seconds`, and compare with the reference's twin."""
        problem = contender.problem
        if problem.name not in self._training_sets:
            self._training_sets[problem.name] = TrainingSet(problem, *self.data.inputs(problem))
        training_set = self._training_sets[problem.name]
        return training_set.check(worker.train, contender.variant.dtype, seconds, image_seconds)

    def check_last_sample(
        self, worker: Worker, contender: Contender, batch_size: int, n_steps: int, digest: str
    ) -> CheckResult:
        """Compare the end of the worker's last sample with the reference; remember its digest where it passes."""
        problem = contender.problem
        final, losses = worker.result()
        if result_digest(final, losses) != digest:
            return CheckResult("failed", "params() called twice gives two results")
        start = self._start(contender)
        if difference := contender.difference:
            return check_form(problem, start, final, losses, n_steps, contender.variant.dtype, difference)
        order = problem.order(self.seed, n_steps, batch_size)
        check = self._check_end(worker, contender, start, order, final, losses)
        if check.status == "passed":
            self.remember(contender, batch_size, n_steps, digest)
        return check

    def check_fresh_input(self, worker: Worker, contender: Contender, cell: Cell) -> None:
        """Train a cell from a fresh start and order. Raises MeasurementFailed where the result is wrong or the time is.

        Where the implementation solves a near problem only, the result is not checked.
        """
        self.reject_replay(worker, contender, cell)
        if contender.difference or cell.once_per_launch:
            return
        start, order = fresh_input(contender.problem, cell)
        check = self._check_end(worker, contender, start, order, *worker.train(start, order))
        if check.status == "failed":
            raise MeasurementFailed(f"from a start and over an order that are new: {check.reason}")

    def reject_replay(self, worker: Worker, contender: Contender, cell: Cell) -> None:
        compare_with_fresh_input(worker, contender.problem, cell)

    def _check_end(
        self,
        worker: Worker,
        contender: Contender,
        start: State,
        order: NDArray[np.int64],
        final: State,
        losses: NDArray[Any] | None,
    ) -> CheckResult:
        problem, (n_steps, batch_size) = contender.problem, order.shape
        images, labels = self.data.inputs(problem)
        n_tail = min(n_steps, check_steps(batch_size), max(1, TAIL_IMAGES // batch_size))
        dtype = contender.variant.dtype
        return check_tail(worker.train, problem, images, labels, dtype, start, order, final, losses, n_tail)

    def remember(self, contender: Contender, batch_size: int, n_steps: int, digest: str) -> None:
        self._verified.add((contender.problem.name, *_code(contender), batch_size, n_steps, digest))

    def knows(self, contender: Contender, batch_size: int, n_steps: int, digest: str) -> bool:
        """True where a result with the same bits, from the same code, problem and order, has passed."""
        return (contender.problem.name, *_code(contender), batch_size, n_steps, digest) in self._verified

    def _start(self, contender: Contender) -> State:
        name = contender.problem.name
        if name not in self._starts:
            self._starts[name] = contender.problem.start_state(self.seed)
        return self._starts[name]


def _code(contender: Contender) -> tuple[Any, ...]:
    """The part of a digest's key that stands for the code; a control has that of its baseline."""
    return contender.found.folder, contender.variant.axis, contender.threads
