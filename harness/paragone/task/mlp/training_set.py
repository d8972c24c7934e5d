"""Whether an implementation holds the right training set: it trains once on every image, and each piece is judged.

The head of a training meets some thousand images, so that one wrong label in 60,000 would hardly ever be seen. Here a
random permutation of the whole training set is cut into pieces of at most 30 steps. Each piece starts from the same
state, and its end is compared with that of the reference's twin (`perturbation.states`). After 30 steps one wrong
label or image still moves the last layer by many bounds; over a whole epoch it would be lost in the rounding.

The last layer starts small: no output is saturated, so that every image has a large delta.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paragone.task.check_result import CheckResult
from paragone.task.distance import Distance
from paragone.task.mlp.hidden import HIDDEN
from paragone.task.mlp.judge import LOOSEST_BOUND, fault_of_result
from paragone.task.mlp.kinks import jumps
from paragone.task.mlp.perturbation import PerturbedTraining, spread, states
from paragone.task.mlp.problem import NetworkProblem, rounded_to_float32
from paragone.task.mlp.reference import Trajectory
from paragone.task.mlp.state import FloatArray, State
from paragone.task.mlp.tolerance import KINK_DECIDES, kink_allowance, may_come_of_kinks, norm, tensor_distances

BATCH_SIZE = 100
STEPS = 30
SMALL = 0.01  # times the start of the last layer
# The spread is measured on the first piece; that of another differs from it by less than this factor.
SPREAD_MARGIN = 2.0

Train = Callable[[State, NDArray[np.int64]], tuple[State, NDArray[Any] | None]]


@dataclass(frozen=True)
class Piece:
    """Some steps of the pass, the state in which they end, and by dtype how far from it each tensor may lie."""

    order: NDArray[np.int64]
    end: State
    allowed: dict[str, list[Distance]]
    by_kinks: dict[str, dict[str, float]]  # by dtype and tensor, what of it hidden sums near a kink may take

    def distances(self, got: State, dtype: str) -> list[Distance]:
        """How far each tensor of a result lies from the end."""
        mine, right = got.tensors(), self.end.tensors()
        return [replace(each, distance=norm(mine[each.tensor] - right[each.tensor])) for each in self.allowed[dtype]]

    def is_in_doubt(self, found: list[Distance], dtype: str) -> bool:
        """Whether all that lies too far may have been moved there by a kink."""
        wrong = [each for each in found if each.ratio > 1]
        return all(may_come_of_kinks(each, self.by_kinks[dtype][each.tensor]) for each in wrong)


def are_wrong(distances: list[Distance]) -> bool:
    return any(each.ratio > 1 for each in distances)


class TrainingSet:
    """One pass over the training set of a problem, in pieces; each is computed when it is first needed.

    All contenders with this problem meet the same pieces, which nobody can foresee, each in an order of its own.
    """

    def __init__(self, problem: NetworkProblem, images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> None:
        self.problem, self.images, self.labels = problem, images, labels
        self.random = np.random.default_rng()
        batch_size = max(1, min(BATCH_SIZE, problem.n_train // 4))
        n_steps = -(-problem.n_train // batch_size)
        # The last mini-batch is filled up with images of the first, so that none is left out.
        order = np.resize(self.random.permutation(problem.n_train), (n_steps, batch_size))
        self.orders = np.array_split(order, -(-n_steps // STEPS))
        start = problem.start_state(int(self.random.integers(2**31)))
        last_W, last_b = (rounded_to_float32(SMALL * tensor) for tensor in (start.W[-1], start.b[-1]))
        self.start = State.at_rest((*start.W[:-1], last_W), (*start.b[:-1], last_b))
        self._pieces: dict[tuple[int, int], Piece] = {}

    def check(self, train: Train, dtype: str, seconds: float, image_seconds: float) -> CheckResult:
        """Train on every image once, piece by piece; on fewer where that takes more than about `seconds`.

        `image_seconds` is about what an image takes: of a slow implementation even one piece is cut short.
        """
        n_images, n_steps, elapsed_s = 0, 0, 0.0
        most_steps = max(1, int(seconds / (image_seconds * self.orders[0].shape[1])))
        distances = []
        for n_done, index in enumerate(self.random.permutation(len(self.orders)), start=1):
            if n_done > 1 and elapsed_s * n_done / (n_done - 1) > seconds:
                break
            piece = self._piece(int(index), most_steps)
            if not all(np.isfinite(tensor).all() for tensor in piece.end.tensors().values()):
                return CheckResult("not checked", "the reference itself is not finite: this training diverges")
            begin = time.perf_counter()
            got, losses = train(self.start, piece.order)
            elapsed_s += time.perf_counter() - begin
            n_steps += len(piece.order)
            if fault := fault_of_result(self.problem, piece.end, got, losses, len(piece.order), dtype):
                return CheckResult("failed", fault, n_steps=n_steps)
            found = self._distances(piece, int(index), got, dtype)
            if found is None:
                continue
            n_images += piece.order.size
            distances += found
            if are_wrong(found):
                break
        if not distances:
            return CheckResult("not checked", f"in every part of the training set {KINK_DECIDES}", n_steps=n_steps)
        worst = max(distances, key=lambda each: each.ratio)
        seen = f"seen {min(n_images, self.problem.n_train):,} of {self.problem.n_train:,} images"
        if worst.ratio > 1:
            reason = (
                f"after {len(piece.order)} steps over a random part of the training set {worst.tensor} differs from "
                f"the reference by {worst.error:.1e}, {worst.bound:.1e} is allowed: does it hold every image with its "
                f"own label? ({seen})"
            )
            return CheckResult("failed", reason, worst.error, worst.bound, worst.tensor, n_steps)
        reason = "" if n_images >= self.problem.n_train else f"in about {seconds:g} s it has {seen}"
        return CheckResult("passed", reason, worst.error, worst.bound, worst.tensor, n_steps)

    def _distances(self, piece: Piece, index: int, got: State, dtype: str) -> list[Distance] | None:
        """How far each tensor lies from the end of the piece; None where a kink may have moved what lies too far."""
        found = piece.distances(got, dtype)
        if not (are_wrong(found) and self._has_kink):
            return found
        piece = self._with_jumps(index, len(piece.order))  # what rounding does to this very piece decides
        found = piece.distances(got, dtype)
        return None if are_wrong(found) and piece.is_in_doubt(found, dtype) else found

    def _piece(self, index: int, most_steps: int) -> Piece:
        order = self.orders[index][:most_steps]
        key = index, len(order)
        if key not in self._pieces:
            self._pieces[key] = self._made(order, self._expected(order))
        return self._pieces[key]

    def _with_jumps(self, index: int, most_steps: int) -> Piece:
        """The piece whose bounds have what its own hidden sums near a kink may add; it takes the place of the first."""
        order = self.orders[index][:most_steps]
        of_kinks = jumps(self._training(order))
        made = self._made(order, replace(self._expected(order), jumps=of_kinks))
        self._pieces[index, len(order)] = made
        return made

    def _made(self, order: NDArray[np.int64], expected: Trajectory) -> Piece:
        allowed = self._allowed(expected)
        by_kinks = {
            dtype: {each.tensor: kink_allowance(expected, each.tensor, dtype) for each in found}
            for dtype, found in allowed.items()
        }
        return Piece(order, expected.states[-1], allowed, by_kinks)

    def _expected(self, order: NDArray[np.int64]) -> Trajectory:
        """The states of this piece; their losses are not compared."""
        with np.errstate(over="ignore", invalid="ignore"):
            passed = [self.start, *(state for state, _ in states(self._training(order)))]
        moves = _displacements(passed)
        rounding = {name: np.full(len(order), ratio * moves[name]) for name, ratio in self._spread_of_moves.items()}
        none = np.zeros(len(order))
        return Trajectory(tuple(passed), none, rounding, none, order.shape[1])

    def _allowed(self, expected: Trajectory) -> dict[str, list[Distance]]:
        """What each tensor may differ by, where that is little enough to tell anything."""
        by_dtype = {}
        for dtype in ("float32", "float64"):
            found = tensor_distances(self.problem, expected, expected.states[-1], dtype)
            by_dtype[dtype] = [each for each in found if each.bound <= LOOSEST_BOUND]
        return by_dtype

    @property
    def _has_kink(self) -> bool:
        return HIDDEN[self.problem.hidden_activation].has_kink

    @cached_property
    def _spread_of_moves(self) -> dict[str, float]:
        """By tensor, the spread relative to the displacement: that of the first piece, with a margin for the others."""
        training = self._training(self.orders[0])
        with np.errstate(over="ignore", invalid="ignore"):
            rounding, _ = spread(training)
            (end, _) = deque(states(training), maxlen=1).pop()
        moves = _displacements([self.start, end])
        return {name: SPREAD_MARGIN * float(rounding[name][-1]) / (moves[name] or 1.0) for name in moves}

    def _training(self, order: NDArray[np.int64]) -> PerturbedTraining:
        return PerturbedTraining.of(self.problem, self.images, self.labels, self.start, order)


def _displacements(passed: list[State]) -> dict[str, float]:
    """By tensor ‖end − start‖; of a previous update its own norm."""
    first, last = passed[0].tensors(), passed[-1].tensors()

    def moved(name: str, tensor: FloatArray) -> float:
        return norm(tensor if name.startswith("d") else tensor - first[name])

    return {name: moved(name, tensor) for name, tensor in last.items()}
