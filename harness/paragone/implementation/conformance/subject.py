"""An implementation under examination: tiny problems, instances that are kept, and what it trains from and over.

The problems are those that ship and their stress problems, with 25 pixels and 43 images.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paragone.implementation.contract import Implementation, Variant
from paragone.task.mlp.problem import Problem
from paragone.task.mlp.problem_files import find_problem, shipped_names
from paragone.task.mlp.state import State
from paragone.task.mlp.stress import stress_problem, stress_state

N_TRAIN = 43  # prime: no batch size divides it
BATCH_SIZES = (1, 2, 7, N_TRAIN)
PIXELS, HIDDEN = 25, (8, 7)
N_STEPS = 5
SLOW_SECONDS = 2.0
SEED = 3

_random = np.random.Generator(np.random.PCG64(1))
IMAGES = np.where(_random.random((N_TRAIN, PIXELS)) < 0.19, _random.integers(1, 256, (N_TRAIN, PIXELS)), 0)
IMAGES = IMAGES.astype(np.uint8)
LABELS = _random.integers(0, 10, N_TRAIN).astype(np.uint8)

Bits = tuple[str, bytes | None]


class PromiseBroken(Exception):
    """A promise that is not kept: where it was seen, and what the author must change."""


class NotApplicable(Exception):
    """A promise that this implementation does not make."""


@cache
def problems() -> tuple[Problem, ...]:
    """Return the problems that ship, made tiny, and their stress problems; depth, step and coefficients are kept."""
    shrunk = [
        replace(problem, n_train=N_TRAIN, layers=(PIXELS, *HIDDEN[: len(problem.layers) - 2], 10))
        for problem in map(find_problem, shipped_names())
    ]
    return *shrunk, *(stress_problem(problem) for problem in shrunk)


def _telling(supported: list[Problem]) -> list[Problem]:
    """Return one problem for each kind of output: first one with every term of the update, then a plain one."""
    by_terms = sorted(supported, key=lambda p: (p.has_plain_update, not p.records_loss, -p.momentum))
    ends = [*by_terms[:1], *by_terms[-1:], *by_terms]
    return [*{problem.loss: problem for problem in reversed(ends)}.values()][::-1]


@dataclass
class Subject:
    """A variant and its instances, one loaded for each problem and kept: loading may take seconds."""

    variant: Variant
    is_slow: bool = False  # in starting and compiling: then it is tried on fewer problems
    _kept: dict[Problem, Implementation] = field(default_factory=dict)

    def loaded(self, problem: Problem) -> Implementation:
        """Return the instance of this problem."""
        if problem not in self._kept:
            begin = time.perf_counter()
            self._kept[problem] = self._reloaded(problem) or self.fresh(problem, self.images(), LABELS.copy())
            Case(self, problem, 7).training()
            self.is_slow |= time.perf_counter() - begin > SLOW_SECONDS
        return self._kept[problem]

    def _reloaded(self, problem: Problem) -> Implementation | None:
        """Return the one kept instance with another problem where a second program would be slow to start, or None."""
        if not (self.is_slow and self._kept and self.variant.implementation.bridge == "process"):
            return None
        _, implementation = self._kept.popitem()
        implementation.load(problem, self.images(), LABELS.copy())
        return implementation

    def fresh(self, problem: Problem, images: NDArray[Any], labels: NDArray[np.uint8]) -> Implementation:
        """Return an instance of its own, which sees the images read-only; whoever asks closes it."""
        shown = images.view()
        shown.setflags(write=False)
        implementation = self.variant.make()
        implementation.load(problem, shown, labels)
        return implementation

    def images(self) -> NDArray[Any]:
        """Return the images, pixels p/255."""
        return (IMAGES / 255.0).astype(self.variant.dtype)

    def problems(self) -> list[Problem]:
        """Return the problems that it supports. Raises NotApplicable where there is none."""
        supported = [problem for problem in problems() if self.variant.implementation.supports(problem) is None]
        if not supported:
            raise NotApplicable(f"it supports none of {', '.join(shipped_names())}")
        self.loaded(supported[0])  # tells whether it is slow
        return _telling(supported) if self.is_slow else supported

    def exact_problems(self) -> list[Problem]:
        """Return the problems that it does exactly. Raises NotApplicable where it only comes near all of them."""
        supported = self.problems()
        exact = [problem for problem in supported if self.variant.implementation.nearest(problem) is None]
        if not exact:
            difference = self.variant.implementation.nearest(supported[0])
            raise NotApplicable(f"it only comes near the problems that it supports: {difference}")
        return exact

    def cases(self, batch_sizes: tuple[int, ...] = BATCH_SIZES) -> Iterator[Case]:
        """Yield a case for each problem and batch size."""
        yield from self.cases_of(self.problems(), batch_sizes)

    def cases_of(self, problems: list[Problem], batch_sizes: tuple[int, ...] = BATCH_SIZES) -> Iterator[Case]:
        """Yield a case for each of these problems and batch sizes."""
        for problem in problems:
            for batch_size in batch_sizes:
                yield Case(self, problem, batch_size)

    def few_cases(self, problems: list[Problem] | None = None) -> list[Case]:
        """Return two cases, of a plain update and of one with every term: for checks that load afresh."""
        telling = _telling(problems or self.problems())
        chosen = telling[:1] if self.is_slow else dict.fromkeys((telling[0], telling[-1]))
        return [Case(self, problem, 7) for problem in chosen]

    def close(self) -> None:
        """Close every instance."""
        for implementation in self._kept.values():
            implementation.close()
        self._kept.clear()


@dataclass(frozen=True)
class Case:
    """A subject on a problem at a batch size, and what it trains from and over."""

    subject: Subject
    problem: Problem
    batch_size: int

    @property
    def implementation(self) -> Implementation:
        """Return the kept instance."""
        return self.subject.loaded(self.problem)

    @property
    def order(self) -> NDArray[np.int64]:
        """Return five mini-batches, fresh at every call."""
        return self.problem.order(SEED, N_STEPS, self.batch_size)

    @property
    def state(self) -> State:
        """Return a fresh state with previous updates, two steps before the end of an epoch, where η changes."""
        return start(self.problem, self.batch_size)

    def training(self, implementation: Implementation | None = None) -> Bits:
        """Return the bits of a training."""
        return bits(self.problem, *trained(implementation or self.implementation, self.state, self.order))

    def expect(self, kept: bool, otherwise: str) -> None:
        """Raise PromiseBroken with what must change unless the promise is kept."""
        if not kept:
            raise PromiseBroken(f"{self.problem.name}, batch size {self.batch_size}: {otherwise}")


def start(problem: Problem, batch_size: int) -> State:
    """Return the stress problem's start state, moved to two steps before the end of an epoch."""
    state = stress_state(problem, SEED, batch_size)
    return replace(state, step=2 * problem.steps_per_epoch(batch_size) - 2 if batch_size < N_TRAIN else 2)


def trained(
    implementation: Implementation, state: State, order: NDArray[np.int64]
) -> tuple[State, NDArray[Any] | None]:
    """Return the end of a training, and its losses."""
    implementation.reset(state)
    losses = implementation.train(order)
    return implementation.params(), losses


def bits(problem: Problem, state: State, losses: NDArray[Any] | None = None) -> Bits:
    """Return what must be equal where two trainings must be; previous updates count where momentum uses them."""
    if problem.momentum == 0:
        state = State.at_rest(state.W, state.b, state.step)
    return state.digest(), None if losses is None else np.asarray(losses, dtype=np.float64).tobytes()
