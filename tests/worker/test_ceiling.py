"""The machine's limits, with a clock that is scripted: what is multiplied, what is read, and what a call costs."""

import itertools

import pytest

from paragone.task.mlp.problem_files import find_problem
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


def test_rates_count_operations_bytes_and_images(monkeypatch):
    monkeypatch.setattr(ceiling, "seconds_per_call", lambda call, *others: 0.5)

    assert ceiling.gemm_flops_per_second("float32") == 2 * 1024**3 / 0.5
    assert ceiling.read_bytes_per_second() == 2 * 64 * 2**20 / 0.5
    assert ceiling.products_work_per_second(find_problem("nielsen"), 10, "float64") == 10 / 0.5
