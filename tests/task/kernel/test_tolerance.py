"""What is allowed: a formula of the spread, of the terms of a sum and of the dtype, or what the kernel states."""

from dataclasses import replace

import numpy as np
import pytest
from kernel_folder import write_kernel

from paragone.task.kernel.kernel_file import read_kernel
from paragone.task.kernel.perturbation import Expected, Spread
from paragone.task.kernel.tolerance import (
    FACTOR,
    LARGEST_SUMMATION,
    ROOT,
    SUMMATION,
    allowance,
    distance_of,
)

D = np.array([3.0, 4.0])
EPS = {"float32": 2.0**-23, "float64": 2.0**-52}


@pytest.fixture
def spec(tmp_path):
    return read_kernel(write_kernel(tmp_path))


def expected(n_terms=1, n_steps=1, right=D, spread=10.0):
    elements = {"D": np.full(right.shape, spread)}
    return Expected({"D": right}, Spread({"D": spread}, elements), n_terms, n_steps)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_formula_is_this(dtype):
    allowed = EPS[dtype] * ((FACTOR + ROOT * 3) * (10 + 5) + SUMMATION * 9 * 7 * 5)

    assert allowance(expected(n_terms=9, n_steps=7), 10.0, 5.0, dtype) == pytest.approx(allowed)


def test_sums_of_ever_more_terms_are_not_allowed_ever_more():
    rounding = EPS["float32"] * (FACTOR + ROOT * 10**4.5) * 15

    assert allowance(expected(n_terms=10**9), 10.0, 5.0, "float32") == pytest.approx(rounding + LARGEST_SUMMATION * 5)


def test_errors_and_bounds_are_shown_relative_to_the_reference(spec):
    distance = distance_of(spec, expected(), "D", D + np.array([0, 0.5]), "float64")

    assert distance.error == pytest.approx(0.1)
    assert distance.bound == pytest.approx(allowance(expected(), 10.0, 5.0, "float64") / 5)
    assert distance.ratio == pytest.approx(distance.error / distance.bound)


def test_a_stated_tolerance_takes_the_place_of_the_formula(spec):
    stated = replace(spec, tolerance=(("float32", 0.2), ("float64", 0.01)))

    assert distance_of(stated, expected(), "D", D, "float32").bound == pytest.approx(0.2)
    assert distance_of(stated, expected(), "D", D, "float64").bound == pytest.approx(0.01)


def test_componentwise_the_worst_number_decides(spec):
    each = replace(spec, tolerance="componentwise")
    right = np.array([1000.0, 0.001])
    moved = right + np.array([0, 1e-6])

    assert distance_of(spec, expected(right=right, spread=0.0), "D", moved, "float32").ratio < 1
    distance = distance_of(each, expected(right=right, spread=0.0), "D", moved, "float32")
    assert distance.ratio > 100
    assert distance.error == pytest.approx(1e-3)


def test_a_number_that_is_0_is_expected_componentwise_where_nothing_moves_it(spec):
    each = replace(spec, tolerance="componentwise")
    right = np.array([1.0, 0.0])

    assert distance_of(each, expected(right=right, spread=0.0), "D", right + np.array([0, 1e-30]), "float32").ratio > 1
    assert distance_of(each, expected(right=right, spread=0.0), "D", right + np.array([0, 1e-39]), "float32").ratio < 1


def test_results_that_are_too_small_for_the_dtype_may_be_0(spec):
    right = np.array([1e-42, 2e-42])

    assert distance_of(spec, expected(right=right, spread=1e-42), "D", 0 * right, "float32").ratio < 1
    assert distance_of(spec, expected(right=right, spread=1e-42), "D", 0 * right, "float64").ratio > 1


def test_what_is_not_finite_in_the_reference_counts_nothing(spec):
    right = np.array([np.inf, np.nan, 3.0, 4.0])

    assert distance_of(
        spec, expected(right=right), "D", right + np.array([0, 0, 0, 0.5]), "float64"
    ).error == pytest.approx(0.1)
