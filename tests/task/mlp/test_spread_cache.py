"""Typical spreads on disk: the same numbers, or measured again."""

import numpy as np
import pytest
from tiny_training import state_of, tiny_data, tiny_problem

from paragone.task.mlp import spread_cache
from paragone.task.mlp.perturbation import PerturbedTraining
from paragone.task.mlp.spread_cache import cached_spread


@pytest.fixture
def cached(tmp_path):
    """A function that asks the cache for the spread of a tiny training."""

    def ask(problem=None, sha="a", order=None):
        problem = problem or tiny_problem()
        order = np.arange(12).reshape(3, 4) if order is None else order
        return cached_spread(PerturbedTraining.of(problem, *tiny_data(), state_of(problem), order), sha, tmp_path)

    return ask


@pytest.fixture
def measured(monkeypatch):
    """A list that grows by one whenever a spread is measured."""
    calls, measure = [], spread_cache.typical_spread
    monkeypatch.setattr(spread_cache, "typical_spread", lambda training: calls.append(1) or measure(training))
    return calls


def test_a_spread_is_measured_once_and_read_back_bit_for_bit(cached, measured):
    first, second = cached(), cached()

    assert len(measured) == 1
    assert first.by_tensor.keys() == second.by_tensor.keys()
    for name, values in first.by_tensor.items():
        np.testing.assert_array_equal(values, second.by_tensor[name])
    np.testing.assert_array_equal(first.of_losses, second.of_losses)


def test_whatever_decides_the_numbers_makes_another_entry(cached, measured, monkeypatch, tmp_path):
    cached()
    cached(problem=tiny_problem(momentum=0.1))
    cached(sha="b")
    cached(order=np.arange(12)[::-1].reshape(3, 4))
    cached(order=np.arange(8).reshape(2, 4))
    source = tmp_path / "source.py"
    source.write_text("another definition")
    monkeypatch.setattr(spread_cache, "SOURCES", (source,))
    cached()

    assert len(measured) == 6


@pytest.mark.parametrize("damage", [lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b[:300] + b"?" + b[301:]])
def test_a_damaged_file_is_measured_again(damage, cached, measured, tmp_path):
    first = cached()
    (path,) = tmp_path.iterdir()
    path.write_bytes(damage(path.read_bytes()))
    again = cached()

    assert len(measured) == 2
    np.testing.assert_array_equal(first.of_losses, again.of_losses)


def test_where_nothing_can_be_written_the_spread_is_measured_all_the_same(measured, tmp_path):
    (tmp_path / "file").write_text("")
    problem = tiny_problem()
    training = PerturbedTraining.of(problem, *tiny_data(), state_of(problem), np.arange(12).reshape(3, 4))

    assert len(cached_spread(training, "a", tmp_path / "file" / "cache").of_losses) == 3
    assert len(measured) == 1
