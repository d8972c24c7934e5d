"""The reference's trajectories on disk: the same bits, or computed again."""

from dataclasses import replace

import numpy as np
import pytest
from tiny_training import state_of, tiny_data, tiny_problem

from paragone.task.mlp import trajectory_cache
from paragone.task.mlp.trajectory_cache import cached_trajectory


@pytest.fixture
def cached(tmp_path):
    """A function that asks the cache, with a count of how often the trajectory was computed."""
    problem = tiny_problem()

    def ask(problem=problem, sha="a", start=None, order=None):
        order = np.arange(12).reshape(3, 4) if order is None else order
        return cached_trajectory(problem, sha, *tiny_data(), start or state_of(problem), order, tmp_path)

    return ask


def count_computations(monkeypatch):
    calls = []
    compute = trajectory_cache.trajectory
    monkeypatch.setattr(trajectory_cache, "trajectory", lambda *arguments: calls.append(1) or compute(*arguments))
    return calls


def test_a_trajectory_is_computed_once_and_read_back_bit_for_bit(cached, monkeypatch):
    calls = count_computations(monkeypatch)
    first, second = cached(), cached()

    assert len(calls) == 1
    assert [s.digest() for s in first.states] == [s.digest() for s in second.states]
    np.testing.assert_array_equal(first.losses, second.losses)
    np.testing.assert_array_equal(first.spread["W2"], second.spread["W2"])
    np.testing.assert_array_equal(first.loss_spread, second.loss_spread)
    assert first.batch_size == second.batch_size


def test_the_jumps_at_a_kink_are_read_back_bit_for_bit(cached):
    problem = tiny_problem(hidden_activation="relu")
    start = state_of(problem)
    near = start.b[0] - (start.W[0] @ (tiny_data()[0][0] / 255) + start.b[0]) + 1e-7
    near_a_kink = replace(start, b=(near, *start.b[1:]))
    first, second = (cached(problem=problem, start=near_a_kink) for _ in range(2))

    assert {"float32": True, "float64": False} == {dtype: each.are_there for dtype, each in second.jumps.items()}
    for dtype, jumps in first.jumps.items():
        np.testing.assert_array_equal(jumps.by_tensor["W1"], second.jumps[dtype].by_tensor["W1"])
        np.testing.assert_array_equal(jumps.of_losses, second.jumps[dtype].of_losses)


def test_whatever_decides_the_numbers_makes_another_cache_entry(cached, monkeypatch, tmp_path):
    calls = count_computations(monkeypatch)
    cached()
    cached(problem=tiny_problem(momentum=0.1))
    cached(sha="b")
    cached(start=state_of(tiny_problem(), seed=9))
    cached(order=np.arange(12)[::-1].reshape(3, 4))
    cached(order=np.arange(12).reshape(4, 3))
    source = tmp_path / "source.py"
    source.write_text("another definition")
    monkeypatch.setattr(trajectory_cache, "DEFINING_SOURCES", (source,))
    cached()

    assert len(calls) == 7


@pytest.mark.parametrize("damage", [lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b[:300] + b"?" + b[301:]])
def test_a_damaged_cache_file_is_computed_again(damage, cached, monkeypatch, tmp_path):
    calls = count_computations(monkeypatch)
    sound = cached()
    (path,) = tmp_path.glob("*.npz")
    path.write_bytes(damage(path.read_bytes()))
    again = cached()

    assert len(calls) == 2
    assert sound.states[-1].digest() == again.states[-1].digest()
    assert list(tmp_path.iterdir()) == [path]


def test_a_cache_that_cannot_be_written_costs_time_only(tmp_path):
    problem = tiny_problem()
    occupied = tmp_path / "a file, not a folder"
    occupied.write_text("")
    found = cached_trajectory(problem, "a", *tiny_data(), state_of(problem), np.arange(12).reshape(3, 4), occupied)

    assert found.n_steps == 3
