"""How far rounding may move a result, measured on the reference by perturbing what it reads (Monte Carlo arithmetic:
D. S. Parker, UCLA CSD-970002, 1997)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from paragone.task.kernel.reference import Arrays, Reference
from paragone.task.kernel.spec import COMPONENTWISE, KernelSpec

NOISE = 2.0**-30  # far above float64's own rounding errors, and small enough for a linear response
# The root mean square of few runs is uncertain where an array is few numbers: a result without an average over many, or
# coefficients whose errors may cancel in each run.
N_RUNS, N_RUNS_OF_FEW, FEW = 4, 16, 1000
# Whole numbers that follow from reals, such as the place of a maximum, may change by rounding of this many eps.
ROUNDING_OF_CHOICES = 8.0

FloatArray = NDArray[np.float64]
Noise = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True)
class Spread:
    """What relative rounding errors of size 1, in every number that a step reads, would do to the results."""

    norms: dict[str, float]  # ‖noisy − plain‖, root mean square over the runs
    elements: dict[str, FloatArray] = field(default_factory=dict)  # the same of each number, where it is asked for
    uncertain: dict[str, dict[str, NDArray[np.bool_]]] = field(default_factory=dict)  # by dtype: whole numbers


@dataclass(frozen=True)
class Expected:
    """The right results after `n_steps` steps from given inputs, and how far rounding may move them."""

    outputs: Arrays
    spread: Spread
    n_terms: int = 1  # of the longest sum of a step
    n_steps: int = 1


def expect(
    reference: Reference,
    spec: KernelSpec,
    inputs: Arrays,
    size: int,
    n_steps: int = 1,
    case: str = "",
    known: Spread | None = None,
) -> Expected:
    """The right results, and their spread.

    `n_steps` is 1 unless a state evolves. `known` is the spread of other inputs of this case and size, which is taken
    where it is one for a whole array. Raises Misuse where the reference fails; with a `case`, also where it gives NaN
    or infinity that this case has not asked for.
    """
    plain = evolved(reference, spec, inputs, size, n_steps, case=case)
    if known is None or known.elements or known.uncertain:
        known = _spread(reference, spec, inputs, size, n_steps, plain)
    return Expected(plain, known, spec.n_terms(size), n_steps)


def evolved(
    reference: Reference,
    spec: KernelSpec,
    inputs: Arrays,
    size: int,
    n_steps: int,
    noise: Noise | None = None,
    case: str = "",
) -> Arrays:
    """The results of the last of `n_steps` steps; noise is applied to every real that a step reads."""
    arrays = {name: noise(array) if noise and array.dtype.kind == "f" else array for name, array in inputs.items()}
    outputs = reference.outputs(arrays, spec, size, case)
    for _ in range(n_steps - 1):
        for name in arrays.keys() & outputs.keys():
            state = outputs[name]
            arrays[name] = noise(state) if noise and state.dtype.kind == "f" else state
        outputs = reference.outputs(arrays, spec, size, case)
    return outputs


def _spread(reference: Reference, spec: KernelSpec, inputs: Arrays, size: int, n_steps: int, plain: Arrays) -> Spread:
    reals = {name: result for name, result in plain.items() if result.dtype.kind == "f"}
    smallest = min((array.size for array in (*inputs.values(), *reals.values())), default=FEW)
    n_runs = N_RUNS_OF_FEW if spec.tolerance == COMPONENTWISE or smallest < FEW else N_RUNS
    squares = {name: np.zeros(result.shape) for name, result in reals.items()}
    for run in range(n_runs if reals else 0):
        noisy = evolved(reference, spec, inputs, size, n_steps, noise_of(run))
        with np.errstate(over="ignore", invalid="ignore"):
            for name, result in reals.items():
                finite = np.isfinite(result)
                squares[name][finite] += np.square((noisy[name][finite] - result[finite]) / NOISE)
    elements = {name: np.sqrt(total / n_runs) for name, total in squares.items()}
    norms = {name: norm(element) for name, element in elements.items()}
    kept = elements if spec.tolerance == COMPONENTWISE else {}
    return Spread(norms, kept, _uncertain(reference, spec, inputs, size, n_steps, plain))


def _uncertain(
    reference: Reference, spec: KernelSpec, inputs: Arrays, size: int, n_steps: int, plain: Arrays
) -> dict[str, dict[str, NDArray[np.bool_]]]:
    """By dtype, which whole numbers of the results change when the reals of the inputs are rounded a little."""
    whole = {name: result for name, result in plain.items() if result.dtype.kind != "f"}
    if not whole or all(array.dtype.kind != "f" for array in inputs.values()):
        return {}
    changed = {dtype: {name: np.zeros(result.shape, bool) for name, result in whole.items()} for dtype in spec.dtypes}
    for dtype, masks in changed.items():
        for run in range(N_RUNS_OF_FEW):
            noise = noise_of(run, ROUNDING_OF_CHOICES * float(np.finfo(dtype).eps))
            noisy = evolved(reference, spec, inputs, size, n_steps, noise)
            for name, mask in masks.items():
                mask |= noisy[name] != whole[name]
    return changed


def noise_of(run: int, size: float = NOISE) -> Noise:
    """x ↦ x·(1 ± size), each sign drawn anew at each call: of one number, even one run finds the spread."""
    random = np.random.Generator(np.random.PCG64([run, 1]))
    return lambda x: x * np.where(random.integers(0, 2, x.shape, np.uint8), 1 + size, 1 - size)


def norm(x: FloatArray) -> float:
    """The L2 norm of all elements, also where their squares overflow; infinite where one is not finite."""
    largest = float(np.max(np.abs(x), initial=0.0))
    if largest == 0 or not math.isfinite(largest):
        return math.inf if largest else 0.0
    return largest * float(np.linalg.norm((x / largest).ravel()))
