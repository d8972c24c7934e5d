"""The spread is what relative rounding errors do to a result: small where it is well-conditioned, large where not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from kernel_folder import write_kernel

from paragone.task.kernel.kernel_file import read_kernel
from paragone.task.kernel.perturbation import Spread, evolved, expect, norm
from paragone.task.kernel.reference import Reference
from paragone.task.kernel.spec import ArraySpec


@pytest.fixture
def spec(tmp_path):
    """One array in, one out, n numbers each."""
    return replace(
        read_kernel(write_kernel(tmp_path)),
        arrays=(ArraySpec("x", "in", ("n",)), ArraySpec("y", "out", ("n",))),
        size_names=("n",),
        constants=(),
        flops="",
    )


def reference_of(function):
    return Reference(lambda rng, case, n: {"x": rng.standard_normal(n)}, function, {}, Path("reference.py"))


def spread_of(spec, function, x, n_steps=1, **changes):
    spec = replace(spec, **changes)
    return expect(reference_of(function), spec, {"x": np.asarray(x, np.float64)}, len(x), n_steps).spread


def test_a_copy_passes_errors_on_as_they_are(spec):
    x = np.linspace(1, 2, 500)

    assert spread_of(spec, lambda x, n: x, x).norms["y"] == pytest.approx(norm(x), rel=0.05)


def test_a_difference_of_nearly_equal_numbers_multiplies_them(spec):
    x = np.full(500, 1.001)
    spread = spread_of(spec, lambda x, n: x - 1, x).norms["y"]

    assert spread / norm(x - 1) == pytest.approx(1001, rel=0.05)


def test_a_mean_divides_them(spec):
    x = np.full(900, 5.0)

    assert spread_of(spec, lambda x, n: np.full(n, x.mean()), x).norms["y"] == pytest.approx(norm(x) / 30, rel=0.6)


def test_of_few_numbers_many_runs_make_it_certain(spec):
    x = np.linspace(1, 2, 100)
    found = spread_of(spec, lambda x, n: np.repeat(x.sum(), n), x).norms["y"] / 10

    assert found == pytest.approx(norm(x), rel=0.4)
    assert spread_of(spec, lambda x, n: 2 * x, [3.0]).norms["y"] == pytest.approx(6)


def test_few_coefficients_are_perturbed_many_times_however_many_results_there_are(spec):
    """The errors of two numbers cancel in every second run."""
    x = np.array([1.0, 1.001])
    wide = replace(spec, arrays=(spec.arrays[0], replace(spec.arrays[1], shape=("1000*n",))))
    spread = spread_of(wide, lambda x, n: np.full(1000 * n, x[1] - x[0]), x).norms["y"]

    assert spread / 2000**0.5 == pytest.approx(norm(x), rel=0.4)


def test_nan_and_infinity_of_the_reference_count_nothing(spec):
    x = np.linspace(1, 2, 500)
    wrong = np.where(np.arange(500) < 2, [np.nan, np.inf] * 250, 0)

    assert spread_of(spec, lambda x, n: x + wrong, x).norms["y"] == pytest.approx(norm(x), rel=0.05)


def test_each_number_has_a_spread_where_the_judge_looks_at_each(spec):
    x = np.array([1.0, 1000.0])
    elements = spread_of(spec, lambda x, n: x, x, tolerance="componentwise").elements["y"]

    assert elements == pytest.approx(x, rel=0.5)
    assert spread_of(spec, lambda x, n: x, x).elements == {}


def test_a_state_takes_its_steps_and_the_other_arrays_stay(spec):
    both = replace(spec, arrays=(ArraySpec("x", "in", ("n",)), ArraySpec("u", "inout", ("n",))), form="steps")
    inputs = {"x": np.array([1.0, 2.0]), "u": np.array([10.0, 20.0])}

    assert evolved(reference_of(lambda x, u, n: u + x), both, inputs, 2, 3)["u"].tolist() == [13, 26]
    assert inputs["u"].tolist() == [10, 20]


def test_errors_of_every_step_come_together(spec):
    state = replace(spec, arrays=(ArraySpec("u", "inout", ("n",)),), form="steps")
    u = np.linspace(1, 2, 2000)
    expected = expect(reference_of(lambda u, n: u), state, {"u": u}, 2000, 9)

    assert expected.spread.norms["u"] / norm(u) == pytest.approx(3, rel=0.1)  # √9


def test_whole_numbers_that_rounding_changes_are_known_for_each_dtype(spec):
    place = replace(spec, arrays=(spec.arrays[0], ArraySpec("y", "out", ("n",), "int64")))
    x = np.array([1.5, 2 - 1e-12, 2 - 1e-6, 2.5])
    uncertain = spread_of(place, lambda x, n: np.floor(x).astype(np.int64), x).uncertain

    assert uncertain["float32"]["y"].tolist() == [False, True, True, False]
    assert uncertain["float64"]["y"].tolist() == [False, False, False, False]


def test_a_known_spread_is_taken_unless_it_is_of_single_numbers(spec):
    reference = reference_of(lambda x, n: x)
    inputs = {"x": np.array([1.0, 2.0])}
    of_array, of_numbers = Spread({"y": 7.0}), Spread({"y": 7.0}, {"y": np.ones(2)})
    of_choices = Spread({"y": 7.0}, {}, {"float32": {}})

    taken = [expect(reference, spec, inputs, 2, known=known).spread for known in (of_array, of_numbers, of_choices)]
    assert [spread.norms["y"] == 7 for spread in taken] == [True, False, False]


def test_a_norm_does_not_overflow():
    assert norm(np.array([3e200, 4e200])) == pytest.approx(5e200)
    assert norm(np.zeros(3)) == 0
    assert norm(np.array([1.0, np.inf])) == np.inf
