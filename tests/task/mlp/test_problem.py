import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paragone.task.mlp.problem import NetworkProblem, rounded_to_float32
from paragone.task.mlp.problem_files import find_problem, shipped_names

SMALL = dataclasses.replace(find_problem("nielsen"), n_train=20, layers=(6, 5, 10))
SIZES = st.integers(1, 20)
SEEDS = st.integers(0, 2**64 - 1)


def decaying(decay, n_train=10, rate=8.0):
    return dataclasses.replace(SMALL, n_train=n_train, learning_rate=((1, rate),), learning_rate_decay=decay)


def test_the_learning_rate_falls_at_every_epoch_by_the_growing_divisor():
    """By hand, d = 1, η = 8, two steps an epoch: divisors 1, 2, 3, so 8/1, then /2, then /3."""
    rates = decaying(1.0).learning_rates(0, 7, batch_size=5)

    assert rates.tolist() == [8.0, 8.0, 4.0, 4.0, 8 / 6, 8 / 6, 8 / 24]


def test_after_35_epochs_of_s4_the_factor_is_the_one_that_its_author_printed():
    """Π over k = 0 … 34 of 1/(1 + 1e-6·k), printed by the source as 0.99940518."""
    problem = find_problem("mlp4")
    steps_per_epoch = 60000 // 500
    [first] = problem.learning_rates(0, 1, 500)
    [last] = problem.learning_rates(34 * steps_per_epoch, 1, 500)

    assert f"{last / first:.8f}" == "0.99940518"


def test_the_steps_that_are_dropped_at_the_end_of_an_epoch_do_not_delay_the_decay():
    """10 images in mini-batches of 3: three steps an epoch, one image left over."""
    assert decaying(1.0).learning_rates(0, 4, batch_size=3).tolist() == [8.0, 8.0, 8.0, 4.0]


@given(st.integers(0, 50), st.integers(0, 20), SIZES)
def test_the_rate_of_a_step_does_not_depend_on_where_the_training_was_cut(first, n_steps, batch_size):
    problem = decaying(0.3, n_train=20)
    whole = problem.learning_rates(0, first + n_steps, batch_size)

    assert problem.learning_rates(first, n_steps, batch_size).tolist() == whole[first:].tolist()


def test_without_decay_the_rate_is_constant():
    assert set(decaying(0.0).learning_rates(10**9, 5, 1).tolist()) == {8.0}


@pytest.mark.parametrize("decay", [0.0, 0.5])
def test_no_steps_have_no_rates(decay):
    assert decaying(decay).learning_rates(7, 0, 2).shape == (0,)


@pytest.mark.parametrize(("batch_size", "rate"), [(1, 0.5), (9, 0.5), (10, 0.2), (99, 0.2), (100, 0.1), (10000, 0.1)])
def test_a_batch_size_takes_the_rate_of_the_largest_listed_one_not_above_it(batch_size, rate):
    problem = dataclasses.replace(SMALL, learning_rate=((5, 0.5), (10, 0.2), (100, 0.1)))

    assert problem.start_learning_rate(batch_size) == rate


@given(SEEDS, SIZES, st.integers(0, 30))
def test_the_order_has_one_row_of_different_images_per_step(seed, batch_size, n_steps):
    order = SMALL.order(seed, n_steps, batch_size)

    assert order.shape == (n_steps, batch_size)
    assert order.dtype == np.int64
    assert order.flags.c_contiguous
    assert order.size == 0 or (order.min() >= 0 and order.max() < 20)


@given(SEEDS, SIZES)
def test_each_epoch_uses_no_image_twice_and_drops_the_remainder(seed, batch_size):
    per_epoch = SMALL.steps_per_epoch(batch_size)
    order = SMALL.order(seed, 3 * per_epoch, batch_size)
    for epoch in order.reshape(3, -1):
        assert len(set(epoch.tolist())) == per_epoch * batch_size == 20 - 20 % batch_size


@pytest.mark.parametrize("batch_size", [1, 4, 20])
def test_where_nothing_remains_an_epoch_is_a_permutation_of_all_images(batch_size):
    order = SMALL.order(3, 20 // batch_size, batch_size)

    assert sorted(order.reshape(-1).tolist()) == list(range(20))


def test_successive_epochs_are_shuffled_anew():
    first, second = SMALL.order(0, 2, 10)[:2], SMALL.order(0, 4, 10)[2:]

    assert first.tolist() != second.tolist()


@given(SEEDS, SIZES, st.integers(0, 30), st.integers(0, 30))
def test_a_shorter_order_is_the_beginning_of_a_longer_one(seed, batch_size, m, n):
    m, n = sorted((m, n))

    assert SMALL.order(seed, n, batch_size)[:m].tolist() == SMALL.order(seed, m, batch_size).tolist()


def test_other_seeds_and_other_batch_sizes_have_other_orders():
    orders = [SMALL.order(seed, 20 // size, size).reshape(-1).tolist() for seed in (0, 1) for size in (1, 2, 5)]

    assert len({tuple(order[:20]) for order in orders}) == 6


def test_at_full_batch_every_row_is_all_images_as_they_are_stored():
    assert SMALL.order(5, 3, 20).tolist() == [list(range(20))] * 3


def test_the_same_seed_has_the_same_order_in_every_version():
    """Recorded seeds must go on meaning what they meant: this pins the stream of random numbers."""
    assert SMALL.order(0, 1, 5).tolist() == [[7, 13, 5, 10, 0]]


@given(SEEDS)
def test_every_number_of_the_start_is_a_float32(seed):
    for tensor in SMALL.start_state(seed).tensors().values():
        assert tensor.dtype == np.float64
        assert (tensor == tensor.astype(np.float32)).all()


def test_the_start_has_the_shapes_of_the_layers_and_no_updates():
    start = SMALL.start_state(0)

    assert [W.shape for W in start.W] == [(5, 6), (10, 5)]
    assert [b.shape for b in start.b] == [(5,), (10,)]
    assert start.step == 0
    assert not any(update.any() for update in (*start.dW, *start.db))


@pytest.mark.parametrize(("kind", "spread"), [("standard_normal", 1.0), ("scaled_normal", 784**-0.5)])
def test_the_start_is_normal_with_the_spread_that_its_name_says(kind, spread):
    """2,352,000 weights: mean and spread are within 0.3 % by more than four standard errors."""
    problem = dataclasses.replace(SMALL, layers=(784, 3000, 10), start=kind)
    start = problem.start_state(11)
    W = start.W[0] / spread

    assert abs(W.mean()) < 0.003
    assert abs(W.std() - 1) < 0.003
    assert abs((np.abs(W) < 1).mean() - 0.6827) < 0.003
    assert abs(start.b[0].std() / spread - 1) < 0.06


def test_a_start_after_he_has_twice_the_variance_and_no_biases():
    plain, he = (dataclasses.replace(SMALL, start=kind).start_state(3) for kind in ("scaled_normal", "he_normal"))

    np.testing.assert_allclose(he.W[0], 2**0.5 * plain.W[0], rtol=1e-6)
    assert not any(biases.any() for biases in he.b)


def test_the_second_layer_is_scaled_by_its_own_inputs():
    problem = dataclasses.replace(SMALL, layers=(4, 10000, 10), start="scaled_normal")

    assert abs(problem.start_state(0).W[1].std() * 100 - 1) < 0.02


def test_the_same_seed_has_the_same_start_and_another_seed_another():
    assert SMALL.start_state(4).digest() == SMALL.start_state(4).digest() != SMALL.start_state(5).digest()


def test_rounding_keeps_float64_and_changes_what_float32_cannot_hold():
    rounded = rounded_to_float32(np.array([0.1, 0.5]))

    assert rounded.dtype == np.float64
    assert rounded.tolist() == [float(np.float32(0.1)), 0.5]


@pytest.mark.parametrize(("reduction", "scale"), [("mean", 0.25), ("sum", 1.0)])
def test_gradients_are_averaged_or_summed(reduction, scale):
    assert dataclasses.replace(SMALL, reduction=reduction).batch_scale(4) == scale


@pytest.mark.parametrize("field", ["momentum", "l1", "l2"])
def test_any_penalty_or_momentum_makes_the_update_more_than_plain(field):
    assert SMALL.has_plain_update
    assert not dataclasses.replace(SMALL, **{field: 1e-9}).has_plain_update


@pytest.mark.parametrize("name", shipped_names())
def test_a_problem_survives_being_written_as_json(name):
    problem = find_problem(name)

    assert NetworkProblem.from_json(json.loads(json.dumps(problem.to_json()))) == problem


CHANGES = {
    "dataset": "other",
    "n_train": 21,
    "layers": (6, 4, 10),
    "hidden_activation": "other",
    "output_activation": "softmax",
    "loss": "log",
    "learning_rate": ((1, 0.1),),
    "learning_rate_decay": 0.1,
    "momentum": 0.1,
    "l1": 0.1,
    "l2": 0.1,
    "reduction": "sum",
    "start": "scaled_normal",
    "records_loss": True,
}
WORDS = {"description": "x", "source": "x", "batch_sizes": (3,)}


def test_every_field_either_decides_numbers_or_is_a_word():
    assert {field.name for field in dataclasses.fields(NetworkProblem)} == {"name", *CHANGES, *WORDS}


@pytest.mark.parametrize("field", CHANGES)
def test_the_fingerprint_sees_everything_that_decides_numbers(field):
    assert dataclasses.replace(SMALL, **{field: CHANGES[field]}).fingerprint() != SMALL.fingerprint()


@pytest.mark.parametrize("field", WORDS)
def test_the_fingerprint_does_not_see_words_and_grid(field):
    assert dataclasses.replace(SMALL, **{field: WORDS[field]}).fingerprint() == SMALL.fingerprint()
