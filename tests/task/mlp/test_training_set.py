"""The check of the training set sees one wrong label or image among all, and lets the right training set pass."""

from dataclasses import replace

import numpy as np
import pytest
from broken.member import NumpyRows
from broken.training_sets import WRONG_TRAINING_SETS
from small_gate import small_layers

from paragone.task.mlp import training_set
from paragone.task.mlp.problem_files import find_problem, shipped_names
from paragone.task.mlp.training_set import STEPS, TrainingSet

N_TRAIN = 7050  # three pieces, the last of them shorter and its last mini-batch filled up
DTYPES = ("float32", "float64")


@pytest.fixture(scope="module")
def data():
    random = np.random.default_rng(0)
    pixels = random.integers(1, 256, (N_TRAIN, 49))
    images = np.where(random.random(pixels.shape) < 0.19, pixels, 0).astype(np.uint8)
    return images, random.integers(0, 10, N_TRAIN).astype(np.uint8)


@pytest.fixture(scope="module")
def training_sets(data):
    problems = {name: replace(find_problem(name), n_train=N_TRAIN) for name in shipped_names()}
    problems = {name: replace(each, layers=small_layers(each)) for name, each in problems.items()}
    return {name: TrainingSet(problem, *data) for name, problem in problems.items()}


def trainer(implementation, training_set, dtype):
    """Train the implementation, and count the calls and steps."""
    trained = implementation(dtype=dtype, order="C")
    trained.load(training_set.problem, (training_set.images / 255.0).astype(dtype), training_set.labels)

    def train(state, order):
        train.calls.append(order)
        trained.reset(state)
        losses = trained.train(order)
        return trained.params(), losses

    train.calls = []
    return train


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", shipped_names())
def test_the_right_training_set_passes_and_every_image_was_trained_on(name, dtype, training_sets):
    train = trainer(NumpyRows, training_sets[name], dtype)
    check = training_sets[name].check(train, dtype, seconds=100, image_seconds=1e-9)

    assert (check.status, check.reason) == ("passed", "")
    assert check.error < check.bound / 3
    assert set(np.concatenate([order.ravel() for order in train.calls])) == set(range(N_TRAIN))
    assert max(len(order) for order in train.calls) <= STEPS


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", shipped_names())
@pytest.mark.parametrize("member", WRONG_TRAINING_SETS, ids=lambda member: member.__name__)
def test_one_wrong_label_or_image_among_all_is_seen(member, name, dtype, training_sets):
    train = trainer(member, training_sets[name], dtype)
    check = training_sets[name].check(train, dtype, seconds=100, image_seconds=1e-9)

    assert check.status == "failed"
    assert "does it hold every image with its own label?" in check.reason
    assert check.error > 2 * check.bound


def test_where_time_is_short_some_images_are_seen_and_the_outcome_says_how_many(training_sets):
    train = trainer(NumpyRows, training_sets["softmax"], "float64")
    check = training_sets["softmax"].check(train, "float64", seconds=0, image_seconds=1.0)

    assert check.status == "passed"
    assert check.reason == "in about 0 s it has seen 100 of 7,050 images"
    assert [order.shape for order in train.calls] == [(1, 100)]


def test_nobody_can_foresee_start_and_order(data, training_sets):
    one, other = training_sets["nielsen"], TrainingSet(training_sets["nielsen"].problem, *data)

    assert not np.array_equal(one.orders[0], other.orders[0])
    assert not np.array_equal(one.start.W[0], other.start.W[0])


def test_a_result_of_the_wrong_form_fails(training_sets):
    def train(state, order):
        return replace(state, W=()), None

    check = training_sets["nielsen"].check(train, "float64", 100, 1e-9)
    assert (check.status, check.reason) == ("failed", "W: expected 2 arrays, one per layer; got 0")


def test_a_training_that_diverges_is_not_checked(data, training_sets):
    problem = replace(training_sets["mlp4"].problem, learning_rate=((1, 1e300),))

    assert TrainingSet(problem, *data).check(pytest.fail, "float64", 100, 1e-9).status == "not checked"


@pytest.mark.parametrize(("allowance", "status"), [(1e3, "not checked"), (0.0, "failed")])
def test_where_a_kink_may_have_moved_every_part_nothing_is_decided(allowance, status, training_sets, monkeypatch):
    monkeypatch.setattr(training_set, "kink_allowance", lambda *_: allowance)
    held = training_sets["relu3"]
    right = trainer(NumpyRows, held, "float64")

    def slightly_off(state, order):
        got, losses = right(state, order)
        (last,) = (each for each in held._pieces.values() if each.order is order or np.array_equal(each.order, order))
        allowed = next(each.allowed for each in last.allowed["float64"] if each.tensor == "W3")
        W = got.W[-1].copy()
        W[0, 0] += 5 * allowed
        return replace(got, W=(*got.W[:-1], W)), losses

    assert held.check(slightly_off, "float64", 100, 1e-9).status == status
