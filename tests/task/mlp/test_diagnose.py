"""A wrong result is recognised by its mistake, and a right or an inexplicable one by none."""

from dataclasses import replace

import numpy as np
import pytest
from small_gate import small_layers

from paragone.task.mlp.diagnose import MISTAKES, likely_mistake
from paragone.task.mlp.perturbation import PerturbedTraining, spread, states
from paragone.task.mlp.problem_files import find_problem, shipped_names
from paragone.task.mlp.reference import trajectory
from paragone.task.mlp.state import State
from paragone.task.mlp.stress import stress_problem, stress_state

N_TRAIN, BATCH_SIZE, N_STEPS = 60, 4, 8


def small_stress_problem(name):
    problem = find_problem(name)
    # Square hidden layers would make the transposed weights possible: 9 pixels, 9 neurons.
    return stress_problem(replace(problem, n_train=N_TRAIN, layers=(9, 9, *small_layers(problem)[2:])))


@pytest.fixture(scope="module")
def data():
    random = np.random.default_rng(0)
    images = np.where(random.random((N_TRAIN, 9)) < 0.5, random.integers(1, 256, (N_TRAIN, 9)), 0).astype(np.uint8)
    return images, random.integers(0, 10, N_TRAIN).astype(np.uint8)


def training(name, data):
    problem = small_stress_problem(name)
    start = stress_state(problem, 1, BATCH_SIZE)
    start = replace(start, step=2 * (N_TRAIN // BATCH_SIZE) - N_STEPS // 2)  # an epoch ends halfway
    order = problem.order(1, N_STEPS, BATCH_SIZE)
    return problem, order, trajectory(problem, *data, start, order), PerturbedTraining.of(problem, *data, start, order)


@pytest.mark.parametrize("name", shipped_names())
def test_the_step_on_mini_batches_is_the_reference_s(name, data):
    _, _, expected, case = training(name, data)
    for (state, loss), right, right_loss in zip(states(case), expected.states[1:], expected.losses, strict=True):
        assert loss == pytest.approx(right_loss, rel=1e-13)
        for tensor, right_tensor in zip(state.tensors().values(), right.tensors().values(), strict=True):
            np.testing.assert_allclose(tensor, right_tensor, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", shipped_names())
def test_every_mistake_that_can_be_made_is_recognised(name, dtype, data):
    problem, order, expected, case = training(name, data)
    right = list(states(case))[-1][0].digest()
    recognised = 0
    for sentence, mistake in MISTAKES:
        with np.errstate(all="ignore"):
            got = list(states(mistake(case)))[-1][0]
        if got.digest() == right:
            continue  # nothing to forget: sigmoid instead of sigmoid
        got = State.from_tensors({key: x.astype(dtype).astype(float) for key, x in got.tensors().items()}, got.step)
        found = likely_mistake(problem, *data, expected, order, got, dtype)
        recognised += 1

        assert found == sentence

    assert recognised > 25


@pytest.mark.parametrize("factor", [1.0001, 0.99, 2.0])
def test_a_wrong_learning_rate_is_measured(factor, data):
    problem, order, expected, case = training("softmax", data)
    got = list(states(replace(case, rates=factor * case.rates)))[-1][0]

    assert (
        likely_mistake(problem, *data, expected, order, got, "float64") == f"η were {factor:.6g} times what it is to be"
    )


def test_a_result_that_no_mistake_explains_gets_no_explanation(data):
    problem, order, expected, _ = training("nielsen", data)
    random = np.random.default_rng(4)
    end = expected.states[-1].tensors()
    noisy = State.from_tensors({key: x + 0.1 * random.standard_normal(x.shape) for key, x in end.items()}, 0)

    assert likely_mistake(problem, *data, expected, order, noisy, "float64") is None


def test_a_right_result_looks_like_no_mistake(data):
    problem, order, expected, _ = training("softmax", data)
    end = expected.states[-1].tensors()
    rounded = State.from_tensors({key: x * (1 + 1e-15) for key, x in end.items()}, expected.states[-1].step)

    assert likely_mistake(problem, *data, expected, order, rounded, "float64") is None


def test_large_mini_batches_are_left_alone(data):
    problem, order, expected, _ = training("nielsen", data)
    many = np.tile(order, (1, 1000))

    assert likely_mistake(problem, *data, expected, many, expected.states[0], "float64") is None


def test_the_spread_grows_with_the_size_of_the_weights_and_is_the_same_each_time(data):
    _, _, _, case = training("nielsen", data)
    tensors, losses = spread(case)
    again, losses_again = spread(case)

    np.testing.assert_array_equal(tensors["W1"], again["W1"])
    np.testing.assert_array_equal(losses, losses_again)
    # One step rounds every weight once: ‖W‖ times a standard normal number, in the root mean square.
    assert tensors["W1"][0] == pytest.approx(np.linalg.norm(case.state.W[0]), rel=0.3)
