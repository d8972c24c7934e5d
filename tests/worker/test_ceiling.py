"""The machine's limits, with a clock that is scripted: what is multiplied, what is read, and what a call costs."""

import itertools

import numpy as np
import pytest

from paragone.worker import ceiling


def clock_of(call_ns):
    """Return a clock, and a call that moves it on by `call_ns`."""
    now = [0]

    def call():
        now[0] += call_ns

    return (lambda: now[0]), call


def test_the_first_call_is_not_timed():
    durations = itertools.chain([10**9], itertools.repeat(1_000_000))
    now = [0]

    def call():
        now[0] += next(durations)

    assert ceiling.seconds_per_call(call, lambda: now[0]) == 1e-3


@pytest.mark.parametrize("call_ns", [100, 7_000_000, 300_000_000])
def test_a_call_has_its_own_length_however_many_are_timed_together(call_ns):
    clock, call = clock_of(call_ns)

    assert ceiling.seconds_per_call(call, clock) == pytest.approx(call_ns / 1e9)


def test_one_disturbed_group_of_calls_does_not_count():
    durations = itertools.chain([10**8, 10**8, 9 * 10**9], itertools.repeat(10**8))
    now = [0]

    def call():
        now[0] += next(durations)

    assert ceiling.seconds_per_call(call, lambda: now[0]) == 0.1


def test_the_products_of_a_step_have_the_shapes_of_the_problem():
    shapes = [
        (left.shape, right.shape, result.shape)
        for left, right, result in ceiling._step_products((4, 3, 2), 5, "float32")
    ]

    assert shapes == [
        ((5, 4), (4, 3), (5, 3)),
        ((4, 5), (5, 3), (4, 3)),
        ((5, 3), (3, 2), (5, 2)),
        ((3, 5), (5, 2), (3, 2)),
        ((5, 2), (2, 3), (5, 3)),
    ]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_products_stay_finite_and_away_from_zero_in_the_dtype_asked_for(dtype):
    for left, right, result in ceiling._step_products((784, 30, 10), 1000, dtype):
        np.matmul(left, right, out=result)

        assert (left.dtype, result.dtype) == (np.dtype(dtype), np.dtype(dtype))
        assert np.all(np.isfinite(result))
        assert np.all(np.abs(result) > 1e-9)


def test_rates_count_operations_bytes_and_images(monkeypatch):
    monkeypatch.setattr(ceiling, "seconds_per_call", lambda call, *others: 0.5)

    assert ceiling.gemm_flops_per_second("float32") == 2 * 1024**3 / 0.5
    assert ceiling.read_bytes_per_second() == 2 * 64 * 2**20 / 0.5
    assert ceiling.products_images_per_second((4, 3, 2), 10, "float64") == 10 / 0.5
