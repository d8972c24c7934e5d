"""Statistical power: the smallest difference that a number of launches can find."""

from __future__ import annotations

import math

import numpy as np

from paragone.store.plan_records import FEWEST_LAUNCHES

MOST_LAUNCHES = 40
# The floor of the margin of every verdict: a smaller difference gets no word, however certain it is.
SMALLEST_MARGIN = 0.01
POWER = 0.95
N_SIMULATED = 20_000
# Two launches on a noisy machine ask for more than a plan can hold; nothing is found there in any case.
LARGEST_LOG_RATIO = math.log(1e6)


def minimum_detectable_difference(launch_deviation: float, launches: int) -> float:
    """The smallest true difference that a run finds with power 0.95, as a fraction (0.03 for 3 %).

    A difference is found where the interval of a cell lies wholly beyond the margin: the farther end of the A/A
    interval at that point of the grid, SMALLEST_MARGIN at least. Simulated with a fixed seed: log-ratios of launches
    are normal with standard deviation `launch_deviation`, intervals are Student's t over the launches.
    """
    from scipy.special import stdtrit  # takes a while to import; the command line needs only the constants

    random = np.random.Generator(np.random.PCG64(0))
    error = launch_deviation / math.sqrt(launches)
    means = error * random.standard_normal((2, N_SIMULATED))
    freedom = launches - 1
    spreads = error * np.sqrt(random.chisquare(freedom, means.shape) / freedom)
    reaches = float(stdtrit(freedom, 0.975)) * spreads
    margin = np.maximum(math.log1p(SMALLEST_MARGIN), np.abs(means[1]) + reaches[1])
    # Found where difference + mean − reach > margin.
    needed = margin + reaches[0] - means[0]
    return math.expm1(min(LARGEST_LOG_RATIO, float(np.quantile(needed, POWER))))


def launches_to_resolve(difference: float, launch_deviation: float) -> int:
    """The fewest launches that can find `difference`: FEWEST_LAUNCHES to MOST_LAUNCHES."""
    for launches in range(FEWEST_LAUNCHES, MOST_LAUNCHES):
        if minimum_detectable_difference(launch_deviation, launches) <= difference:
            return launches
    return MOST_LAUNCHES


def launches_for_noise(difference: float, upper: float, typical: float) -> int:
    """The launches that find `difference` at the upper end of the noise, or else in a typical cell.

    FEWEST_LAUNCHES where even MOST_LAUNCHES find it in neither: no hours are spent on what cannot be found.
    """
    for launch_deviation in (upper, typical):
        launches = launches_to_resolve(difference, launch_deviation)
        if minimum_detectable_difference(launch_deviation, launches) <= difference:
            return launches
    return FEWEST_LAUNCHES
