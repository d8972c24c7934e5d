"""The reference is the definition of the step: worked by hand, by differences, and by formulas of others."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.special import expit, log_expit, log_softmax, softmax
from tiny_training import state_of, tiny_data, tiny_problem

from paragone.task.mlp.problem import HIDDEN_ACTIVATIONS
from paragone.task.mlp.reference import (
    forward,
    sample_loss,
    sigmoid,
    step,
    summed_gradients,
    trajectory,
)
from paragone.task.mlp.state import State

PAIRS = [("sigmoid", "quadratic"), ("sigmoid", "log"), ("softmax", "cross_entropy")]


@pytest.fixture
def data():
    return tiny_data()


def test_one_step_agrees_with_a_calculation_by_hand():
    # Two pixels, two neurons of output, one layer; one image (255, 0) of class 1, so x = (1, 0), y = (0, 1).
    problem = tiny_problem(layers=(2, 2), learning_rate=((1, 2.0),), momentum=0.5, l1=0.125, l2=0.25)
    W = np.array([[0.0, 1.0], [0.0, -1.0]])
    state = State(
        W=(W,), b=(np.zeros(2),), dW=(np.array([[0.2, 0.0], [0.0, 0.4]]),), db=(np.array([0.0, 0.6]),), step=0
    )
    # z = W x + b = (0, 0);  a = σ(z) = (1/2, 1/2);  ℓ = ½ (¼ + ¼) = ¼
    # delta = (a − y) a (1 − a) = (½·¼, −½·¼) = (1/8, −1/8)
    # ∂ℓ/∂W = delta xᵀ = [[1/8, 0], [−1/8, 0]];  ∂ℓ/∂b = (1/8, −1/8)
    # λ₂ W = [[0, 1/4], [0, −1/4]];  λ₁ sign W = [[0, 1/8], [0, −1/8]];  sign 0 = 0
    # Δ = η g = 2·[[1/8, 3/8], [−1/8, −3/8]] = [[1/4, 3/4], [−1/4, −3/4]];  Δ_b = (1/4, −1/4)
    # W − Δ − ½ Δ_prev = [[0 − 1/4 − 0.1, 1 − 3/4], [1/4, −1 + 3/4 − 0.2]];  b = (−1/4, 1/4 − 0.3)
    after, loss = step(problem, np.array([[255, 0]], dtype=np.uint8), np.array([1], dtype=np.uint8), state)

    assert loss == 0.25
    np.testing.assert_allclose(after.W[0], [[-0.35, 0.25], [0.25, -0.45]], atol=1e-15)
    np.testing.assert_allclose(after.b[0], [-0.25, -0.05], atol=1e-15)
    np.testing.assert_array_equal(after.dW[0], [[0.25, 0.75], [-0.25, -0.75]])
    np.testing.assert_array_equal(after.db[0], [0.25, -0.25])
    assert after.step == 1


def penalised_objective(problem, tensors, images, labels):
    """R·Σ ℓ + ½ λ₂ Σ W² + λ₁ Σ |W|, written without the reference's gradients."""
    state = State.from_tensors(tensors, 0)
    total = 0.0
    for image, label in zip(images, labels, strict=True):
        z, _ = forward(problem, state.W, state.b, image / 255)
        total += sample_loss(problem, z, np.eye(problem.layers[-1])[label])
    penalties = sum(0.5 * problem.l2 * np.sum(W**2) + problem.l1 * np.sum(np.abs(W)) for W in state.W)
    return problem.batch_scale(len(images)) * total + penalties


@pytest.mark.parametrize("hidden", HIDDEN_ACTIVATIONS)
@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize(("output", "loss"), PAIRS)
def test_every_gradient_is_the_central_difference_of_the_penalised_loss(output, loss, reduction, hidden, data):
    images, labels = data[0][:3], data[1][:3]
    problem = tiny_problem(output, loss, hidden_activation=hidden, reduction=reduction, l1=0.03, l2=0.2)
    before = state_of(problem)
    after, _ = step(problem, images, labels, before)
    tensors, gradients = before.tensors(), after.tensors()
    h = 1e-5
    for name in [name for name in tensors if not name.startswith("d")]:
        for index in np.ndindex(tensors[name].shape):
            values = []
            for sign in (1, -1):
                moved = {key: x.copy() for key, x in tensors.items()}
                moved[name][index] += sign * h
                values.append(penalised_objective(problem, moved, images, labels))
            difference = (values[0] - values[1]) / (2 * h)

            # Δ_prev after the step is η·g
            assert gradients[f"d{name}"][index] / 0.5 == pytest.approx(difference, rel=1e-6, abs=1e-8), name


def test_the_hidden_layers_are_those_of_the_problem(data):
    state = state_of(tiny_problem())
    x = data[0][0] / 255
    z = state.W[0] @ x + state.b[0]
    for hidden, expected in (("sigmoid", expit(z)), ("tanh", np.tanh(z)), ("relu", np.where(z > 0, z, 0))):
        _, activations = forward(tiny_problem(hidden_activation=hidden), state.W, state.b, x)

        np.testing.assert_allclose(activations[1], expected, rtol=1e-14)


def test_at_0_the_slope_of_a_relu_is_0(data):
    problem = tiny_problem("softmax", "cross_entropy", hidden_activation="relu")
    state = state_of(problem)
    state = replace(state, W=(0 * state.W[0], *state.W[1:]), b=(0 * state.b[0], *state.b[1:]))
    _, W_sum, b_sum = summed_gradients(problem, *data, state)

    assert not W_sum[0].any()
    assert not b_sum[0].any()
    assert b_sum[1].any()


def test_biases_have_no_penalties(data):
    plain, penalised = (tiny_problem(l1=l, l2=l) for l in (0.0, 0.7))
    state = state_of(plain)
    without, with_penalties = (step(problem, *data, state)[0] for problem in (plain, penalised))

    for b, b_penalised in zip(without.b, with_penalties.b, strict=True):
        np.testing.assert_array_equal(b, b_penalised)
    assert not np.allclose(without.W[0], with_penalties.W[0])


def test_momentum_adds_the_previous_update_and_nothing_older(data):
    problem = tiny_problem(momentum=0.9)
    states = trajectory(problem, *data, state_of(problem), np.arange(12).reshape(3, 4)).states
    for before, after in pairwise(states):
        for kind in ("W", "b"):
            for l in range(3):
                moved = getattr(before, kind)[l] - getattr(after, kind)[l]
                expected = getattr(after, f"d{kind}")[l] + 0.9 * getattr(before, f"d{kind}")[l]

                np.testing.assert_allclose(moved, expected, atol=1e-14)


def test_the_learning_rate_decays_between_epochs_and_not_within(data):
    # 12 images in mini-batches of 4: three steps an epoch; d = 1/2.
    # η/(1 + 1/2) before epoch 1, and that over 1 + 2/2 before epoch 2.
    problem = tiny_problem(learning_rate_decay=0.5)
    order = np.arange(12).reshape(3, 4)
    for first_step, factor in [(0, 1), (2, 1), (3, 2 / 3), (5, 2 / 3), (6, 1 / 3)]:
        state = replace(state_of(problem), step=first_step)
        decayed = trajectory(problem, *data, state, order[:1]).states[1]
        constant = trajectory(replace(problem, learning_rate_decay=0.0), *data, state, order[:1]).states[1]

        np.testing.assert_allclose(decayed.dW[0], factor * constant.dW[0], rtol=1e-13)


def test_a_summed_step_is_the_mean_step_times_the_batch_size(data):
    summed, mean = tiny_problem(reduction="sum"), tiny_problem()
    state = state_of(summed)
    (of_sum, loss_sum), (of_mean, loss_mean) = (step(problem, *data, state) for problem in (summed, mean))

    np.testing.assert_allclose(of_sum.dW[1], 12 * of_mean.dW[1], rtol=1e-13)
    assert loss_sum == pytest.approx(12 * loss_mean, rel=1e-14)


@pytest.mark.parametrize(("output", "loss"), PAIRS)
def test_the_loss_agrees_with_formulas_from_scipy(output, loss):
    problem = tiny_problem(output, loss)
    z = np.random.default_rng(3).normal(0, 4, 10)
    y = np.eye(10)[4]
    a = expit(z)
    expected = {
        "quadratic": 0.5 * np.sum((a - y) ** 2),
        "log": -np.sum(y * log_expit(z) + (1 - y) * log_expit(-z)),
        "cross_entropy": -log_softmax(z)[4],
    }[loss]

    assert sample_loss(problem, z, y) == pytest.approx(expected, rel=1e-12)


def test_the_output_is_the_sigmoid_or_the_softmax_of_the_logits(data):
    state = state_of(tiny_problem())
    for output, loss in PAIRS:
        z, activations = forward(tiny_problem(output, loss), state.W, state.b, data[0][0] / 255)

        np.testing.assert_allclose(activations[-1], softmax(z) if output == "softmax" else expit(z), rtol=1e-14)


@pytest.mark.parametrize(("output", "loss"), PAIRS)
def test_logits_of_a_thousand_give_finite_losses_and_gradients_without_a_warning(output, loss, data):
    problem = tiny_problem(output, loss, layers=(5, 10))
    state = replace(state_of(problem), b=(np.where(np.arange(10) % 2, 1000.0, -1000.0),))
    loss_sum, W_sum, _ = summed_gradients(problem, *data, state)

    assert np.isfinite(loss_sum)
    assert np.isfinite(W_sum[0]).all()
    np.testing.assert_array_equal(sigmoid(np.array([-1000.0, 0.0, 1000.0])), [0.0, 0.5, 1.0])


def test_a_trajectory_holds_the_start_every_state_and_a_loss_before_each_step(data):
    problem = tiny_problem()
    start, order = state_of(problem), np.arange(12).reshape(3, 4)
    found = trajectory(problem, *data, start, order)

    assert [state.step for state in found.states] == [0, 1, 2, 3]
    assert found.states[0] is start
    assert found.losses[0] == step(problem, data[0][:4], data[1][:4], start)[1]
    assert found.head(2).states[-1].digest() == found.states[2].digest()
    assert found.head(2).n_steps == len(found.head(2).spread["W1"]) == 2


def test_the_mini_batch_is_the_images_and_labels_that_the_order_names(data):
    problem, order = tiny_problem(), np.array([[7, 3]])
    found = trajectory(problem, *data, state_of(problem), order).states[1]
    expected, _ = step(problem, data[0][[7, 3]], data[1][[7, 3]], state_of(problem))

    assert found.digest() == expected.digest()
