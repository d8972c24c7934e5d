"""A ring has distinct inputs, fits into memory, and is visited in permutations."""

from dataclasses import replace

import numpy as np
import pytest
from kernel_folder import write_kernel

from paragone.task.kernel.kernel_file import read_kernel
from paragone.task.kernel.reference import load_reference
from paragone.task.kernel.ring import MOST_BYTES, n_sets, one_set, order, ring


@pytest.fixture
def kernel(tmp_path):
    folder = write_kernel(tmp_path)
    spec = read_kernel(folder)
    return load_reference(folder, spec), spec


def test_the_sets_of_a_ring_differ_and_those_of_another_seed_too(kernel):
    reference, spec = kernel
    first, second = (ring(reference, spec, 10, "random", seed, 3) for seed in (1, 2))
    X = np.concatenate([first["X"], second["X"]])

    assert (first["X"].shape, first["centre"].shape) == ((3, 10, 3), (3, 3))
    assert len(np.unique(X.reshape(6, -1), axis=0)) == 6


def test_a_set_is_what_the_reference_gives(kernel):
    reference, spec = kernel
    whole = ring(reference, spec, 10, "random", 1, 3)

    assert np.array_equal(one_set(whole, 2)["X"], reference.inputs((1, 2), "random", spec, 10)["X"])


@pytest.mark.parametrize(
    ("numbers", "sets"),
    [(100, 8), (MOST_BYTES // 8 // 8, 8), (MOST_BYTES // 8 // 5, 5), (MOST_BYTES // 8, 2), (MOST_BYTES // 8 + 1, 1)],
)
def test_a_ring_has_fewer_sets_where_they_are_large(kernel, numbers, sets):
    _, spec = kernel
    (whole,) = [replace(array, shape=(str(numbers),)) for array in spec.arrays if array.name == "D"]

    assert n_sets(replace(spec, arrays=(whole,)), 10, "float64") == sets


def test_a_state_that_evolves_is_one_set(kernel):
    _, spec = kernel

    assert n_sets(replace(spec, form="steps"), 10, "float64") == 1


def test_calls_visit_every_set_before_any_comes_again(kernel):
    calls = order(5, 22, 8)

    assert (calls.shape, calls.dtype) == ((22, 1), np.int64)
    assert [sorted(calls[start : start + 8, 0]) for start in (0, 8)] == [list(range(8))] * 2
    assert len(set(calls[16:, 0])) == 6


def test_another_seed_gives_another_order():
    assert np.array_equal(order(5, 80, 8), order(5, 80, 8))
    assert not np.array_equal(order(5, 80, 8), order(6, 80, 8))


def test_one_set_is_visited_each_time():
    assert not order(5, 7, 1).any()
    assert order(5, 0, 8).shape == (0, 1)
