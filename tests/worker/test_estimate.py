"""What a step and a call cost, how long a sample is, and how many CPUs are at work."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_clock import Logged, ScriptedClock

from paragone.task.mlp.state import State
from paragone.worker import estimate
from paragone.worker.budgets import STANDARD
from paragone.worker.cpu_demand import CpuDemand
from paragone.worker.estimate import (
    FEWEST_STEPS,
    cpus_used,
    estimate_step_seconds,
    prefix_steps,
    sample_seconds,
    sample_steps,
    step_seconds,
)

ORDER = np.arange(40, dtype=np.int64).reshape(20, 2)
STATE = State.at_rest([np.arange(6.0).reshape(2, 3), np.ones((2, 2))], [np.zeros(2), np.ones(2)])


# --- how many steps ---


@pytest.mark.parametrize(
    ("step_seconds", "n_steps", "prefix"),
    [
        (1e-6, 40_000, 5_000),
        (1e-3, 40, 5),
        (0.005, 8, 1),
        (0.01, 4, 1),
        (0.02, 3, 1),  # two would do; three tell more
        (0.026, 3, 1),
        (0.027, 1, 1),  # three would take more than twice as long as a sample is to be
        (0.25, 1, 1),
        (10.0, 1, 1),
    ],
)
def test_how_many_steps_make_a_sample_and_its_prefix(step_seconds, n_steps, prefix):
    assert (n_steps, prefix) == (sample_steps(step_seconds), prefix_steps(n_steps))


@given(st.floats(1e-7, 2 * STANDARD.sample_seconds / FEWEST_STEPS))
def test_a_sample_of_short_steps_lasts_as_long_as_it_should_and_twice_that_at_most(step_seconds):
    n_steps = sample_steps(step_seconds)

    assert n_steps >= FEWEST_STEPS
    assert 0.8 * STANDARD.sample_seconds <= n_steps * step_seconds <= 2 * STANDARD.sample_seconds


# --- what a step costs ---


class Costly:
    """A `train(n_steps)` that lets scripted time pass and writes down how it was called."""

    def __init__(self, step_seconds, compile_seconds=0.0, per_n_steps=False):
        self.step_seconds, self.compile_seconds, self.per_n_steps = step_seconds, compile_seconds, per_n_steps
        self.compiled, self.calls, self.now_ns = set(), [], 0

    def __call__(self, n_steps):
        self.calls.append(n_steps)
        what = n_steps if self.per_n_steps else "everything"
        if what not in self.compiled:
            self.compiled.add(what)
            self.now_ns += round(1e9 * self.compile_seconds)
        self.now_ns += round(1e9 * n_steps * self.step_seconds)

    def clock(self):
        return self.now_ns


def test_the_number_of_steps_doubles_until_the_time_is_long_enough():
    train = Costly(step_seconds=1e-3)

    assert pytest.approx(1e-3) == estimate_step_seconds(train, 4096, train.clock)
    assert [1, 1, 2, 2, 4, 4, 8, 8, 16, 16, 16, 16] == train.calls
    assert 8e-3 < STANDARD.estimate_seconds <= 16e-3


@pytest.mark.parametrize("compile_seconds", [0.02, 0.3, 3.0])
@pytest.mark.parametrize("per_n_steps", [False, True])
def test_compiling_is_not_counted_and_does_not_shorten_the_estimate(compile_seconds, per_n_steps):
    train = Costly(1e-5, compile_seconds, per_n_steps)

    assert pytest.approx(1e-5) == estimate_step_seconds(train, 4096, train.clock)
    assert 1024 == train.calls[-1]


def test_noise_that_comes_twice_is_not_taken_for_a_long_step():
    train = Costly(step_seconds=1e-5)
    disturbances = iter([0.02, 0.03])

    def disturbed(n_steps):
        train(n_steps)
        train.now_ns += round(1e9 * next(disturbances, 0))

    assert pytest.approx(1e-5) == estimate_step_seconds(disturbed, 4096, train.clock)


@pytest.mark.parametrize("step_seconds", [0.1, 0.6, 30.0])
def test_a_long_step_is_made_twice_in_all(step_seconds):
    train = Costly(step_seconds)

    assert pytest.approx(step_seconds) == estimate_step_seconds(train, 4096, train.clock)
    assert [1, 1] == train.calls


def with_dear_calls(train, call_seconds):
    """An implementation that declares the cost of its calls, and whose train is this one."""
    members = {"call_seconds": call_seconds, "reset": lambda self, state: None}
    return type("DearCalls", (), {**members, "train": lambda self, order: train(len(order))})()


@pytest.mark.parametrize(("call_seconds", "expected"), [(0.0, STANDARD.sample_seconds), (0.1, 1)])
def test_the_declared_cost_of_a_call_is_a_tenth_of_a_sample(call_seconds, expected):
    assert pytest.approx(expected) == sample_seconds(with_dear_calls(None, call_seconds))


@pytest.mark.parametrize(("call_seconds", "calls"), [(0.0, [1, 1]), (0.1, [32, 32])])
def test_the_estimate_of_dear_calls_starts_with_many_steps(call_seconds, calls):
    train = Costly(1.0)
    implementation = with_dear_calls(train, call_seconds)

    assert pytest.approx(1.0) == step_seconds(implementation, STATE, 4096, range, train.clock)
    assert calls == train.calls


@pytest.mark.parametrize(("call_seconds", "least_seconds"), [(0.0, STANDARD.estimate_seconds), (0.1, 0.5)])
def test_the_estimate_of_costly_calls_takes_half_a_sample(call_seconds, least_seconds):
    train = Costly(1e-3)
    step_seconds(with_dear_calls(train, call_seconds), STATE, 4096, range, train.clock)

    assert least_seconds <= train.calls[-1] * 1e-3 < 2 * least_seconds


def test_the_time_of_reset_is_not_that_of_a_step():
    train = Costly(1e-3)
    implementation = with_dear_calls(train, 0.0)
    implementation.reset = lambda state: setattr(train, "now_ns", train.now_ns + 10**10)

    assert pytest.approx(1e-3) == step_seconds(implementation, STATE, 4096, range, train.clock)


def test_the_estimate_takes_no_more_images_than_allowed():
    train = Costly(1e-9)
    step_seconds(with_dear_calls(train, 0.0), STATE, 10, range, train.clock)

    assert 10 == max(train.calls)


def test_calls_long_enough_separate_a_step_from_the_cost_of_its_call():
    train = Costly(1e-3)

    def with_call(n_steps):
        train.now_ns += 100_000_000
        train(n_steps)

    assert pytest.approx(1e-3, rel=0.25) == estimate_step_seconds(with_call, 4096, train.clock, least_seconds=0.5)
    assert estimate_step_seconds(with_call, 4096, train.clock) > 0.1


def test_one_disturbed_call_is_not_taken_for_a_long_step_where_calls_are_costly():
    train = Costly(1e-3)

    def disturbed(n_steps):
        train.now_ns += 600_000_000
        train(n_steps)

    assert step_seconds(with_dear_calls(disturbed, 0.1), STATE, 4096, range, train.clock) < 0.02
    assert {32} == set(train.calls)


def test_no_more_steps_are_made_than_allowed():
    train = Costly(step_seconds=1e-8)
    estimate_step_seconds(train, 100, train.clock)

    assert [64, 64, 100, 100] == train.calls[-4:]


# --- how many CPUs are at work ---

TRIAL_NS = 2_000_000


class Trained(Logged):
    """An implementation of which a train takes long enough to tell how many CPUs it keeps busy."""

    def reset(self, state):
        self.state = state

    def train(self, order):
        self.clock.now_ns += TRIAL_NS


@pytest.fixture
def at_work(monkeypatch):
    """Return a function that tells how many CPUs are used where trials use so many, one after the other."""

    def ask(*trials):
        clock = ScriptedClock([])
        readings = iter([value for cpus in trials for value in (0, cpus * TRIAL_NS)])
        monkeypatch.setattr(estimate, "cpu_demand", lambda: CpuDemand(next(readings), {}))
        return cpus_used(Trained([], clock), STATE, ORDER, clock)

    return ask


def test_one_busy_trial_between_two_quiet_ones_counts_for_nothing(at_work):
    assert at_work(1.0, 1.9, 0.9) == pytest.approx(0.9)


def test_four_busy_trials_agree_and_the_lowest_is_returned(at_work):
    assert at_work(1.9, 1.7, 1.8, 1.9) == pytest.approx(1.7)
    assert at_work(1.9, 1.0, 1.8, 1.8, 2.0) == pytest.approx(1.8)


def test_a_compiler_in_the_background_of_three_trials_counts_for_nothing(at_work):
    assert at_work(1.9, 1.9, 1.9, 1.1, 1.0) == pytest.approx(1.0)


def test_a_child_that_ended_between_two_readings_adds_no_negative_time(at_work):
    assert at_work(-3.0, -3.0) == 0.0


def test_a_thread_that_has_yet_to_be_moved_to_its_cpu_is_waited_for(monkeypatch):
    clock = ScriptedClock([])
    begin, spread_ns = clock.now_ns, 90_000_000

    def demand():
        """Two threads: on one CPU until the second has been moved, then on two."""
        elapsed = clock.now_ns - begin
        return CpuDemand(elapsed + max(0, elapsed - spread_ns), {})

    monkeypatch.setattr(estimate, "cpu_demand", demand)
    assert cpus_used(Trained([], clock), STATE, ORDER, clock) == pytest.approx(2.0)


def test_a_train_too_short_to_measure_counts_as_using_no_cpu(monkeypatch):
    clock = ScriptedClock([])
    quick = Logged([], clock)  # its train takes 140 µs
    readings = itertools.count(step=500_000)
    monkeypatch.setattr(estimate, "cpu_demand", lambda: CpuDemand(next(readings), {}))

    assert cpus_used(quick, STATE, ORDER, clock) == 0.0
