"""How small a difference a run can find: launches against the noise between them."""

from __future__ import annotations

import math

import numpy as np

from paragone.store.plan_records import FEWEST_LAUNCHES

MOST_LAUNCHES = 40
# Below this a difference is not worth a word, however sure: the floor of the margin of every verdict.
SMALLEST_MARGIN = 0.01
POWER = 0.95
N_SIMULATED = 20_000


def minimum_detectable_difference(launch_deviation: float, launches: int) -> float:
    """Return the smallest true difference that a run finds in 95 of 100 cases, as a fraction.

    A difference is found where the interval of a cell lies wholly beyond the margin, and the margin is
    the farther end of the interval of the A/A pair at that point of the grid, 1 % at least. Simulated:
    log-ratios of launches are normal with standard deviation `launch_deviation`, intervals are
    Student's t over the launches; the same seed every time.
    """
    from scipy import stats  # a second to import, and the command line needs only the numbers above

    random = np.random.Generator(np.random.PCG64(0))
    error = launch_deviation / math.sqrt(launches)
    means = error * random.standard_normal((2, N_SIMULATED))
    freedom = launches - 1
    spreads = error * np.sqrt(random.chisquare(freedom, means.shape) / freedom)
    reaches = float(stats.t.ppf(0.975, freedom)) * spreads
    margin = np.maximum(math.log1p(SMALLEST_MARGIN), np.abs(means[1]) + reaches[1])
    # Found where difference + mean − reach > margin.
    needed = margin + reaches[0] - means[0]
    return float(np.expm1(np.quantile(needed, POWER)))


def launches_to_resolve(difference: float, launch_deviation: float) -> int:
    """Return the fewest launches, 5 to 40, that resolve a difference; 40 where none of them does."""
    for launches in range(FEWEST_LAUNCHES, MOST_LAUNCHES):
        if minimum_detectable_difference(launch_deviation, launches) <= difference:
            return launches
    return MOST_LAUNCHES
