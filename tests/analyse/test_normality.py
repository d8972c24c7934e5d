"""Whether launches are normal: seen over many cells, by residuals that know how few launches a cell has."""

import numpy as np
import pytest
from made_up_run import BASE, OTHER, made_up_run

from paragone.analyse.normality import scatter_of_launches


def run_of(tmp_path, draw, n_cells=400, n_launches=5, seed=1):
    """A run whose launches scatter by what `draw` returns for a generator and a shape; rounds are all the same."""
    random = np.random.Generator(np.random.PCG64(seed))
    times = {}
    for batch_size in range(1, n_cells + 1):
        times[BASE, batch_size] = [[1e-4] * 3] * n_launches
        times[OTHER, batch_size] = [[1e-4 * np.exp(0.02 * draw(random))] * 3 for _ in range(n_launches)]
    return made_up_run(tmp_path, times)


def normal(random):
    return random.standard_normal()


@pytest.mark.parametrize("n_launches", [3, 5, 10])
def test_normal_launches_are_found_normal_however_few_a_cell_has(tmp_path, n_launches):
    scatter = scatter_of_launches(run_of(tmp_path, normal, 150, n_launches))

    assert scatter.n_cells == 150
    assert scatter.is_normal


def test_launches_of_two_kinds_are_found_out(tmp_path):
    scatter = scatter_of_launches(
        run_of(tmp_path, lambda random: 0.1 * normal(random) + 5 * (random.random() < 0.125), 200)
    )

    assert not scatter.is_normal
    assert scatter.distance > 0.1


def test_rare_launches_far_out_are_found_out(tmp_path):
    assert not scatter_of_launches(run_of(tmp_path, lambda random: random.standard_t(1), 150, 15)).is_normal


def test_p_is_as_often_below_its_level_as_it_says(tmp_path):
    """Of twenty runs of normal launches hardly one is called not normal."""
    called = [not scatter_of_launches(run_of(tmp_path, normal, 12, 5, seed)).is_normal for seed in range(20)]

    assert sum(called) <= 3


def test_few_cells_tell_nothing(tmp_path):
    assert scatter_of_launches(run_of(tmp_path, normal, 5)) is None
    assert scatter_of_launches(run_of(tmp_path, normal, 20, n_launches=1)) is None
