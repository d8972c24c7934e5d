"""The clock: what lies inside the timed part of a sample, and how long a sample is."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paragone.errors import MeasurementFailed
from paragone.task.mlp.state import State
from paragone.worker import sample
from paragone.worker.sample import (
    ESTIMATE_SECONDS,
    FEWEST_STEPS,
    SAMPLE_SECONDS,
    cpu_time_ns,
    cpus_used,
    estimate_step_seconds,
    overused,
    prefix_steps,
    result_digest,
    sample_seconds,
    sample_steps,
    take_sample,
    telling_calls,
)

STEP_NS = 7_000
ORDER = np.arange(40, dtype=np.int64).reshape(20, 2)
STATE = State.at_rest([np.arange(6.0).reshape(2, 3), np.ones((2, 2))], [np.zeros(2), np.ones(2)])


class ScriptedClock:
    """Tells the time that the test has let pass, and writes down when it is read."""

    def __init__(self, log):
        self.now_ns, self.log = 1_000_000, log

    def __call__(self):
        self.log.append("clock")
        return self.now_ns


class Logged:
    """An implementation whose every verb takes scripted time and is written down."""

    runner_ns = None

    def __init__(self, log, clock):
        self.log, self.clock = log, clock

    def reset(self, state):
        self.log.append("reset")
        self.clock.now_ns += 1_000_000_000
        self.state = state

    def train(self, order):
        self.log.append(f"train {len(order)}")
        self.clock.now_ns += STEP_NS * len(order)
        self.state = replace(self.state, step=self.state.step + len(order))

    def params(self):
        self.log.append("params")
        self.clock.now_ns += 5_000_000
        return self.state


@pytest.fixture
def logged(monkeypatch):
    log = []
    clock = ScriptedClock(log)
    monkeypatch.setattr(sample, "cpu_time_ns", lambda: log.append("cpu time") or 2 * clock.now_ns)
    return Logged(log, clock)


def test_only_the_train_of_a_sample_lies_between_the_two_looks_at_the_clock(logged):
    take_sample(logged, STATE, ORDER, prefix_steps=3, clock=logged.clock)

    verbs = "reset, train 3, reset, cpu time, clock, train 20, clock, cpu time, params, clock"
    assert verbs.split(", ") == logged.log


def test_without_a_prefix_the_sample_is_the_first_call_of_all(logged):
    take_sample(logged, STATE, ORDER, prefix_steps=0, clock=logged.clock)

    assert "reset, cpu time, clock, train 20, clock, cpu time, params, clock".split(", ") == logged.log


@pytest.mark.parametrize("prefix", [0, 3])
def test_the_times_are_those_of_the_steps_of_the_sample_alone(logged, prefix):
    sample = take_sample(logged, STATE, ORDER, prefix, logged.clock)

    assert (20, 20 * STEP_NS, 2 * 20 * STEP_NS) == (sample.n_steps, sample.elapsed_ns, sample.cpu_ns)


def test_the_prefix_leaves_no_trace_in_the_result(logged):
    digests = {take_sample(logged, STATE, ORDER, prefix, logged.clock).digest for prefix in (0, 3)}

    assert {result_digest(replace(STATE, step=20), None)} == digests


def test_the_time_by_the_clock_of_another_program_stands_beside_the_harness_own(logged):
    logged.runner_ns = 123
    sample = take_sample(logged, STATE, ORDER, clock=logged.clock)

    assert (123, 20 * STEP_NS) == (sample.runner_ns, sample.elapsed_ns)


def test_what_a_call_costs_is_the_median_of_groups_of_calls():
    clock = ScriptedClock([])
    calls = []

    def call():
        calls.append(None)
        clock.now_ns += 4_000 if len(calls) % 1000 else 50_000_000  # one in a thousand is disturbed

    assert pytest.approx(4e-6, rel=0.01) == sample.call_seconds(call, clock)


def test_cpu_time_counts_what_threads_and_finished_children_used(monkeypatch):
    used_by_children = type("Usage", (), {"ru_utime": 2.0, "ru_stime": 0.5})
    monkeypatch.setattr(sample.time, "process_time_ns", lambda: 7)
    monkeypatch.setattr(sample.resource, "getrusage", lambda who: used_by_children)
    monkeypatch.setattr(sample.process_tree, "descendants", list)

    assert 2_500_000_007 == cpu_time_ns()


# --- the digest ---

TENSORS = sorted(STATE.tensors())


@given(name=st.sampled_from(TENSORS), position=st.integers(0, 3), bit=st.integers(0, 63))
def test_the_digest_changes_with_every_bit_of_every_tensor(name, position, bit):
    tensors = {key: tensor.copy() for key, tensor in STATE.tensors().items()}
    bits = tensors[name].reshape(-1).view(np.uint64)
    bits[position % len(bits)] ^= np.uint64(1 << bit)

    assert result_digest(STATE, None) != result_digest(State.from_tensors(tensors, STATE.step), None)


@given(position=st.integers(0, 3), bit=st.integers(0, 63))
def test_the_digest_changes_with_every_bit_of_every_loss(position, bit):
    losses = np.array([0.1, 0.2, 0.3, 0.4])
    changed = losses.copy()
    changed.view(np.uint64)[position] ^= np.uint64(1 << bit)

    assert result_digest(STATE, losses) != result_digest(STATE, changed)


def test_the_digest_changes_with_the_step_and_with_there_being_losses():
    results = [(STATE, None), (replace(STATE, step=1), None), (STATE, np.zeros(0)), (STATE, np.zeros(1))]

    assert 4 == len({result_digest(state, losses) for state, losses in results})


def test_the_digest_changes_where_two_tensors_change_places():
    b = tuple(reversed(STATE.b))

    assert result_digest(STATE, None) != result_digest(replace(STATE, b=b), None)


def test_equal_results_have_equal_digests_whatever_their_place_in_memory():
    copied = State.from_tensors({name: np.asfortranarray(t) for name, t in STATE.tensors().items()}, 0)

    assert result_digest(STATE, np.ones(2)) == result_digest(copied, np.ones(4)[::2])


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


@given(st.floats(1e-7, 2 * SAMPLE_SECONDS / FEWEST_STEPS))
def test_a_sample_of_short_steps_lasts_as_long_as_it_should_and_twice_that_at_most(step_seconds):
    n_steps = sample_steps(step_seconds)

    assert n_steps >= FEWEST_STEPS
    assert 0.8 * SAMPLE_SECONDS <= n_steps * step_seconds <= 2 * SAMPLE_SECONDS


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
    assert 8e-3 < ESTIMATE_SECONDS <= 16e-3


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


class WithCall:
    """What `call_seconds` an implementation declares."""

    def __init__(self, seconds):
        self.call_seconds = seconds


@pytest.mark.parametrize(
    ("call_seconds", "sample", "estimate"), [(0.0, SAMPLE_SECONDS, ESTIMATE_SECONDS), (0.1, 1, 0.5)]
)
def test_what_a_call_takes_by_itself_is_a_tenth_of_a_sample_where_it_is_declared(call_seconds, sample, estimate):
    assert pytest.approx(sample) == sample_seconds(WithCall(call_seconds))
    assert pytest.approx(estimate) == telling_calls(WithCall(call_seconds))["least_seconds"]


def test_a_step_is_told_from_the_call_by_calls_that_are_long_enough():
    train = Costly(1e-3)

    def with_call(n_steps):
        train.now_ns += 100_000_000
        train(n_steps)

    assert pytest.approx(1e-3, rel=0.25) == estimate_step_seconds(with_call, 4096, train.clock, least_seconds=0.5)
    assert estimate_step_seconds(with_call, 4096, train.clock) > 0.1


def test_one_disturbed_call_is_not_taken_for_a_long_step_where_calls_are_long():
    train = Costly(1e-3)

    def disturbed(n_steps):
        train.now_ns += 600_000_000
        train(n_steps)

    assert estimate_step_seconds(disturbed, 4096, train.clock, **telling_calls(WithCall(0.1))) < 0.02
    assert {32} == set(train.calls)


def test_no_more_steps_are_made_than_allowed():
    train = Costly(step_seconds=1e-8)
    estimate_step_seconds(train, 100, train.clock)

    assert [64, 64, 100, 100] == train.calls[-4:]


@pytest.mark.parametrize(
    ("wall_s", "cpu_s", "expected"),
    [
        ({1: 0.6}, {1: 0.65}, []),
        ({1: 0.6}, {1: 0.67}, [1]),
        ({1: 0.3}, {1: 0.6}, []),
        ({1: 0.3, 10: 0.3}, {1: 0.6, 10: 0.3}, [1, 10]),
        ({1: 0.6, 10: 0.6}, {1: 0.6, 10: 1.2}, [10]),
    ],
)
def test_cpu_time_is_judged_over_half_a_second_at_least(wall_s, cpu_s, expected):
    wall_ns = {size: int(seconds * 1e9) for size, seconds in wall_s.items()}
    cpu_ns = {size: int(seconds * 1e9) for size, seconds in cpu_s.items()}

    assert expected == [size for size, _ in overused(wall_ns, cpu_ns, threads=1)]
    assert [] == list(overused(wall_ns, cpu_ns, threads=2))


def test_work_that_train_puts_off_until_params_is_refused():
    class PutsOff:
        runner_ns = None

        def reset(self, state):
            pass

        def train(self, order):
            return None

        def params(self):
            return State.at_rest((np.zeros((1, 1)),), (np.zeros(1),))

    def clock(*tries):
        """What the clock shows in each try: the train takes the first, params what is left until the second."""
        now = itertools.accumulate([0, *(ns for train, params in tries for ns in (train, params, 0))])
        return now.__next__

    order = np.zeros((1, 1), np.int64)
    long, short = (30_000_000, 31_000_000), (30_000_000, 29_000_000)
    assert 30_000_000 == take_sample(PutsOff(), None, order, clock=clock(short)).elapsed_ns
    assert 1_000 == take_sample(PutsOff(), None, order, clock=clock((1_000, 19_000_000))).elapsed_ns
    with pytest.raises(MeasurementFailed, match="params\\(\\) took 31 ms after a train of 30 ms, and again"):
        take_sample(PutsOff(), None, order, clock=clock(long, long, long))
    assert 30_000_000 == take_sample(PutsOff(), None, order, clock=clock(long, long, short)).elapsed_ns


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
        monkeypatch.setattr(sample, "cpu_time_ns", lambda: next(readings))
        return cpus_used(Trained([], clock), STATE, ORDER, clock)

    return ask


def test_one_busy_trial_between_two_quiet_ones_counts_for_nothing(at_work):
    assert at_work(1.0, 1.9, 0.9) == pytest.approx(0.9)


def test_two_busy_trials_count_and_the_lesser_is_told(at_work):
    assert at_work(1.9, 1.7) == pytest.approx(1.7)
    assert at_work(1.9, 1.0, 1.8) == pytest.approx(1.8)


def test_a_child_that_ended_between_two_looks_makes_no_less_than_none(at_work):
    assert at_work(-3.0, -3.0) == 0.0


def test_a_thread_that_has_yet_to_be_moved_to_its_cpu_is_waited_for(monkeypatch):
    clock = ScriptedClock([])
    begin, spread_ns = clock.now_ns, 90_000_000

    def cpu_time_ns():
        """Two threads: on one CPU until the second has been moved, then on two."""
        elapsed = clock.now_ns - begin
        return elapsed + max(0, elapsed - spread_ns)

    monkeypatch.setattr(sample, "cpu_time_ns", cpu_time_ns)
    assert cpus_used(Trained([], clock), STATE, ORDER, clock) == pytest.approx(2.0)


def test_of_a_train_that_takes_hardly_any_time_nothing_is_told(monkeypatch):
    clock = ScriptedClock([])
    quick = Logged([], clock)  # its train takes 140 µs
    readings = itertools.count(step=500_000)
    monkeypatch.setattr(sample, "cpu_time_ns", lambda: next(readings))

    assert cpus_used(quick, STATE, ORDER, clock) == 0.0
