"""What a run can find is simulated here once more, differently, and compared with what the plan promises."""

import numpy as np
import pytest
from scipy import stats

from paragone.plan.power import (
    MOST_LAUNCHES,
    SMALLEST_MARGIN,
    launches_for_noise,
    launches_to_resolve,
    minimum_detectable_difference,
)


def test_without_noise_the_margin_is_all_there_is():
    assert pytest.approx(SMALLEST_MARGIN) == minimum_detectable_difference(0.0, 5)


@pytest.mark.parametrize(("deviation", "launches"), [(0.002, 5), (0.02, 5), (0.02, 12)])
def test_a_difference_of_that_size_is_found_in_95_of_100_simulated_runs(deviation, launches):
    random = np.random.Generator(np.random.PCG64(7))
    true = np.log1p(minimum_detectable_difference(deviation, launches))
    reaches = stats.t.ppf(0.975, launches - 1) / np.sqrt(launches)
    found = 0
    for _ in range(4000):
        intervals = []
        for centre in (true, 0.0):
            logs = centre + deviation * random.standard_normal(launches)
            reach = reaches * logs.std(ddof=1)
            intervals.append((logs.mean() - reach, logs.mean() + reach))
        margin = max(np.log1p(SMALLEST_MARGIN), -intervals[1][0], intervals[1][1])
        found += intervals[0][0] > margin

    assert 0.935 < found / 4000 < 0.965


@pytest.mark.parametrize("deviation", [0.0, 0.002, 0.02, 0.1])
def test_more_launches_never_resolve_less(deviation):
    found = [minimum_detectable_difference(deviation, launches) for launches in range(5, 41, 5)]

    assert sorted(found, reverse=True) == found


@pytest.mark.parametrize("deviation", [0.001, 0.01, 0.05])
def test_the_launches_are_the_fewest_that_resolve_the_difference(deviation):
    launches = launches_to_resolve(0.05, deviation)

    assert launches == MOST_LAUNCHES or minimum_detectable_difference(deviation, launches) <= 0.05
    assert launches == 5 or minimum_detectable_difference(deviation, launches - 1) > 0.05


@pytest.mark.parametrize(("upper", "typical", "launches"), [(0.02, 0.01, 0.02), (0.5, 0.02, 0.02), (0.5, 0.4, None)])
def test_where_the_upper_end_of_the_noise_is_too_large_a_typical_cell_decides_and_else_nothing_is_spent(
    upper, typical, launches
):
    expected = 5 if launches is None else launches_to_resolve(0.05, launches)

    assert expected == launches_for_noise(0.05, upper, typical)
    assert (launches is None) == (minimum_detectable_difference(typical, expected) > 0.05)


def test_a_deviation_beyond_all_reason_gives_a_number_that_a_plan_can_hold():
    assert minimum_detectable_difference(1.5, 2) <= 1e6
    assert minimum_detectable_difference(1e6, 5) <= 1e6
