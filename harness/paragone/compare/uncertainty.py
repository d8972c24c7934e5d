"""How sure a difference between two runs is: shrunk variances, the variance between runs, p-values adjusted.

Pure functions of arrays. The package says why each of them is used.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import digamma, fdtrc, polygamma, stdtr

Floats = NDArray[np.float64]

SMALLEST_VARIANCE = 1e-8  # of logs: launches agree within 0.01 % by chance alone
FEWEST_TO_SHRINK = 4  # variances; of fewer nothing can be learnt about how variances scatter
MOST_FREEDOM = 1000.0
ODD_ONE_OUT = 0.01


def shrunk(variances: Floats, freedom: Floats) -> tuple[Floats, Floats]:
    """Return variances drawn towards what all of them have in common, and the degrees of freedom that they gain.

    Smyth's moderated variance (2004): 1/σ² of the cells is taken to follow a scaled χ² with d₀ degrees of freedom
    around 1/s₀², both estimated by the moments of log s²; a cell gets (d₀·s₀² + d·s²)/(d₀ + d), with d₀ + d degrees.
    A variance that is larger than this lets expect (one in a hundred) is a noisy cell and keeps its own. Variances
    without a degree of freedom stay NaN.
    """
    known = freedom > 0
    if known.sum() < FEWEST_TO_SHRINK:
        return np.where(known, np.maximum(variances, SMALLEST_VARIANCE), np.nan), freedom
    d = np.where(known, freedom, 1.0)
    own = np.where(known, np.maximum(variances, SMALLEST_VARIANCE), 1.0)
    centred = (np.log(own) - digamma(d / 2) + np.log(d / 2))[known]
    excess = float(np.var(centred, ddof=1) - polygamma(1, d[known] / 2).mean())
    d0 = min(MOST_FREEDOM, 2 * _inverse_trigamma(excess)) if excess > 0 else MOST_FREEDOM
    s0 = float(np.exp(centred.mean() + digamma(d0 / 2) - np.log(d0 / 2)))
    is_odd = fdtrc(d, d0, own / s0) < ODD_ONE_OUT
    drawn = np.where(is_odd, own, (d0 * s0 + d * own) / (d0 + d))
    return np.where(known, drawn, np.nan), np.where(known & ~is_odd, d + d0, freedom)


def _inverse_trigamma(value: float) -> float:
    """Return x with ψ′(x) = value, within what degrees of freedom can be."""
    low, high = 1e-3, MOST_FREEDOM
    if value <= polygamma(1, high):
        return high
    return float(brentq(lambda x: polygamma(1, x) - value, low, high)) if value < polygamma(1, low) else low


def variance_between(differences: Floats, variances: Floats) -> float:
    """Return τ², by how much the squares of differences that should be 0 exceed what their variances explain.

    The moment estimate of DerSimonian and Laird with equal weights and the mean known to be 0; at least 0.
    """
    if len(differences) == 0:
        return 0.0
    return max(0.0, float(np.mean(differences**2 - variances)))


def freedom_of_sum(variances: list[Floats], freedom: list[Floats]) -> Floats:
    """Return the degrees of freedom of a sum of estimated variances (Welch, Satterthwaite)."""
    total = np.sum(variances, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        parts = np.sum([v**2 / f for v, f in zip(variances, freedom, strict=True)], axis=0)
        result: Floats = total**2 / parts
    return result


def two_sided(statistic: Floats, freedom: Floats) -> Floats:
    """Return the probability that Student's t lies at least so far from 0."""
    result: Floats = 2 * stdtr(freedom, -np.abs(statistic))
    return result


def adjusted(p: Floats) -> Floats:
    """Return p-values adjusted by Benjamini and Hochberg: those below q have a false discovery rate of at most q.

    NaN counts as no test.
    """
    known = ~np.isnan(p)
    result = np.full(len(p), np.nan)
    found = p[known]
    order = np.argsort(found, kind="stable")
    scaled = found[order] * len(found) / np.arange(1, len(found) + 1)
    smallest_from_here = np.minimum.accumulate(scaled[::-1])[::-1]
    values = np.empty(len(found))
    values[order] = np.minimum(smallest_from_here, 1.0)
    result[known] = values
    return result
