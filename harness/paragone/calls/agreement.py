"""Whether two outcomes agree, and if not, which number of which array is how far off.

Reals agree where they lie no farther apart than rounding may move them: by the formula of task/kernel/tolerance.py,
whose longest sum is taken to be as long as the longest axis of an argument. Where that is not enough, the reference is
called again with inputs that are moved by their own rounding, and what this does to its result is allowed too.
Everything else (whole numbers, texts, shapes, the places of NaN and infinity) must be equal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paragone.calls.outcome import Leaves, Outcome, leaves
from paragone.errors import error_text
from paragone.files.printable import plain_words
from paragone.task.distance import Distance
from paragone.task.kernel.judge import LOOSEST_BOUND
from paragone.task.kernel.perturbation import Expected, Spread, noise_of, norm
from paragone.task.kernel.place import place_of
from paragone.task.kernel.tolerance import allowance

N_RUNS = 4
EXACT_ENOUGH = 0.01  # beyond this, nobody would call it so
Perturbed = Callable[[Callable[[NDArray[Any]], NDArray[Any]]], Outcome]


@dataclass
class Judge:
    """Compares outcomes with those of the reference.

    `perturbed` calls the reference with its real arguments changed by a function. `tolerance` is a relative error that
    is allowed in place of the calculated one.
    """

    arguments: tuple[Any, ...]
    perturbed: Perturbed | None = None
    tolerance: float | None = None
    _spreads: dict[str, dict[str, float]] = field(default_factory=dict)  # by dtype and path

    def disagreement(self, right: Outcome, got: Outcome) -> str:
        """Where, and by how much, an outcome differs from that of the reference; "" where they agree."""
        pairs = {"the result": (right.returned, got.returned)}
        names = right.changed.keys() | got.changed.keys()
        if right.returned is not None and got.returned is not None:
            names = right.changed.keys() & got.changed.keys()  # scratch space of one of the two
        for name in sorted(names):
            if name not in right.changed or name not in got.changed:
                changes, other = ("it", "the reference") if name in got.changed else ("the reference", "it")
                return f"{changes} changes {name}, and {other} does not"
            pairs[name] = right.changed[name], got.changed[name]
        found = (self._difference(name, leaves(mine), leaves(its)) for name, (mine, its) in pairs.items())
        return next(filter(None, found), "")

    def _difference(self, name: str, right: Leaves, got: Leaves) -> str:
        if missing := [path for path in right if path not in got] + [path for path in got if path not in right]:
            has, lacks = ("the reference", "it") if missing[0] in right else ("it", "the reference")
            if "" in (*right, *got):
                return f"{name} is {_form_of_all(got)}, {_form_of_all(right)} is expected"
            return f"{has} has {name}{missing[0]}, and {lacks} does not"
        found = (self._of_leaf(f"{name}{path}", path, right[path], got[path]) for path in right)
        return next(filter(None, found), "")

    def _of_leaf(self, name: str, path: str, right: Any, got: Any) -> str:
        if not (isinstance(right, np.ndarray) and isinstance(got, np.ndarray)):
            return "" if _is_equal(right, got) else f"{name} is {_form(got)}, {_form(right)} is expected"
        if right.shape != got.shape:
            return f"{name} has the shape {got.shape}, {right.shape} is expected"
        if not {right.dtype.kind, got.dtype.kind} & {*"fc"} or not {right.dtype.kind, got.dtype.kind} <= {*"biufc"}:
            return _unequal_words(name, right, got)
        dtype = coarsest(right, got, *leaves(self.arguments).values())
        if "c" in (right.dtype.kind, got.dtype.kind):
            right, got = right.astype(np.complex128), got.astype(np.complex128)
        return self._of_reals(name, path, as_reals(right), as_reals(got), dtype)

    def _of_reals(self, name: str, path: str, right: NDArray[Any], got: NDArray[Any], dtype: str) -> str:
        if (place := _other_kind(right, got)) is not None:
            return f"{name} is {got[place]:g}{_at(place)}, {right[place]:g} is expected"
        finite = np.isfinite(right)
        mine, its = np.where(finite, got, 0.0), np.where(finite, right, 0.0)
        distance = Distance(name, norm(mine - its), self._allowed(norm(its), 0.0, dtype), norm(its) or 1.0)
        if distance.ratio > 1 and self.tolerance is None and self.perturbed:
            spread = self._spread(path if name.startswith("the result") else name, dtype)
            distance = Distance(name, distance.distance, self._allowed(norm(its), spread, dtype), distance.scale)
        if distance.ratio <= 1:
            return ""
        words = f"{name} differs by {distance.error:.1e} of its size, {distance.bound:.1e} is allowed"
        one = f"{mine.item():.6g}, {its.item():.6g} is expected" if its.size == 1 else ""
        return "; ".join(filter(None, [words, one or place_of(its, mine, distance), self._way_out(distance, dtype)]))

    def _way_out(self, distance: Distance, dtype: str) -> str:
        """What may be right after all: rounding of what should be 0, and another accuracy."""
        arrays = [as_reals(leaf) for leaf in leaves(self.arguments).values() if is_real(leaf)]
        rounding = float(np.finfo(dtype).eps) * sum(norm(array) * array.size**0.5 for array in arrays)
        if distance.scale <= rounding:
            return "both may be what rounding left of 0: other inputs would tell"
        return f"if that is exact enough: tolerance={2 * distance.error:.0e}" if distance.error < EXACT_ENOUGH else ""

    def _allowed(self, size: float, spread: float, dtype: str) -> float:
        if self.tolerance is not None:
            return self.tolerance * size
        arrays = [leaf for leaf in leaves(self.arguments).values() if isinstance(leaf, np.ndarray)]
        n_terms = max((length for array in arrays for length in array.shape), default=1)
        expected = Expected({}, Spread({}), n_terms)
        return min(allowance(expected, spread, size, dtype), max(LOOSEST_BOUND * size, float(np.finfo(dtype).tiny)))

    def _spread(self, path: str, dtype: str) -> float:
        """How far a relative rounding error of size 1 in every real argument moves the reference's result."""
        if dtype not in self._spreads:
            self._spreads[dtype] = self._spreads_of(dtype)
        return self._spreads[dtype].get(path, 0.0)

    def _spreads_of(self, dtype: str) -> dict[str, float]:
        """The root mean square over some calls with noise far above the rounding of this dtype, by path."""
        size = max(2.0**-30, 8 * float(np.finfo(dtype).eps))
        squares: dict[str, float] = {}
        try:
            assert self.perturbed is not None
            plain = _reals_of(self.perturbed(lambda array: array))
            for run in range(N_RUNS):
                noisy = _reals_of(self.perturbed(noise_of(run, size)))
                for path, right in plain.items():
                    moved = norm(np.nan_to_num(noisy[path] - right, posinf=0, neginf=0)) if path in noisy else 0.0
                    squares[path] = squares.get(path, 0.0) + (moved / size) ** 2 / N_RUNS
        except Exception:  # the reference takes no such inputs, for example a symmetric matrix alone
            return {}
        return {path: square**0.5 for path, square in squares.items()}


def _reals_of(outcome: Outcome) -> dict[str, NDArray[Any]]:
    named = {"": outcome.returned, **outcome.changed}
    found = {f"{name}{path}": leaf for name, value in named.items() for path, leaf in leaves(value).items()}
    return {path: as_reals(leaf) for path, leaf in found.items() if is_real(leaf)}


def is_real(value: Any) -> bool:
    """Whether it is an array of real or complex numbers."""
    return isinstance(value, np.ndarray) and value.dtype.kind in "fc"


def as_reals(array: NDArray[Any]) -> NDArray[np.float64]:
    """The numbers in float64; a complex one is two."""
    if array.dtype.kind == "c":
        array = np.ascontiguousarray(array.astype(np.complex128)).view(np.float64).reshape(*array.shape, 2)
    with np.errstate(over="ignore"):
        return array.astype(np.float64)


def coarsest(*values: Any) -> str:
    """The real dtype with the fewest digits among arrays, float64 where there is none."""
    kinds = [np.finfo(value.dtype).dtype for value in values if is_real(value)]
    return str(max(kinds, key=lambda dtype: np.finfo(dtype).eps, default=np.dtype(np.float64)))


def _other_kind(right: NDArray[Any], got: NDArray[Any]) -> tuple[Any, ...] | None:
    """The first place where one is NaN or infinite and the other is not, or has another sign."""
    differs = (np.isnan(right) != np.isnan(got)) | ((np.isinf(right) | np.isinf(got)) & (right != got))
    differs &= ~(np.isnan(right) & np.isnan(got))
    return np.unravel_index(np.argmax(differs), differs.shape) if differs.any() else None


def _unequal_words(name: str, right: NDArray[Any], got: NDArray[Any]) -> str:
    """The number of values that differ, and the first; NaN and NaT are equal to themselves."""
    differs = np.asarray(right != got) & ~(np.asarray(right != right) & np.asarray(got != got))
    if differs.shape != right.shape:  # dtypes that NumPy cannot compare
        differs = np.full(right.shape, True)
    if not differs.any():
        return ""
    place = np.unravel_index(np.argmax(differs), differs.shape)
    return (
        f"{np.count_nonzero(differs)} of the {right.size} values of {name} differ, first{_at(place)}: "
        f"{_shown(got[place])}, {_shown(right[place])} is expected"
    )


def _is_equal(right: Any, got: Any) -> bool:
    try:
        return right is got or bool(right == got)
    except Exception:  # of a foreign class
        return False


def _form(leaf: Any) -> str:
    return f"an array of shape {leaf.shape}" if isinstance(leaf, np.ndarray) and leaf.size > 1 else _shown(leaf)


def _form_of_all(found: Leaves) -> str:
    if "" in found:
        return _form(found[""])
    return f"one with {plain_words(', '.join(list(found)[:5]), 100)}"


def _at(place: tuple[Any, ...]) -> str:
    """Such as " at [3, 0]"; "" for a number that is alone."""
    return f" at {[int(i) for i in place]}" if place else ""


def _shown(value: Any) -> str:
    try:
        return plain_words(str(value), 60)
    except Exception as error:  # of a foreign class
        return error_text(error)
