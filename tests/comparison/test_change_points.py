"""Change points of series made by hand: what stays changed is found, what one run shows is not."""

import numpy as np
import pytest

from paragone.comparison.change_points import Series, change_points, levels


def series(logs, reach=0.01, margin=0.02):
    """Return a series whose runs have these log-ratios; intervals and margins are the same in all, or given."""
    logs = np.asarray(logs, dtype=float)
    return Series(logs, np.broadcast_to(reach, logs.shape), np.broadcast_to(margin, logs.shape))


def noise(count, deviation=0.01, seed=1):
    return deviation * np.random.Generator(np.random.PCG64(seed)).standard_normal(count)


def steps(count, *changes, seed=1):
    """Return noise with steps: (first run, size)."""
    logs = noise(count, seed=seed)
    for at, size in changes:
        logs[at:] += size
    return logs


def test_a_step_that_stays_is_found_in_its_place_with_its_size():
    (change,) = change_points(series(steps(30, (18, -0.1))))

    assert (18, 0, 30) == (change.at, change.begin, change.end)
    assert change.low < -0.1 < change.high
    assert change.is_beyond_noise


def test_noise_alone_has_no_change():
    assert [] == [change for seed in range(20) for change in change_points(series(noise(40, seed=seed)))]


def test_a_level_that_comes_back_has_two_changes():
    found = change_points(series(steps(40, (15, -0.06), (25, 0.06))))

    assert [15, 25] == [change.at for change in found]
    assert [False, True] == [change.step > 0 for change in found]


@pytest.mark.parametrize("at", [12, 29])
def test_what_one_run_shows_is_no_change_in_the_middle_or_at_the_end(at):
    logs = noise(30)
    logs[at] -= 0.2

    assert [] == change_points(series(logs))


def test_the_second_run_at_a_new_level_calls_it():
    assert [28] == [change.at for change in change_points(series(steps(30, (28, -0.2))))]


def test_a_step_within_the_margins_is_sure_and_no_verdict():
    (change,) = change_points(series(steps(40, (20, -0.05)), margin=0.06))

    assert not change.is_beyond_noise


def test_a_step_of_less_than_one_per_cent_is_not_shown_however_sure():
    small = noise(40, deviation=0.001) - 0.008 * (np.arange(40) >= 20)

    assert [] == change_points(series(small, margin=np.log1p(0.01)))


def test_a_step_beyond_the_margin_of_one_side_alone_is_no_verdict():
    margins = [0.02] * 20 + [0.2] * 20
    (change,) = change_points(series(steps(40, (20, -0.1)), margin=margins))

    assert (0.2, False) == (change.margin, change.is_beyond_noise)


def test_what_is_no_verdict_must_be_ten_times_as_sure():
    logs = np.tile([0.018, -0.018], 6) - 0.055 * (np.arange(12) >= 6)
    (verdict,) = change_points(series(logs, margin=0.01))

    assert 0.001 < verdict.p < 0.01
    assert [] == change_points(series(logs, margin=0.2))


def test_runs_with_wide_intervals_weigh_less():
    logs = np.array([0.0, 0.0, 0.0, 0.06, 0.06, 0.0, 0.0, 0.0, 0.0, 0.0]) + noise(10, 0.002)
    wide = [0.01] * 3 + [0.3] * 2 + [0.01] * 5

    assert [3, 5] == [change.at for change in change_points(series(logs))]
    assert [] == change_points(series(logs, reach=wide))
    assert abs(levels(series(logs, reach=wide), [])[0]) < 0.003


def test_three_runs_are_too_few_and_none_is_no_error():
    assert [] == change_points(series([0.0, 0.0, 0.5])) == change_points(series([]))


def test_runs_that_agree_to_the_last_digit_divide_by_nothing():
    (change,) = change_points(series([0.0] * 5 + [0.1] * 5))

    assert 5 == change.at


def test_levels_are_those_between_the_changes():
    made = series(steps(30, (18, -0.1)))
    found = levels(made, change_points(made))

    assert np.isclose(made.logs[:18].mean(), found[:18]).all()
    assert np.isclose(made.logs[18:].mean(), found[18:]).all()


def test_a_smaller_largest_p_keeps_less():
    made = series(steps(12, (6, -0.06)))
    (change,) = change_points(made)

    assert [] == change_points(made, largest_p=change.p / 2)
