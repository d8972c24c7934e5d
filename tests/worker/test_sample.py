"""The clock: what lies inside the timed part of a sample, and the hash of its result."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_clock import STEP_NS, Logged, ScriptedClock

from paragone.task.mlp.state import State
from paragone.worker import sample
from paragone.worker.sample import cpu_time_ns, result_digest, take_sample, train_prefix

ORDER = np.arange(40, dtype=np.int64).reshape(20, 2)
STATE = State.at_rest([np.arange(6.0).reshape(2, 3), np.ones((2, 2))], [np.zeros(2), np.ones(2)])


@pytest.fixture
def logged(monkeypatch):
    log = []
    clock = ScriptedClock(log)
    monkeypatch.setattr(sample, "cpu_time_ns", lambda: log.append("cpu time") or 2 * clock.now_ns)
    return Logged(log, clock)


def test_only_train_lies_between_the_two_clock_readings(logged):
    train_prefix(logged, STATE, ORDER[:3])
    logged.reset(STATE)
    take_sample(logged, ORDER, clock=logged.clock)

    verbs = "reset, train 3, reset, cpu time, clock, train 20, clock, note, cpu time"
    assert verbs.split(", ") == logged.log


def test_without_a_prefix_the_sample_is_the_first_train_of_all(logged):
    train_prefix(logged, STATE, ORDER[:0])
    logged.reset(STATE)
    take_sample(logged, ORDER, clock=logged.clock)

    assert "reset, cpu time, clock, train 20, clock, note, cpu time".split(", ") == logged.log


@pytest.mark.parametrize("prefix", [0, 3])
def test_the_times_are_those_of_the_steps_of_the_sample_alone(logged, prefix):
    train_prefix(logged, STATE, ORDER[:prefix])
    logged.reset(STATE)
    timing, _ = take_sample(logged, ORDER, logged.clock)

    assert (20, 20 * STEP_NS, 2 * 20 * STEP_NS) == (timing.n_steps, timing.elapsed_ns, timing.cpu_ns)


@pytest.mark.parametrize("prefix", [0, 3])
def test_the_prefix_leaves_no_trace_in_the_result(logged, prefix):
    train_prefix(logged, STATE, ORDER[:prefix])
    logged.reset(STATE)
    take_sample(logged, ORDER, clock=logged.clock)

    assert replace(STATE, step=20).digest() == logged.params().digest()


def test_the_time_by_the_clock_of_another_program_stands_beside_the_harness_own(logged):
    logged.runner_ns = 123
    train_prefix(logged, STATE, ORDER[:0])
    logged.reset(STATE)
    timing, _ = take_sample(logged, ORDER, clock=logged.clock)

    assert (123, 20 * STEP_NS) == (timing.runner_ns, timing.elapsed_ns)


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
