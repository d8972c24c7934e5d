"""What a wrong result looks like: it is compared with one mistake at a time, until one of them explains it."""

from __future__ import annotations

import numpy as np

from paragone.errors import Misuse
from paragone.task.kernel.mistakes import Computation, mistakes_of
from paragone.task.kernel.perturbation import norm
from paragone.task.kernel.reference import Arrays
from paragone.task.kernel.tolerance import distance_of

MOST_NUMBERS = 200_000  # in the arrays of a call, times its steps: with more, some forty references take seconds
# A mistake changes the rounding, too: it explains a result that it meets within ten bounds or 0.1 % of the error.
FIT = 10.0
UNEXPLAINED = 0.001


def likely_mistake(computation: Computation, got: Arrays, dtype: str) -> str | None:
    """The sentence of the mistake that explains wrong results best, or None where none fits.

    It follows "it looks as if". `got` has the right form. Of large arrays nothing is tried.
    """
    numbers = sum(array.size for array in (*computation.inputs.values(), *got.values()))
    if numbers * computation.expected.n_steps > MOST_NUMBERS:
        return None
    compare = _Comparison(computation, got, dtype)
    best, closest = None, min(FIT, compare.misfit(computation.expected.outputs) / 3)  # much better than no mistake
    for mistake in mistakes_of(computation):
        try:
            misfit = compare.misfit(mistake.results())
        except Misuse:  # the author's mistake, or the reference, does not work on such inputs
            continue
        if misfit < closest:
            best, closest = mistake.sentence, misfit
    # A fitted factor would explain many results; it is tried only where no mistake with a name fits.
    return best or compare.factor(closest)


class _Comparison:
    """Compares results with wrong ones, each array in units of its own tolerance."""

    def __init__(self, computation: Computation, got: Arrays, dtype: str) -> None:
        self.right, self.got = computation.expected.outputs, got
        reals = [name for name, array in self.right.items() if array.dtype.kind == "f"]
        found = [distance_of(computation.spec, computation.expected, name, got[name], dtype) for name in reals]
        self.tolerance = {d.tensor: max(d.allowed, UNEXPLAINED * d.distance) or 1e-300 for d in found}

    def misfit(self, results: Arrays) -> float:
        """max over the arrays of ‖results − got‖ / tolerance; whole numbers must be equal."""
        worst = 0.0
        for name, mine in results.items():
            if name in self.tolerance:
                both = np.isfinite(self.got[name]) | np.isfinite(mine)
                with np.errstate(all="ignore"):
                    distance = norm(np.where(both, mine - self.got[name], 0.0))
                worst = max(worst, distance / self.tolerance[name] if np.isfinite(distance) else np.inf)
            elif not np.array_equal(mine, self.got[name]):
                return np.inf
        return worst

    def factor(self, closest: float) -> str | None:
        """ "D were 2 times what it is to be", where one factor explains the only array of reals."""
        if len(self.tolerance) != 1:
            return None
        (name,) = self.tolerance
        right, got = self.right[name].ravel(), self.got[name].ravel()
        square = float(right @ right)
        factor = float(right @ got) / square if square > 0 else np.nan
        if not np.isfinite(factor) or right.size < 2:
            return None
        wrong = {**self.got, name: factor * self.right[name]}
        return f"{name} were {factor:.6g} times what it is to be" if self.misfit(wrong) < closest else None
