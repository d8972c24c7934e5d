"""Crossovers along batch size: bracketed by a sure verdict on either side."""

import numpy as np
import pytest
from made_up_run import BASE, CONTROL, OTHER, cell, made_up_run, outcome

from paragone.analyse.crossovers import brackets
from paragone.analyse.results import Results

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
    return Results(run).crossovers


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
def test_a_crossover_lies_between_two_sure_verdicts_of_opposite_kinds(verdicts, expected):
    assert expected == brackets(SIZES, verdicts)


def test_the_variant_that_is_faster_at_the_larger_batch_size_overtakes():
    found = crossed(run_of({OTHER: [0.5, 0.8, 1.5, 2.0], THIRD: [3, 2, 0.5, 0.4]}))
    found = found[found["among"] == "baseline"].set_index("variant")

    assert (10, 100) == (found.loc[OTHER, "slower_at"], found.loc[OTHER, "faster_at"])
    assert BASE == found.loc[OTHER, "than"]
    assert THIRD == found.loc[BASE, "than"]
    assert 0.5 == pytest.approx(found.loc[BASE, "before"], rel=0.02)
    assert found.loc[BASE, "before_low"] < found.loc[BASE, "before"] < found.loc[BASE, "before_high"] < 1
    assert 2 == pytest.approx(found.loc[BASE, "after"], rel=0.02)


def test_the_fastest_are_compared_with_each_other_where_they_change():
    found = crossed(run_of({OTHER: [3, 2, 1.5, 1.5], THIRD: [1.1, 1.5, 2.5, 3]}))
    (row,) = found.to_dict("records")

    assert ("fastest", THIRD, OTHER) == (row["among"], row["variant"], row["than"])
    assert (10, 100) == (row["slower_at"], row["faster_at"])


def test_two_that_cross_more_than_once_have_a_row_for_each_time_and_say_so():
    found = crossed(run_of({OTHER: [0.5, 2, 0.5, 2]}))

    assert [(1, 10), (10, 100), (100, 1000)] == list(zip(found["slower_at"], found["faster_at"], strict=True))
    assert [OTHER, BASE, OTHER] == list(found["variant"])
    assert {3} == {*found["n_crossovers"]}


def test_a_difference_within_the_margin_is_no_crossover():
    assert crossed(run_of({OTHER: [0.993, 0.995, 1.005, 1.007]}, jitter=0.0005)).empty


def test_a_failed_variant_and_a_run_of_one_launch_have_no_crossovers():
    said = [outcome(BASE), outcome(CONTROL), outcome(OTHER, "failed", reason="W1")]

    assert crossed(run_of({OTHER: [0.5, 0.8, 1.5, 2.0]}, outcomes=said)).empty
    assert crossed(run_of({OTHER: [0.5, 0.8, 1.5, 2.0]}, launches=1)).empty


def test_two_that_were_never_in_one_round_are_compared_over_the_baseline():
    """Their own samples of one round are missing: rounds 0 to 2 have the one, 3 to 5 the other, all the baseline."""

    def rounds(seconds, early):
        return [[seconds if (n < 3) == early else None for n in range(6)]] * 5

    times = {(name, size): [[1e-5] * 6] * 5 for name in (BASE, CONTROL) for size in SIZES}
    times |= {(OTHER, size): rounds(1e-5 / r, True) for size, r in zip(SIZES, (3, 2, 1.5, 1.5), strict=True)}
    times |= {(THIRD, size): rounds(1e-5 / r, False) for size, r in zip(SIZES, (1.1, 1.5, 2.5, 3), strict=True)}
    (row,) = crossed(made_up_run(None, times)).to_dict("records")

    assert (THIRD, OTHER, 10, 100) == (row["variant"], row["than"], row["slower_at"], row["faster_at"])
    assert [0.75, 2.5 / 1.5] == pytest.approx([row["before"], row["after"]])


def test_the_summary_alone_of_an_empty_run_has_no_crossovers():
    run = made_up_run(None, {}, cells=[cell(BASE, 10)], samples=[], outcomes=[])

    assert crossed(run).empty
    assert Results(run).fastest.empty
