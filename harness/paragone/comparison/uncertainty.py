"""Statistics of arrays for runs apart in time: shrunk variances, the variance between runs, adjusted p-values.

`across_time` says why each of them is used.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import digamma, fdtrc, polygamma, stdtr

Floats = NDArray[np.float64]

SMALLEST_VARIANCE = 1e-8  # of logs, 0.01 %: launches that agree better do so by chance
FEWEST_TO_SHRINK = 4  # variances; fewer do not show how variances scatter
MOST_FREEDOM = 1000.0
OUTLIER = 0.01  # probability of a variance this large among the others: it is not shrunk


def shrunk(variances: Floats, freedom: Floats) -> tuple[Floats, Floats]:
    """Variances shrunk towards their common value, and their degrees of freedom: (d₀·s₀² + d·s²)/(d₀ + d) and d₀ + d.

    Smyth's moderated variance ("Linear models and empirical Bayes methods", 2004): 1/σ² follows a scaled χ² with d₀
    degrees of freedom around 1/s₀²; both are estimated from the moments of log s². A variance too large for that
    distribution (p < 1 %) belongs to a noisy cell and is kept. A variance without a degree of freedom is NaN.
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
    is_outlier = fdtrc(d, d0, own / s0) < OUTLIER
    moderated = np.where(is_outlier, own, (d0 * s0 + d * own) / (d0 + d))
    return np.where(known, moderated, np.nan), np.where(known & ~is_outlier, d + d0, freedom)


def _inverse_trigamma(value: float) -> float:
    """x with ψ′(x) = value, clipped to possible degrees of freedom."""
    low, high = 1e-3, MOST_FREEDOM
    if value <= polygamma(1, high):
        return high
    return float(brentq(lambda x: polygamma(1, x) - value, low, high)) if value < polygamma(1, low) else low


def variance_between(differences: Floats, variances: Floats) -> float:
    """τ² = max(0, mean of (d² − var d)) of differences d whose expected value is 0.

    DerSimonian and Laird's moment estimate (1986), with equal weights and a known mean.
    """
    if len(differences) == 0:
        return 0.0
    return max(0.0, float(np.mean(differences**2 - variances)))


def freedom_of_sum(variances: list[Floats], freedom: list[Floats]) -> Floats:
    """Welch–Satterthwaite: (Σ v)² / Σ (v² / ν), the degrees of freedom of a sum of estimated variances v."""
    total = np.sum(variances, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        parts = np.sum([v**2 / f for v, f in zip(variances, freedom, strict=True)], axis=0)
        result: Floats = total**2 / parts
    return result


def two_sided(statistic: Floats, freedom: Floats) -> Floats:
    """P(|T| ≥ |statistic|) of Student's t: the two-sided p-value."""
    result: Floats = 2 * stdtr(freedom, -np.abs(statistic))
    return result


def adjusted(p: Floats) -> Floats:
    """p-values adjusted by Benjamini and Hochberg (1995): rejecting those below q keeps the false discovery rate ≤ q.

    NaN is not a test and stays NaN.
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
