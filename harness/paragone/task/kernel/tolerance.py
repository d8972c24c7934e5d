"""How far an honest result may lie from the reference: one formula and its calibration.

Of each array of results, in the L2 norm:

    allowed = eps · ((FACTOR + ROOT · √terms) · (spread + ‖ref‖) + SUMMATION · terms · steps · ‖ref‖)

`eps` is that of the declared dtype, `terms` the number of terms in the longest sum, `steps` that of a state's steps.

`spread` is what relative rounding errors of size 1 in all that a step reads would do to this very result
(perturbation.py): so the bound widens by itself where the computation is ill-conditioned.

The roundings of a sum that is added up term by term are as good as random, and grow like √terms; FACTOR is for
everything else, such as an exp of a few units in the last place. Where the terms are nearly equal, every addition
rounds to the same side, at worst by eps/2 of the partial sum, and the error grows like terms/4: hence the last term. It
ends at LARGEST_SUMMATION, because a sum that is off by more is wrong, however honest.

`scripts/calibrate_kernel_bounds.py` found the constants with eleven kernels; docs/kernel-judge.md has its tables.
"""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np

from paragone.task.distance import Distance
from paragone.task.kernel.perturbation import Expected, FloatArray, norm
from paragone.task.kernel.spec import COMPONENTWISE, KernelSpec

FACTOR = 8.0
ROOT = 1.0
SUMMATION = 0.3
LARGEST_SUMMATION = 0.03

Amount = TypeVar("Amount", float, FloatArray)


def distance_of(spec: KernelSpec, expected: Expected, name: str, got: FloatArray, dtype: str) -> Distance:
    """The distance of one array of reals. What is not finite in the reference, or beyond the dtype, counts nothing."""
    right = expected.outputs[name]
    with np.errstate(over="ignore", invalid="ignore"):
        finite = np.isfinite(right.astype(dtype))
        difference, size = np.where(finite, got - right, 0.0), np.where(finite, right, 0.0)
    if spec.tolerance == COMPONENTWISE:
        return _worst_element(expected, name, difference, size, dtype)
    stated = spec.stated_tolerance(dtype)
    whole = norm(size)
    if stated is not None:
        allowed = stated * whole
    else:
        allowed = allowance(expected, expected.spread.norms[name], whole, dtype)
        allowed += float(np.finfo(dtype).tiny) * right.size**0.5  # results too small for the dtype may be 0
    return Distance(name, norm(difference), allowed, whole or 1.0)


def allowance(expected: Expected, spread: Amount, size: Amount, dtype: str) -> Amount:
    """The formula of this module: of a norm, or of each number."""
    eps = float(np.finfo(dtype).eps)
    rounding = (FACTOR + ROOT * math.sqrt(expected.n_terms)) * (spread + size)
    summation = min(eps * SUMMATION * expected.n_terms * expected.n_steps, LARGEST_SUMMATION)
    return eps * rounding + summation * size


def _worst_element(expected: Expected, name: str, difference: FloatArray, size: FloatArray, dtype: str) -> Distance:
    """The element with the largest distance in units of what is allowed there."""
    sizes, distances = np.abs(size), np.where(np.isnan(difference), np.inf, np.abs(difference))
    allowed = allowance(expected, expected.spread.elements[name], sizes, dtype) + float(np.finfo(dtype).tiny)
    worst = np.unravel_index(np.argmax(distances / allowed), size.shape)
    return Distance(name, float(distances[worst]), float(allowed[worst]), float(sizes[worst]) or 1.0)
