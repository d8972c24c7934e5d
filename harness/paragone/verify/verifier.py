"""The verifier: compares a worker's results with the reference."""

from __future__ import annotations

import secrets
from pathlib import Path
from weakref import WeakKeyDictionary

from paragone.errors import VerificationFailed
from paragone.files.paths import cache_folder
from paragone.machine.threads import one_blas_thread
from paragone.plan.cells import Contender
from paragone.task.check_result import CheckResult
from paragone.task.mlp.data import DataSet
from paragone.task.mlp.gate import check_approximate, check_form, check_steps, gate, pass_through
from paragone.task.mlp.perturbation import PerturbedTraining
from paragone.task.mlp.state import State
from paragone.task.mlp.training_set import TrainingSet
from paragone.task.mlp.whole_sample import (
    MOST_TYPICAL_STEPS,
    End,
    EndsOfTraining,
    TypicalSpread,
    check_whole,
    size_fault,
    typical_spread,
)
from paragone.verify.inputs import SampleInput
from paragone.verify.time_account import SampleSeen
from paragone.worker.worker import Worker

# In the rounds, a sample of more steps is compared in a window within it, where its bits can be reproduced.
MOST_WHOLE_STEPS = 256
# The reference trains at most so many images of a window within a sample, but one step at least.
WINDOW_IMAGES = 2_000
TYPICAL_SEED = 0


class Verifier:
    """Checks workers against the reference."""

    def __init__(self, data: DataSet, seed: int, cache: Path | None = None) -> None:
        self.data, self.seed = data, seed
        self.cache = (cache or cache_folder()) / "reference"
        self._starts: dict[str, State] = {}
        self._training_sets: dict[str, TrainingSet] = {}
        self._typical: dict[tuple[str, int], TypicalSpread] = {}
        self._typical_ends: dict[tuple[str, int, int], tuple[PerturbedTraining, End]] = {}
        self._chaotic: dict[tuple[str, int, str], int] = {}  # the fewest steps that were found to be chaotic
        self._ends: WeakKeyDictionary[SampleInput, EndsOfTraining] = WeakKeyDictionary()

    @one_blas_thread()
    def check_first_steps(self, worker: Worker, contender: Contender, size: int, max_steps: int) -> CheckResult:
        """Train the first steps and compare them with the reference; the worker has loaded the contender's problem.

        Where the implementation solves a near problem only, no more than shapes, dtypes and finiteness are checked.
        """
        problem = contender.problem
        if difference := contender.difference:
            order = problem.order(self.seed, min(max_steps, check_steps(size)), size)
            implementation, start = contender.variant.implementation, self._start(contender)
            dtype, deterministic = contender.variant.dtype, implementation.deterministic
            return check_approximate(worker.train, problem, start, order, dtype, difference, deterministic)
        return gate(
            worker.train,
            problem,
            *self.data.inputs(problem),
            size,
            self.seed,
            contender.variant.dtype,
            deterministic=contender.variant.implementation.deterministic,
            folder=self.cache,
            data_sha256=self.data.sha256,
            max_steps=max_steps,
        )

    @one_blas_thread()
    def check_training_set(
        self, worker: Worker, contender: Contender, seconds: float, image_seconds: float
    ) -> CheckResult:
        """Train on every image once, or on as many as take about `seconds`, and compare with the reference's twin."""
        problem = contender.problem
        if problem.name not in self._training_sets:
            self._training_sets[problem.name] = TrainingSet(problem, *self.data.inputs(problem))
        training_set = self._training_sets[problem.name]
        return training_set.check(worker.train, contender.variant.dtype, seconds, image_seconds)

    def check_form(self, contender: Contender, input_: SampleInput, seen: SampleSeen) -> CheckResult:
        """Check the form of a sample's result: shapes, dtypes, finite values, the step count. It never passes."""
        n_steps, dtype = seen.n_steps, contender.variant.dtype
        difference = contender.difference or "only the form of this sample is checked"
        return check_form(contender.problem, input_.start, seen.state, seen.losses, n_steps, dtype, difference)

    @one_blas_thread()
    def check_whole_sample(
        self, worker: Worker, contender: Contender, input_: SampleInput, seen: SampleSeen
    ) -> CheckResult:
        """Compare the whole of a sample with the reference.

        Where rounding drives its training apart, how far it has come is compared, and a window within it.
        """
        check = self.check_form(contender, input_, seen)
        if check.status == "failed" or contender.difference:
            return check
        dtype, place = contender.variant.dtype, (input_.problem.name, input_.size, contender.variant.dtype)
        if seen.n_steps < self._chaotic.get(place, seen.n_steps + 1):
            training, end = self._training(input_, seen.n_steps), self._end(input_, seen.n_steps)
            check = check_whole(training, end, self._typical_spread(input_), seen.state, seen.losses, dtype)
            if check.status != "not checked":
                return check
            self._chaotic[place] = seen.n_steps
        fault = self._size_fault(input_, seen)
        if not fault and contender.variant.implementation.deterministic:
            return self._check_window(worker, contender, input_, seen)
        note = "" if fault else "only how far its weights have moved was compared"
        return CheckResult("failed" if fault else "passed", fault or "", n_steps=seen.n_steps, note=note)

    @one_blas_thread()
    def check_sample(self, worker: Worker, contender: Contender, input_: SampleInput, seen: SampleSeen) -> CheckResult:
        """As `check_whole_sample`, but of a long sample no more than a window where its bits can be reproduced."""
        is_short = seen.n_steps <= MOST_WHOLE_STEPS
        if is_short or contender.difference or not contender.variant.implementation.deterministic:
            return self.check_whole_sample(worker, contender, input_, seen)
        check = self.check_form(contender, input_, seen)
        return check if check.status == "failed" else self._check_window(worker, contender, input_, seen)

    def _size_fault(self, input_: SampleInput, seen: SampleSeen) -> str | None:
        """Which weights have moved too little or too far, by a typical training and by the same one; None: none."""
        if not size_fault(*self._typical_training(input_, seen.n_steps), input_.start, seen.state):
            return None
        same = self._training(input_, seen.n_steps), self._end(input_, seen.n_steps)
        return size_fault(*same, input_.start, seen.state)

    def _check_window(self, worker: Worker, contender: Contender, input_: SampleInput, seen: SampleSeen) -> CheckResult:
        """Train the sample again in three parts, which must end in its bits; compare the middle with the reference."""
        problem, order = contender.problem, input_.order(seen.n_steps)
        n_window = min(len(order), check_steps(input_.size), max(1, WINDOW_IMAGES // input_.size))
        first = secrets.randbelow(len(order) - n_window + 1)
        window = slice(first, first + n_window)
        try:
            before, after, losses = pass_through(
                worker.train, problem, input_.start, order, window, seen.state, seen.losses
            )
        except VerificationFailed as failure:
            return CheckResult("failed", str(failure), n_steps=n_window)
        training = PerturbedTraining.of(problem, *self.data.inputs(problem), before, order[window])
        end = EndsOfTraining(training, {n_window}).after(n_window)
        return check_whole(training, end, self._typical_spread(input_), after, losses, contender.variant.dtype)

    def _training(self, input_: SampleInput, n_steps: int) -> PerturbedTraining:
        images, labels = self.data.inputs(input_.problem)
        return PerturbedTraining.of(input_.problem, images, labels, input_.start, input_.order(n_steps))

    def _end(self, input_: SampleInput, n_steps: int) -> End:
        """The end of this training by the reference, which trains once for all variants with the same input."""
        if input_ not in self._ends:
            self._ends[input_] = EndsOfTraining(self._training(input_, max(input_.lengths)), input_.lengths)
        return self._ends[input_].after(n_steps)

    def _typical_spread(self, input_: SampleInput) -> TypicalSpread:
        problem, size = input_.problem, input_.size
        n_steps = min(MOST_TYPICAL_STEPS, max(input_.lengths))
        known = self._typical.get((problem.name, size))
        if known is None or len(known.of_losses) < n_steps:
            typical = SampleInput(problem, size, frozenset({n_steps}), TYPICAL_SEED)
            known = typical_spread(self._training(typical, n_steps))
            self._typical[problem.name, size] = known
        return known

    def _typical_training(self, input_: SampleInput, n_steps: int) -> tuple[PerturbedTraining, End]:
        """A training of so many steps that is the same for all inputs, and its end."""
        place = input_.problem.name, input_.size, n_steps
        if place not in self._typical_ends:
            typical = SampleInput(input_.problem, input_.size, frozenset({n_steps}), TYPICAL_SEED)
            training = self._training(typical, n_steps)
            self._typical_ends[place] = training, EndsOfTraining(training, {n_steps}).after(n_steps)
        return self._typical_ends[place]

    def _start(self, contender: Contender) -> State:
        name = contender.problem.name
        if name not in self._starts:
            self._starts[name] = contender.problem.start_state(self.seed)
        return self._starts[name]
