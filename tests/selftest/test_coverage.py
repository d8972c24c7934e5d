"""The simulation has the noise that it names, and coverage sees an interval that is too narrow."""

import math
from dataclasses import replace

import numpy as np
import pytest

from paragone.analyse import intervals
from paragone.selftest import coverage as simulation
from paragone.selftest import tables
from paragone.selftest.coverage import GOAL, N_LAUNCHES, NOISE_MODELS, coverage, simulated_seconds


@pytest.mark.parametrize("model", NOISE_MODELS, ids=lambda model: model.name)
@pytest.mark.parametrize("n_launches", N_LAUNCHES)
@pytest.mark.parametrize("n_pairs", [400, pytest.param(1_500, marks=pytest.mark.slow)])
def test_the_interval_of_a_ratio_holds_the_truth_as_often_as_it_says(model, n_launches, n_pairs):
    result = coverage(model, n_launches, n_pairs, seed=7)

    chance = 2 * math.sqrt(0.95 * 0.05 / n_pairs)  # two standard errors
    most = 1.0 if model.name == "unlucky launches" else GOAL[1] + chance  # there it is wide, and said to be
    assert GOAL[0] - chance <= result.share <= most


def test_an_interval_that_forgets_how_few_the_launches_are_is_seen(monkeypatch):
    monkeypatch.setattr(intervals, "t_quantiles", lambda freedom: np.full(np.shape(freedom), 1.96))
    result = coverage(NOISE_MODELS[0], 3, 1_500, seed=7)

    assert result.share < 0.87
    assert "too narrow" in tables.coverage_table([result])


def test_made_up_times_have_the_ratio_that_is_looked_for():
    model = replace(NOISE_MODELS[0], launch=simulation.normal(0.0), sample=simulation.normal(0.0))
    seconds = simulated_seconds(model, 3, 5, np.random.Generator(np.random.PCG64(0)))

    np.testing.assert_allclose(seconds[:, 1] / seconds[:, 0], simulation.TRUE_RATIO)


def test_bursts_last_and_take_a_fifth_of_the_time():
    moments = simulation.bursts(np.random.Generator(np.random.PCG64(1)), (200, 4000))
    busy = moments > 0

    assert busy.mean() == pytest.approx(0.2, abs=0.02)
    assert np.corrcoef(busy[:, :-1].ravel(), busy[:, 1:].ravel())[0, 1] == pytest.approx(0.9375, abs=0.01)
