"""Quantiles of Student's t: those at hand are SciPy's."""

import numpy as np
import pytest
from scipy.stats import t as student

from paragone.analyse.intervals import T_QUANTILES, t_quantiles

# The oldest SciPy that is supported gives nine digits where there are few degrees of freedom; a newer one gives all.
NINE_DIGITS = 3e-9


def test_the_quantiles_at_hand_are_those_of_scipy():
    freedom = np.arange(1, len(T_QUANTILES))

    assert t_quantiles(freedom).tolist() == pytest.approx(student.ppf(0.975, freedom).tolist(), rel=NINE_DIGITS)


def test_beyond_them_scipy_is_asked_and_without_a_degree_of_freedom_there_is_none():
    assert t_quantiles([500, 4]).tolist() == pytest.approx(student.ppf(0.975, [500, 4]).tolist(), rel=NINE_DIGITS)
    assert np.isnan(t_quantiles([0])).all()
