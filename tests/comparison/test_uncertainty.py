"""Variances, probabilities and adjustments agree with what can be worked out by hand or by simulation."""

import numpy as np
import pytest
from scipy import stats

from paragone.comparison.uncertainty import adjusted, freedom_of_sum, shrunk, two_sided, variance_between


def random(seed=1):
    return np.random.Generator(np.random.PCG64(seed))


def test_equal_true_variances_are_drawn_to_their_mean_and_gain_freedom():
    found = 4e-4 * random().chisquare(4, 200) / 4

    drawn, freedom = shrunk(found, np.full(200, 4.0))

    assert np.std(np.log(drawn)) < 0.2 * np.std(np.log(found))
    assert np.median(drawn) == pytest.approx(4e-4, rel=0.1)
    assert np.median(freedom) > 30


def test_variances_that_truly_differ_are_left_about_where_they_are():
    true = np.exp(random().normal(size=300) * 2) * 1e-4
    found = true * random(2).chisquare(4, 300) / 4

    drawn, freedom = shrunk(found, np.full(300, 4.0))

    assert np.median(freedom) < 7
    assert np.median(np.abs(np.log(drawn / found))) < 0.5


def test_a_noisy_cell_among_quiet_ones_keeps_its_own_variance_and_freedom():
    found = 1e-4 * random().chisquare(4, 50) / 4
    found[7] = 1e-2

    drawn, freedom = shrunk(found, np.full(50, 4.0))

    assert (drawn[7], freedom[7]) == (1e-2, 4.0)


def test_of_few_variances_nothing_is_learnt():
    drawn, freedom = shrunk(np.array([1e-4, 4e-4]), np.array([4.0, 4.0]))

    assert drawn.tolist() == [1e-4, 4e-4]
    assert freedom.tolist() == [4.0, 4.0]


def test_a_variance_of_one_launch_stays_unknown_and_one_of_nothing_is_not_zero():
    drawn, _ = shrunk(np.array([np.nan, 0.0, 1e-4, 2e-4, 1e-4, 1e-4]), np.array([0.0, 4, 4, 4, 4, 4]))

    assert np.isnan(drawn[0])
    assert drawn[1] > 0


def test_the_moderated_statistic_rejects_as_often_as_it_says():
    draws = random().normal(size=(4000, 5)) * 0.02
    drawn, freedom = shrunk(draws.var(axis=1, ddof=1), np.full(4000, 4.0))

    p = two_sided(draws.mean(axis=1) / np.sqrt(drawn / 5), freedom)

    assert np.mean(p < 0.05) == pytest.approx(0.05, abs=0.012)
    assert np.mean(p < 0.001) < 0.003


def test_the_variance_between_runs_is_what_exceeds_the_variance_within():
    within = np.full(20_000, 4e-4)
    differences = random().normal(size=20_000) * np.sqrt(within + 9e-4)

    assert variance_between(differences, within) == pytest.approx(9e-4, rel=0.05)
    assert variance_between(np.zeros(10), within[:10]) == 0
    assert variance_between(np.array([]), np.array([])) == 0


def test_the_freedom_of_a_sum_is_welchs():
    a, b = random(3).normal(size=5), random(4).normal(size=7) * 3
    parts = [np.array([a.var(ddof=1) / 5]), np.array([b.var(ddof=1) / 7])]

    freedom = freedom_of_sum(parts, [np.array([4.0]), np.array([6.0])])

    expected = stats.ttest_ind(a, b, equal_var=False)
    assert freedom[0] == pytest.approx(expected.df)
    statistic = np.array([(a.mean() - b.mean()) / np.sqrt(parts[0][0] + parts[1][0])])
    assert two_sided(statistic, freedom)[0] == pytest.approx(expected.pvalue)


def test_adjusted_p_values_are_those_of_benjamini_and_hochberg_and_keep_their_places():
    p = np.array([0.04, 0.001, np.nan, 0.03, 0.5])

    found = adjusted(p)

    assert np.isnan(found[2])
    assert found[[0, 1, 3, 4]] == pytest.approx(stats.false_discovery_control(p[[0, 1, 3, 4]]))


def test_of_the_discoveries_at_most_one_in_twenty_is_false_though_tests_share_what_they_are_compared_with():
    source, rates = random(5), []
    for _ in range(400):
        means = np.where(np.arange(60) < 15, 4.0, 0.0)
        statistic = means + (source.normal(size=60) - source.normal()) / np.sqrt(2)
        called = adjusted(2 * stats.norm.sf(np.abs(statistic))) < 0.05
        rates.append(called[15:].sum() / max(1, called.sum()))

    assert np.mean(rates) <= 0.05
