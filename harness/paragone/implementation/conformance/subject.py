"""An implementation under examination, on tiny problems: its loaded instances, start states and orders.

Its problems are made tiny, with 25 pixels and 43 images: the shipped ones or those that it is given, and their stress
problems.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import cycle, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paragone.implementation.contract import Implementation
from paragone.task.mlp.problem import NetworkProblem
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
    """A promise is broken; the message says where, and what the author must change."""


class NotApplicable(Exception):
    """The implementation does not make this promise."""


@cache
def problems() -> tuple[NetworkProblem, ...]:
    """The shipped problems and their stress problems, made tiny."""
    return tiny(map(find_problem, shipped_names()))


def tiny(asked: Iterable[NetworkProblem]) -> tuple[NetworkProblem, ...]:
    """These problems and their stress problems, made tiny. Depth, step and coefficients stay as they are."""
    shrunk = [
        replace(problem, n_train=N_TRAIN, layers=(PIXELS, *islice(cycle(HIDDEN), len(problem.layers) - 2), 10))
        for problem in asked
    ]
    return *shrunk, *(stress_problem(problem) for problem in shrunk)


def _representative(supported: list[NetworkProblem]) -> list[NetworkProblem]:
    """One problem for each kind of output layer: the first has every term of the update, the last a plain update."""
    by_terms = sorted(supported, key=lambda p: (p.has_plain_update, not p.records_loss, -p.momentum))
    ends = [*by_terms[:1], *by_terms[-1:], *by_terms]
    return [*{problem.loss: problem for problem in reversed(ends)}.values()][::-1]


@dataclass
class Subject:
    """A variant with one loaded instance for each problem, kept because loading may take seconds.

    A program is started twice: one instance is loaded with each problem in turn, another stands for all fresh ones.
    """

    kind: type[Implementation]
    axis: Mapping[str, str]
    asked: tuple[NetworkProblem, ...] = ()  # it is tried on these alone; on all that ship where there is none
    is_slow: bool = False  # to start or compile: it is then checked on fewer problems
    _kept: dict[NetworkProblem, Implementation] = field(default_factory=dict)
    _spare: list[Implementation] = field(default_factory=list)  # with programs that nobody needs at the moment

    @property
    def dtype(self) -> str:
        return self.axis["dtype"]

    def make(self) -> Implementation:
        """An instance that is to be loaded: a fresh one, or one that was given back."""
        return self._spare.pop() if self._spare else self.kind(**self.axis)

    def give_back(self, implementation: Implementation) -> None:
        """Close it, unless it has a program, which takes long to start and may be loaded again."""
        if self.has_program:
            self._spare.append(implementation)
        else:
            implementation.close()

    @property
    def has_program(self) -> bool:
        return self.kind.bridge == "process"

    def loaded(self, problem: NetworkProblem) -> Implementation:
        if problem not in self._kept:
            begin = time.perf_counter()
            self._kept[problem] = self._reloaded(problem) or self.fresh(problem, self.images(), LABELS.copy())
            Case(self, problem, 7).training()
            is_built_once = self.kind.bridge == "c"
            self.is_slow |= not is_built_once and time.perf_counter() - begin > SLOW_SECONDS
        return self._kept[problem]

    def _reloaded(self, problem: NetworkProblem) -> Implementation | None:
        """The one kept instance, loaded with another problem; None where each problem has its own."""
        if not (self._kept and self.has_program):
            return None
        _, implementation = self._kept.popitem()
        implementation.load(problem, self.images(), LABELS.copy())
        return implementation

    def fresh(self, problem: NetworkProblem, images: NDArray[Any], labels: NDArray[np.uint8]) -> Implementation:
        """A separate instance, which sees the images read-only. The caller gives it back."""
        read_only = images.view()
        read_only.setflags(write=False)
        implementation = self.make()
        implementation.load(problem, read_only, labels)
        return implementation

    def images(self) -> NDArray[Any]:
        """A fresh copy of the images, pixels p/255."""
        return (IMAGES / 255.0).astype(self.dtype)

    def problems(self) -> list[NetworkProblem]:
        """The supported problems. Raises NotApplicable where there is none."""
        tried = tiny(self.asked) if self.asked else problems()
        supported = [problem for problem in tried if self.kind.unsupported(problem) is None]
        if not supported:
            raise NotApplicable(
                f"it supports none of {', '.join(problem.name for problem in tried[: len(tried) // 2])}"
            )
        self.loaded(supported[0])  # sets `is_slow`
        return _representative(supported) if self.is_slow else supported

    def exact_problems(self) -> list[NetworkProblem]:
        """The problems that it computes exactly. Raises NotApplicable where it approximates all of them."""
        supported = self.problems()
        exact = [problem for problem in supported if self.kind.nearest(problem) is None]
        if not exact:
            difference = self.kind.nearest(supported[0])
            raise NotApplicable(f"it approximates all problems that it supports: {difference}")
        return exact

    def cases(self, batch_sizes: tuple[int, ...] = BATCH_SIZES) -> Iterator[Case]:
        yield from self.cases_of(self.problems(), batch_sizes)

    def cases_of(self, problems: list[NetworkProblem], batch_sizes: tuple[int, ...] = BATCH_SIZES) -> Iterator[Case]:
        for problem in problems:
            for batch_size in batch_sizes:
                yield Case(self, problem, batch_size)

    def few_cases(self, problems: list[NetworkProblem] | None = None) -> list[Case]:
        """Two cases, one with every term of the update and one with a plain update, for checks that load anew."""
        representative = _representative(problems or self.problems())
        chosen = representative[:1] if self.is_slow else dict.fromkeys((representative[0], representative[-1]))
        return [Case(self, problem, 7) for problem in chosen]

    def close(self) -> None:
        for implementation in (*self._kept.values(), *self._spare):
            implementation.close()
        self._kept.clear()
        self._spare.clear()


@dataclass(frozen=True)
class Case:
    """A subject on a problem at a batch size, with a start state and an order."""

    subject: Subject
    problem: NetworkProblem
    batch_size: int

    @property
    def implementation(self) -> Implementation:
        return self.subject.loaded(self.problem)

    @property
    def order(self) -> NDArray[np.int64]:
        """N_STEPS mini-batches, a fresh array at every call."""
        return self.problem.order(SEED, N_STEPS, self.batch_size)

    @property
    def state(self) -> State:
        """A fresh state with previous updates, two steps before the end of an epoch, where η changes."""
        return start(self.problem, self.batch_size)

    def training(self, implementation: Implementation | None = None) -> Bits:
        return bits(self.problem, *trained(implementation or self.implementation, self.state, self.order))

    def expect(self, kept: bool, otherwise: str) -> None:
        """Raises PromiseBroken, saying what must change, unless `kept`."""
        if not kept:
            raise PromiseBroken(f"{self.problem.name}, batch size {self.batch_size}: {otherwise}")


def start(problem: NetworkProblem, batch_size: int) -> State:
    """The stress problem's start state, moved to two steps before the end of an epoch."""
    state = stress_state(problem, SEED, batch_size)
    return replace(state, step=2 * problem.steps_per_epoch(batch_size) - 2 if batch_size < N_TRAIN else 2)


def trained(
    implementation: Implementation, state: State, order: NDArray[np.int64]
) -> tuple[State, NDArray[Any] | None]:
    implementation.reset(state)
    losses = implementation.train(order)
    return implementation.params(), losses


def bits(problem: NetworkProblem, state: State, losses: NDArray[Any] | None = None) -> Bits:
    """A digest of everything that equal trainings must share. Previous updates count only where momentum uses them."""
    if problem.momentum == 0:
        state = State.at_rest(state.W, state.b, state.step)
    return state.digest(), None if losses is None else np.asarray(losses, dtype=np.float64).tobytes()
