"""The checks of networks: what an implementation trains is compared with the reference's training."""

from __future__ import annotations

import secrets
from pathlib import Path
from weakref import WeakKeyDictionary

from paragone.errors import VerificationFailed
from paragone.task.check_result import CheckResult
from paragone.task.checks import Candidate, SampleResult
from paragone.task.mlp.gate import Train, check_approximate, check_form, check_steps, gate, pass_through
from paragone.task.mlp.mnist.cache import DataSet
from paragone.task.mlp.perturbation import PerturbedTraining
from paragone.task.mlp.spread_cache import cached_spread
from paragone.task.mlp.training_set import TrainingSet
from paragone.task.mlp.whole_sample import (
    FEWEST_SIZED_STEPS,
    MOST_TYPICAL_STEPS,
    End,
    EndsOfTraining,
    TypicalSpread,
    check_whole,
    size_fault,
)
from paragone.task.sample_input import SampleInput

# In the rounds, a sample of more steps is compared in a window within it, where its bits can be reproduced.
MOST_WHOLE_STEPS = 256
# The reference trains at most so many images of a window within a sample, but one step at least.
WINDOW_IMAGES = 2_000
TYPICAL_SEED = 0


class NetworkChecks:
    """Compares the trainings of one run with those of the reference."""

    def __init__(self, data: DataSet, seed: int, cache: Path) -> None:
        self.data, self.seed, self.cache = data, seed, cache
        self._training_sets: dict[str, TrainingSet] = {}
        self._typical: dict[tuple[str, int], TypicalSpread] = {}
        self._typical_ends: dict[tuple[str, int, int], tuple[PerturbedTraining, End]] = {}
        self._chaotic: dict[tuple[str, int, str], int] = {}  # the fewest steps that were found to be chaotic
        self._ends: WeakKeyDictionary[SampleInput, EndsOfTraining] = WeakKeyDictionary()

    def check_first_steps(self, train: Train, candidate: Candidate, size: int, max_steps: int) -> CheckResult:
        """Train the first steps and compare them with the reference; the worker has loaded the candidate's problem.

        Where the implementation solves a near problem only, no more than shapes, dtypes and finiteness are checked.
        """
        problem = candidate.problem
        if difference := candidate.difference:
            order = problem.order(self.seed, min(max_steps, check_steps(size)), size)
            start = problem.start_state(self.seed)
            return check_approximate(train, problem, start, order, candidate.dtype, difference, candidate.deterministic)
        return gate(
            train,
            problem,
            *self.data.inputs(problem),
            size,
            self.seed,
            candidate.dtype,
            deterministic=candidate.deterministic,
            folder=self.cache,
            data_sha256=self.data.sha256,
            max_steps=max_steps,
        )

    def check_data(self, train: Train, candidate: Candidate, seconds: float, work_seconds: float) -> CheckResult:
        """Train on every image once, or on as many as take about `seconds`, and compare with the reference's twin."""
        problem = candidate.problem
        if problem.name not in self._training_sets:
            self._training_sets[problem.name] = TrainingSet(problem, *self.data.inputs(problem))
        training_set = self._training_sets[problem.name]
        return training_set.check(train, candidate.dtype, seconds, work_seconds)

    def check_form(self, candidate: Candidate, input_: SampleInput, result: SampleResult) -> CheckResult:
        """Check the form of a sample's result: shapes, dtypes, finite values, the step count. It never passes."""
        n_steps, dtype = result.n_steps, candidate.dtype
        difference = candidate.difference or "only the form of this sample is checked"
        return check_form(candidate.problem, input_.start, result.state, result.losses, n_steps, dtype, difference)

    def check_whole_sample(
        self, train: Train, candidate: Candidate, input_: SampleInput, result: SampleResult
    ) -> CheckResult:
        """Compare the whole of a sample with the reference.

        Where rounding drives its training apart, how far it has come is compared, and a window within it.
        """
        check = self.check_form(candidate, input_, result)
        if check.status == "failed" or candidate.difference:
            return check
        dtype, place = candidate.dtype, (input_.problem.name, input_.size, candidate.dtype)
        if result.n_steps < self._chaotic.get(place, result.n_steps + 1):
            training, end = self._training(input_, result.n_steps), self._end(input_, result.n_steps)
            check = check_whole(training, end, self._typical_spread(input_), result.state, result.losses, dtype)
            if check.status != "not checked" or result.n_steps < FEWEST_SIZED_STEPS:
                return check
            self._chaotic[place] = result.n_steps
        fault = self._size_fault(input_, result)
        if not fault and candidate.deterministic:
            return self._check_window(train, candidate, input_, result)
        note = "" if fault else "only how far its weights have moved was compared"
        return CheckResult("failed" if fault else "passed", fault or "", n_steps=result.n_steps, note=note)

    def check_sample(
        self, train: Train, candidate: Candidate, input_: SampleInput, result: SampleResult
    ) -> CheckResult:
        """As `check_whole_sample`, but of a long sample no more than a window where its bits can be reproduced."""
        is_short = result.n_steps <= MOST_WHOLE_STEPS
        if is_short or candidate.difference or not candidate.deterministic:
            return self.check_whole_sample(train, candidate, input_, result)
        check = self.check_form(candidate, input_, result)
        return check if check.status == "failed" else self._check_window(train, candidate, input_, result)

    def _size_fault(self, input_: SampleInput, result: SampleResult) -> str | None:
        """Which weights have moved too little or too far, by a typical training and by the same one; None: none."""
        if not size_fault(*self._typical_training(input_, result.n_steps), input_.start, result.state):
            return None
        same = self._training(input_, result.n_steps), self._end(input_, result.n_steps)
        return size_fault(*same, input_.start, result.state)

    def _check_window(
        self, train: Train, candidate: Candidate, input_: SampleInput, result: SampleResult
    ) -> CheckResult:
        """Train the sample again in three parts, which must end in its bits; compare the middle with the reference."""
        problem, order = candidate.problem, input_.order(result.n_steps)
        n_window = min(len(order), check_steps(input_.size), max(1, WINDOW_IMAGES // input_.size))
        first = secrets.randbelow(len(order) - n_window + 1)
        window = slice(first, first + n_window)
        try:
            before, after, losses = pass_through(
                train, problem, input_.start, order, window, result.state, result.losses
            )
        except VerificationFailed as failure:
            return CheckResult("failed", str(failure), n_steps=n_window)
        training = PerturbedTraining.of(problem, *self.data.inputs(problem), before, order[window])
        end = EndsOfTraining(training, {n_window}).after(n_window)
        return check_whole(training, end, self._typical_spread(input_), after, losses, candidate.dtype)

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
        # Samples have as many steps as their time allows: of few lengths, those that are kept are found again.
        n_steps = min(MOST_TYPICAL_STEPS, 1 << (max(input_.lengths) - 1).bit_length())
        known = self._typical.get((problem.name, size))
        if known is None or len(known.of_losses) < n_steps:
            typical = SampleInput(problem, size, frozenset({n_steps}), TYPICAL_SEED)
            known = cached_spread(self._training(typical, n_steps), self.data.sha256, self.cache)
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
