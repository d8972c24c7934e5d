"""Crossings along batch size: found where both sides are sure, bracketed honestly, estimated with its uncertainty."""

import math

import numpy as np
import pytest
from made_up_run import BASE, CONTROL, OTHER, cell, made_up_run, outcome

from paragone.analyse.crossovers import brackets, crossing_point, crossings
from paragone.analyse.fastest import leaders
from paragone.analyse.summary import summarise

SIZES = (1, 10, 100, 1000)
THIRD = "numba_blas[dtype=float32]"


def run_of(ratios_by_variant, launches=5, jitter=0.004, seed=1, **others):
    """Return a run in which each variant has these speeds relative to the baseline, one per batch size."""
    generator = np.random.default_rng(seed)
    times = {}
    for name, ratios in {BASE: [1] * len(SIZES), CONTROL: [1] * len(SIZES), **ratios_by_variant}.items():
        for size, ratio in zip(SIZES, ratios, strict=True):
            luck = np.exp(generator.normal(0, jitter, launches))
            times[name, size] = [[1e-5 / ratio * factor] * 3 for factor in luck]
    return made_up_run(None, times, **others)


def crossed(run):
    frame = summarise(run)
    return crossings(run, frame, leaders(run, frame))


# --- brackets ---


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (["slower", "slower", "faster", "faster"], [(10, 100)]),
        (["slower", "not enough data", "same within 2 %", "faster"], [(1, 1000)]),
        (["faster", "slower", "faster", "slower"], [(1, 10), (10, 100), (100, 1000)]),
        (["slower", "not enough data", "slower", "same within 1 %"], []),
        (["same within 1 %"] * 4, []),
    ],
)
def test_a_crossing_lies_between_two_sure_verdicts_of_opposite_kinds(verdicts, expected):
    assert expected == brackets(SIZES, verdicts)


def test_the_one_that_is_faster_at_the_larger_batch_size_overtakes_whichever_it_is():
    found = crossed(run_of({OTHER: [0.5, 0.8, 1.5, 2.0], THIRD: [3, 2, 0.5, 0.4]}))
    found = found[found["among"] == "baseline"].set_index("variant")

    assert (10, 100) == (found.loc[OTHER, "slower_at"], found.loc[OTHER, "faster_at"])
    assert BASE == found.loc[OTHER, "than"]
    assert THIRD == found.loc[BASE, "than"]
    assert 0.5 == pytest.approx(found.loc[BASE, "before"], rel=0.02)
    assert found.loc[BASE, "before_low"] < found.loc[BASE, "before"] < found.loc[BASE, "before_high"] < 1
    assert 2 == pytest.approx(found.loc[BASE, "after"], rel=0.02)


def test_leaders_are_compared_with_each_other_where_they_change():
    found = crossed(run_of({OTHER: [3, 2, 1.5, 1.5], THIRD: [1.1, 1.5, 2.5, 3]}))
    (row,) = found.to_dict("records")

    assert ("leaders", THIRD, OTHER) == (row["among"], row["variant"], row["than"])
    assert 10 <= row["estimate_low"] < row["estimate"] < row["estimate_high"] <= 100


def test_two_that_cross_more_than_once_have_a_row_for_each_time_and_say_so():
    found = crossed(run_of({OTHER: [0.5, 2, 0.5, 2]}))

    assert [(1, 10), (10, 100), (100, 1000)] == list(zip(found["slower_at"], found["faster_at"], strict=True))
    assert [OTHER, BASE, OTHER] == list(found["variant"])
    assert {3} == {*found["n_crossings"]}


def test_a_difference_within_the_noise_of_the_baseline_against_itself_crosses_nothing():
    assert crossed(run_of({OTHER: [0.993, 0.995, 1.005, 1.007]}, jitter=0.0005)).empty


def test_who_failed_overtakes_nobody_and_one_launch_crosses_nothing():
    said = [outcome(BASE), outcome(CONTROL), outcome(OTHER, "failed", reason="W1")]

    assert crossed(run_of({OTHER: [0.5, 0.8, 1.5, 2.0]}, outcomes=said)).empty
    assert crossed(run_of({OTHER: [0.5, 0.8, 1.5, 2.0]}, launches=1)).empty


def test_two_that_were_never_in_one_round_are_compared_over_the_baseline_and_only_bracketed():
    """Their own samples of one round are missing: rounds 0 to 2 have the one, 3 to 5 the other, all the baseline."""

    def rounds(seconds, early):
        return [[seconds if (n < 3) == early else None for n in range(6)]] * 5

    times = {(name, size): [[1e-5] * 6] * 5 for name in (BASE, CONTROL) for size in SIZES}
    times |= {(OTHER, size): rounds(1e-5 / r, True) for size, r in zip(SIZES, (3, 2, 1.5, 1.5), strict=True)}
    times |= {(THIRD, size): rounds(1e-5 / r, False) for size, r in zip(SIZES, (1.1, 1.5, 2.5, 3), strict=True)}
    (row,) = crossed(made_up_run(None, times)).to_dict("records")

    assert (THIRD, OTHER, 10, 100) == (row["variant"], row["than"], row["slower_at"], row["faster_at"])
    assert [0.75, 2.5 / 1.5] == pytest.approx([row["before"], row["after"]])
    assert math.isnan(row["estimate"])


def test_the_summary_alone_of_an_empty_run_has_no_crossings():
    run = made_up_run(None, {}, cells=[cell(BASE, 10)], samples=[], outcomes=[])

    assert crossed(run).empty
    assert leaders(run, summarise(run)).empty


# --- the point ---


def test_a_straight_line_crosses_where_it_does():
    sizes = np.array([1.0, 10, 100, 1000])
    logs = np.log(sizes)[None, :] * 0.5 - 0.5 * math.log(30) + np.array([[-0.1], [0.0], [0.1]])
    point, low, high = crossing_point(sizes, logs, 10, 100)

    assert 30 == pytest.approx(point)
    assert low < 30 < high
    assert math.log(30 / low) == pytest.approx(math.log(high / 30)) == pytest.approx(4.302653 * 0.2 / math.sqrt(3))


def test_the_interval_of_a_bent_line_reaches_to_where_straight_lines_cross_and_stays_in_the_bracket():
    sizes = np.array([1.0, 4, 16, 64])
    logs = np.tile([-3.0, -0.4, 0.2, 0.3], (4, 1)) + np.linspace(-1e-4, 1e-4, 4)[:, None]
    point, low, high = crossing_point(sizes, logs, 4, 16)

    assert 4 <= low < point < high <= 16
    assert math.exp(math.log(4) + math.log(4) * 0.4 / 0.6) == pytest.approx(high)
    assert math.log(high / point) > 0.1


@pytest.mark.parametrize("bracket", [(10, 100), (100, 1000), (1000, 5000)])
def test_an_interval_that_is_cut_ends_at_the_bracket_itself_and_not_beside_it(bracket):
    sizes = np.array([1.0, *bracket, 1e5])
    logs = np.array([[-9, -0.01, 9, 10], [-9, -5, 5, 9], [-9, -9, 0.01, 9]])

    assert bracket == crossing_point(sizes, logs, *bracket)[1:]


@pytest.mark.parametrize(
    ("logs", "why"),
    [
        ([[-1, -1, 1, 1]] * 2, "two launches have no interval worth the name"),
        ([[-1, -1, 1, 1], [-1, -1, 1, 1], [-1, 1, 1, 1]], "one launch does not cross in the bracket"),
        ([[-1, 0, 0, 1]] * 3, "it is level in between"),
    ],
)
def test_a_crossing_is_only_bracketed_where_a_point_would_not_be_valid(logs, why):
    assert np.isnan(crossing_point(np.array([1.0, 10, 100, 1000]), np.array(logs, dtype=float), 10, 100)).all(), why


def test_a_crossing_is_only_bracketed_where_no_further_batch_size_shows_the_bend():
    assert np.isnan(crossing_point(np.array([10.0, 100]), np.array([[-1.0, 1.0]] * 5), 10, 100)).all()


def covered(generator, truth):
    """Return whether the interval of one simulated run of 5 launches holds the true crossing."""
    sizes = np.array([8.0, 32, 128, 512])
    luck = generator.normal(0, 0.03, (5, 1)) + generator.normal(0, 0.03, (5, 4))
    _, low, high = crossing_point(sizes, truth(np.log(sizes)) + luck, 32, 128)
    return low <= 64 <= high


def test_the_interval_covers_a_known_crossing_in_about_95_per_cent_of_runs():
    generator = np.random.default_rng(20261125)
    share = np.mean([covered(generator, lambda x: 0.5 * (x - math.log(64))) for _ in range(1500)])

    assert 0.935 <= share <= 0.98


def test_the_interval_covers_the_crossing_of_a_bent_truth_too():
    generator = np.random.default_rng(7)

    def bent(x):
        return 0.5 * (x - math.log(64)) - 0.08 * (x - math.log(64)) * (x - math.log(8))

    share = np.mean([covered(generator, bent) for _ in range(500)])

    assert 0.93 <= share <= 0.98
