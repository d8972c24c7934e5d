"""Whether the results of a kernel are what honest arithmetic makes of its inputs, and if not, why not.

They pass through four stages: their form (shapes, and NaN or infinity only where the reference has them), the precision
of their values, whole numbers, which must be equal, and the distance of every array of reals from the reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paragone.task.check_result import CheckResult
from paragone.task.distance import Distance
from paragone.task.kernel.perturbation import Expected
from paragone.task.kernel.place import place_of
from paragone.task.kernel.spec import KernelSpec
from paragone.task.kernel.tolerance import FACTOR, distance_of

# With a looser bound wrong results would pass: the computation is ill-conditioned here.
LOOSEST_BOUND = 0.1
# The spread is a linear estimate, which means nothing where rounding is amplified more than this.
MOST_AMPLIFIED = 1e6
# Of the reference, so many numbers must need the digits that a result has not, before it is called imprecise.
NUMBERS_TO_TELL = 4
DIGITS = {"float64": (("float32", 24),), "float32": (("bfloat16", 8), ("half precision", 11))}
# Sums of so many terms, rounded at each, are seldom the reference rounded once; of so many results, never all.
TERMS_TO_TELL, RESULTS_TO_TELL = 8, 100
ROUNDED_ONCE = 0.99
SHOWN = "this case is shown and not judged"
AS_EXACT_AS_FLOAT64 = "as exact as float64 arithmetic whose results are rounded once to float32"

Arrays = Mapping[str, NDArray[Any]]


def judge(spec: KernelSpec, expected: Expected, got: Arrays, dtype: str) -> CheckResult:
    """Compare the results of a computation in `dtype` with the reference; `got` has the out and inout arrays by name,
    reals as float64.

    Zeros have few digits: of what lies far off, its distance is the reason.
    """
    n_steps = expected.n_steps
    fault = form_fault(spec, expected, got, dtype)
    imprecise = None if fault else precision_fault(spec, expected, got, dtype)
    is_far = not fault and any(each.error > LOOSEST_BOUND for each in distances_of(spec, expected, got, dtype))
    if fault := fault or (None if is_far else imprecise) or whole_number_fault(spec, expected, got, dtype):
        return CheckResult("failed", fault, n_steps=n_steps)
    distances = distances_of(spec, expected, got, dtype)
    if not distances:
        return CheckResult("passed", n_steps=n_steps)
    loosest = min(LOOSEST_BOUND, MOST_AMPLIFIED * FACTOR * float(np.finfo(dtype).eps))
    is_stated = spec.stated_tolerance(dtype) is not None
    tight = [distance for distance in distances if is_stated or distance.bound <= loosest]
    worst = max(tight or distances, key=lambda distance: distance.ratio)

    def result(status: str, reason: str = "", note: str = "") -> CheckResult:
        return CheckResult(status, reason, worst.error, worst.bound, worst.tensor, n_steps, note)

    # An array beyond a tight bound is wrong, however loose the bounds of the others are.
    if tight and worst.ratio > 1:
        return result("failed", _difference(spec, expected, got, worst, dtype))
    if imprecise:
        return CheckResult("failed", imprecise, n_steps=n_steps)
    if len(tight) < len(distances):
        return result("not checked", _too_loose(next(d for d in distances if d not in tight)))
    return result("passed", note=exactness(spec, expected, got, dtype))


def show(spec: KernelSpec, expected: Expected, got: Arrays, dtype: str) -> CheckResult:
    """The error in a case that is shown and not judged; infinite where a result is not finite."""
    if fault := shape_fault(spec, expected, got):
        return CheckResult("failed", fault, n_steps=expected.n_steps)
    distances = distances_of(spec, expected, got, dtype)
    if not distances:
        return CheckResult("not checked", SHOWN, n_steps=expected.n_steps)
    worst = max(distances, key=lambda distance: distance.error)
    return CheckResult("not checked", SHOWN, worst.error, worst.bound, worst.tensor, expected.n_steps)


def form_fault(spec: KernelSpec, expected: Expected, got: Arrays, dtype: str) -> str | None:
    """Which array of the results is missing, of another shape, or not finite where the reference is; None if none."""
    return shape_fault(spec, expected, got) or next(
        filter(None, (_not_finite_fault(name, expected, got[name], dtype) for name in _reals(spec))), None
    )


def shape_fault(spec: KernelSpec, expected: Expected, got: Arrays) -> str | None:
    for array in spec.outputs_of():
        right, mine = expected.outputs[array.name], got.get(array.name)
        kinds = "f" if array.is_real else "iu"
        if not isinstance(mine, np.ndarray) or mine.shape != right.shape or mine.dtype.kind not in kinds:
            what = f"{mine.dtype} {mine.shape}" if isinstance(mine, np.ndarray) else type(mine).__name__
            return f"{array.name}: expected {right.dtype} {right.shape}, got {what}"
    return None


def _not_finite_fault(name: str, expected: Expected, mine: NDArray[Any], dtype: str) -> str | None:
    """NaN and infinity must stand where the reference, rounded to the dtype, has them, with the same sign."""
    with np.errstate(over="ignore"):
        right = expected.outputs[name].astype(dtype)
    unwanted = ~np.isfinite(mine) & np.isfinite(right)
    if bad := np.count_nonzero(unwanted):
        nan = np.count_nonzero(np.isnan(mine) & unwanted)
        what = "NaN" if nan == bad else "NaN or infinite" if nan else "infinite"
        never = ": never written, computed from what was not, or an overflow (inf/inf)" if nan == bad else ""
        where = f"where the reference is finite, first at {_first(unwanted)}"
        return f"{bad} of the {mine.size} values of {name} are {what} {where}{never}"
    missing = ~np.isfinite(right) & (np.isnan(right) != np.isnan(mine)) | np.isinf(right) & (mine != right)
    if np.any(missing):
        at = np.unravel_index(np.argmax(missing), missing.shape)
        return f"{name} is {mine[at]:g} at {_first(missing)}, the reference {right[at]:g}"
    return None


def precision_fault(spec: KernelSpec, expected: Expected, got: Arrays, dtype: str) -> str | None:
    """Which results have fewer digits than the dtype and the reference, or more than the dtype; else None."""
    for name in _reals(spec):
        right, mine = expected.outputs[name], got[name]
        with np.errstate(over="ignore"):
            unheld = np.count_nonzero(mine.astype(dtype) != mine) - np.count_nonzero(np.isnan(mine))
            right = right.astype(dtype).astype(np.float64)
        if unheld:
            return f"{unheld} of the {mine.size} values of {name} cannot be held in {dtype}"
        for lower, digits in DIGITS[dtype]:
            told = np.count_nonzero(~_has_digits(right, digits)) >= NUMBERS_TO_TELL
            if told and _has_digits(mine, digits).all():
                return f"every value of {name} is a number of {lower}, and those of the reference are not: " + (
                    f"computed in {lower} but declared {dtype}"
                )
    return None


def _has_digits(x: NDArray[Any], digits: int) -> NDArray[np.bool_]:
    """Where the significand of a number has no more than so many binary digits."""
    significand = np.ldexp(np.frexp(np.where(np.isfinite(x), x, 0.0))[0], digits)
    return np.asarray(significand == np.round(significand))


def whole_number_fault(spec: KernelSpec, expected: Expected, got: Arrays, dtype: str) -> str | None:
    """Which whole numbers differ, but for those that a rounding of the inputs changes too; None where none do."""
    for array in spec.outputs_of():
        if not array.is_real:
            right, mine = expected.outputs[array.name], got[array.name]
            uncertain = expected.spread.uncertain.get(dtype, {}).get(array.name, np.zeros(right.shape, bool))
            if np.any(wrong := (mine != right) & ~uncertain):
                at = np.unravel_index(np.argmax(wrong), wrong.shape)
                count = f"{np.count_nonzero(wrong)} of the {right.size} values of {array.name} differ"
                return f"{count} from the reference, first at {_first(wrong)}: {mine[at]}, {right[at]} is expected"
    return None


def distances_of(spec: KernelSpec, expected: Expected, got: Arrays, dtype: str) -> list[Distance]:
    return [distance_of(spec, expected, name, got[name], dtype) for name in _reals(spec)]


def exactness(spec: KernelSpec, expected: Expected, got: Arrays, dtype: str) -> str:
    """A note on float32 results that are nearer to the reference than float32 arithmetic comes; else ""."""
    if dtype != "float32" or not spec.terms or expected.n_terms < TERMS_TO_TELL:
        return ""
    for name in _reals(spec):
        right = expected.outputs[name]
        with np.errstate(over="ignore"):
            rounded = right.astype(np.float32)
        inexact = np.isfinite(right) & (rounded != right)
        n_inexact = np.count_nonzero(inexact)
        if n_inexact < RESULTS_TO_TELL or np.mean(got[name][inexact] == rounded[inexact]) < ROUNDED_ONCE:
            return ""
    return AS_EXACT_AS_FLOAT64


def _difference(spec: KernelSpec, expected: Expected, got: Arrays, worst: Distance, dtype: str) -> str:
    name = worst.tensor
    sentence = f"{name} differs from the reference by {worst.error:.1e}, {worst.bound:.1e} is allowed"
    parts = [sentence, place_of(expected.outputs[name], got[name], worst)]
    is_auto = dtype == "float64" and spec.stated_tolerance(dtype) is None
    if is_auto and all(distance.ratio <= 1 for distance in distances_of(spec, expected, got, "float32")):
        parts.append("an error of this size is float32's: is anything computed in float32?")
    return "; ".join(filter(None, parts))


def _too_loose(distance: Distance) -> str:
    way_out = "nothing to compare, unless inputs are better conditioned or judge.tolerance states what is allowed"
    if distance.bound <= LOOSEST_BOUND:
        return f"this computation amplifies rounding more than {MOST_AMPLIFIED:.0e} times: {way_out}"
    return f"rounding alone may move {distance.tensor} by {distance.bound:.1e} of its size: {way_out}"


def _first(where: NDArray[np.bool_]) -> str:
    """The place of the first True, such as [3, 0]."""
    return str([int(i) for i in np.unravel_index(np.argmax(where), where.shape)])


def _reals(spec: KernelSpec) -> list[str]:
    return [array.name for array in spec.outputs_of() if array.is_real]
