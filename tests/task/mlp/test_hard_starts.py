"""The hard starts of the stress problem: what each is for, that honest forms pass, and how fine a mistake they show."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from broken.member import Member, OtherProblem
from broken.updates import cut
from small_gate import IMAGES, LABELS, N_TRAIN, loaded, small

from paragone.task.mlp.hard_starts import (
    LARGE_LOGIT,
    LARGE_SUM,
    MOST_IMAGES,
    SATURATED_LOGIT,
    check_hard_starts,
    exact_coefficients,
    large_logits,
    large_sums,
    saturated_neurons,
)
from paragone.task.mlp.perturbation import logits
from paragone.task.mlp.problem import rounded_to_float32
from paragone.task.mlp.problem_files import shipped_names
from paragone.task.mlp.reference import trajectory
from paragone.task.mlp.stress import stress_problem, stress_state

PROBLEMS = shipped_names()
SIGMOIDS = [name for name in PROBLEMS if small(name).hidden_activation == "sigmoid"]
DTYPES = ("float32", "float64")


def checked(implementation, name, dtype, batch_size=10):
    """What the hard starts say of an implementation; None where it passes."""
    problem = stress_problem(small(name))
    trained = loaded(implementation, problem, dtype=dtype)

    def train(state, order):
        trained.reset(state)
        losses = trained.train(order)
        return trained.params(), losses

    def expect(state, order):
        return trajectory(problem, IMAGES, LABELS, state, order)

    with np.errstate(all="ignore"):
        return check_hard_starts(train, problem, IMAGES, LABELS, batch_size, 1, dtype, expect)


def with_activation(formula):
    class OtherActivation(Member):
        def load(self, problem, images, labels):
            super().load(problem, images, labels)
            self.hidden = SimpleNamespace(activation=formula, slope=self.hidden.slope)

    return OtherActivation


HONEST = {
    "1 / (1 + exp(−z))": lambda Z: 1 / (1 + np.exp(-Z)),
    "tanh": lambda Z: 0.5 + 0.5 * np.tanh(0.5 * Z),
    "by sign": lambda Z: np.where(Z >= 0, 1, np.exp(-np.abs(Z))) / (1 + np.exp(-np.abs(Z))),
    "limited at 40": lambda Z: 1 / (1 + np.exp(-np.clip(Z, -40, 40))),
}


@pytest.mark.parametrize("batch_size", [1, 10, N_TRAIN])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", SIGMOIDS)
@pytest.mark.parametrize("form", HONEST)
def test_honest_forms_of_the_sigmoid_pass(form, name, dtype, batch_size):
    assert checked(with_activation(HONEST[form]), name, dtype, batch_size) is None


HONEST_RELU = {
    "maximum": lambda Z: np.maximum(Z, 0),
    "where": lambda Z: np.where(Z > 0, Z, Z.dtype.type(0)),
    "half of the sum and its size": lambda Z: (Z + np.abs(Z)) / 2,
    "times its side": lambda Z: Z * (Z > 0),  # with zeros of either sign
}


@pytest.mark.parametrize("batch_size", [1, 10, N_TRAIN])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("form", HONEST_RELU)
def test_honest_forms_of_the_relu_pass(form, dtype, batch_size):
    assert checked(with_activation(HONEST_RELU[form]), "relu3", dtype, batch_size) is None


HONEST_TANH = {
    "tanh": np.tanh,
    "from exp": lambda Z: 1 - 2 / (1 + np.exp(2 * Z)),
    "limited where the last digit is lost": lambda Z: np.tanh(np.clip(Z, -9, 9)),
}


def of_tanh(name):
    return replace(small(name), hidden_activation="tanh")


@pytest.mark.parametrize("name", ["softmax", "mlp4"])
@pytest.mark.parametrize("form", HONEST_TANH)
def test_honest_forms_of_tanh_pass_in_float32(form, name):
    assert checked(with_activation(HONEST_TANH[form]), of_tanh(name), "float32") is None


def test_a_tanh_that_is_clipped_fails_in_float32():
    limit = np.float32(1 - 1e-5)
    check = checked(with_activation(lambda Z: np.clip(np.tanh(Z), -limit, limit)), of_tanh("softmax"), "float32")

    assert "from saturated neurons" in check.reason


@pytest.mark.parametrize("name", SIGMOIDS)
@pytest.mark.parametrize("limit", [1e-6, 1e-7])
def test_a_sigmoid_that_is_clipped_fails_in_float32(limit, name):
    low, high = np.float32(limit), np.float32(1 - limit)
    check = checked(with_activation(lambda Z: np.clip(1 / (1 + np.exp(-Z)), low, high)), name, "float32")

    assert "from saturated neurons" in check.reason
    assert check.error > 10 * check.bound


COEFFICIENTS = {
    "learning_rate": lambda rates: tuple((batch_size, cut(rate)) for batch_size, rate in rates),
    "momentum": cut,
    "l1": cut,
    "l2": cut,
}


@pytest.mark.parametrize("batch_size", [1, 10, N_TRAIN])
@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize("coefficient", COEFFICIENTS)
def test_one_coefficient_cut_to_16_bits_fails_in_float32_at_every_batch_size(coefficient, name, batch_size):
    changes = {coefficient: COEFFICIENTS[coefficient]}
    check = checked(type("Cut", (OtherProblem,), {"changes": changes}), name, "float32", batch_size)

    assert "differs from the reference" in check.reason
    assert check.error > 2 * check.bound


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_logits_are_beyond_where_exp_overflows_in_float64(name):
    problem = stress_problem(small(name))
    Z = logits(problem, large_logits(problem, IMAGES, stress_state(problem, 1, 10)), IMAGES / 255)

    assert LARGE_LOGIT - 20 > np.log(np.finfo(np.float64).max)
    assert np.all(np.abs(Z).max(axis=1) > LARGE_LOGIT - 20)
    if problem.output_activation == "softmax":
        assert np.ptp(Z.max(axis=1)) > 1000


@pytest.mark.parametrize("layers", [(49, 1, 10), (49, 17, 1, 10), (1, 10)], ids=str)
def test_a_layer_of_one_neuron_gives_large_logits_too(layers):
    problem = replace(stress_problem(small("relu3")), layers=layers)
    images = IMAGES[:, : layers[0]]
    start = large_logits(problem, images, stress_state(problem, 1, 10))

    assert np.abs(logits(problem, start, images / 255)).max() > LARGE_LOGIT / 2


def test_every_neuron_of_the_first_layer_is_saturated_on_every_image_that_is_not_black():
    problem = stress_problem(small("softmax"))
    images = IMAGES.copy()
    images[3] = 0
    order = np.arange(10)[None]
    start = saturated_neurons(problem, images, LABELS, stress_state(problem, 1, 10), order)
    Z = images[order[0]] / 255 @ start.W[0].T + start.b[0]

    assert np.all(Z[[i for i in range(10) if i != 3]] <= -SATURATED_LOGIT + 1e-3)
    assert np.all(Z[3] == 0)


def test_large_sums_of_a_relu_make_the_same_logits():
    stress = stress_state(problem := stress_problem(small("relu3")), 1, 10)
    (start,) = large_sums(problem, stress)
    sums = (IMAGES / 255) @ start.W[0].T + start.b[0]

    assert np.abs(sums).mean() > LARGE_SUM / 2
    np.testing.assert_allclose(logits(problem, start, IMAGES / 255), logits(problem, stress, IMAGES / 255), rtol=1e-9)


@pytest.mark.parametrize("changes", [{"hidden_activation": "tanh"}, {"layers": (49, 10)}], ids=str)
def test_only_a_hidden_relu_has_large_sums(changes):
    problem = stress_problem(replace(small("relu3"), **changes))

    assert large_sums(problem, stress_state(problem, 1, 10)) == []


@pytest.mark.parametrize("name", PROBLEMS)
def test_every_start_is_exact_in_float32_and_has_no_weight_whose_sign_rounding_decides(name):
    problem = stress_problem(small(name))
    stress, order = stress_state(problem, 1, 10), problem.order(1, 1, 10)
    starts = (
        large_logits(problem, IMAGES, stress),
        saturated_neurons(problem, IMAGES, LABELS, stress, order),
        exact_coefficients(problem, stress, 1),
        *large_sums(problem, stress),
    )
    for start in starts:
        for tensor in start.tensors().values():
            np.testing.assert_array_equal(tensor, rounded_to_float32(tensor))
        assert min(np.abs(W).min() for W in start.W) > 1e-7


def test_beyond_the_most_images_a_result_has_only_to_be_finite():
    problem = replace(stress_problem(small("nielsen")), n_train=MOST_IMAGES + 1)
    images, labels = (np.resize(of_few, (MOST_IMAGES + 1, *of_few.shape[1:])) for of_few in (IMAGES, LABELS))
    start = stress_state(problem, 1, MOST_IMAGES + 1)
    expect = pytest.fail
    sound = replace(start, step=start.step + 1), np.zeros(1)
    broken = replace(sound[0], W=tuple(W * np.nan for W in start.W)), np.zeros(1)

    def check(result):
        return check_hard_starts(
            lambda state, order: (replace(result[0], step=state.step + 1), result[1]),
            problem, images, labels, MOST_IMAGES + 1, 1, "float64", expect,
        )  # fmt: skip

    assert check(sound) is None
    assert "W1 is not finite" in check(broken).reason
