"""Where a hidden sum lies within rounding errors of the kink of a ReLU, either side is honest, and nothing else is."""

from dataclasses import replace

import numpy as np
import pytest
from tiny_training import state_of, tiny_problem

from paragone.task.mlp.judge import judge
from paragone.task.mlp.kinks import DOUBT, Jumps, jumps
from paragone.task.mlp.perturbation import PerturbedTraining
from paragone.task.mlp.problem import rounded_to_float32
from paragone.task.mlp.reference import trajectory
from paragone.task.mlp.state import State
from paragone.task.mlp.tolerance import tensor_distances

_random = np.random.default_rng(1)
IMAGES, LABELS = _random.integers(0, 256, (120, 5)).astype(np.uint8), _random.integers(0, 10, 120).astype(np.uint8)
ORDER = np.arange(120).reshape(3, 40)


def relu_problem(**changes):
    problem = tiny_problem("softmax", "cross_entropy", layers=(5, 20, 10, 10), hidden_activation="relu", n_train=120)
    return replace(problem, learning_rate=((1, 0.01),), **changes)


def with_a_sum_of(z, problem):
    """A start from which the first hidden sum of the first image is z."""
    start = state_of(problem)
    biases = start.b[0].copy()
    biases[0] = z - start.W[0][0] @ (IMAGES[ORDER[0, 0]] / 255)
    return replace(start, b=(biases, *start.b[1:]))


def jumps_from(start, problem, order=ORDER):
    return jumps(PerturbedTraining.of(problem, IMAGES, LABELS, start, order))


def in_float32(state):
    return State.from_tensors({name: rounded_to_float32(x) for name, x in state.tensors().items()}, state.step)


@pytest.mark.parametrize(
    ("z", "in_doubt"), [(1e-7, {"float32"}), (-1e-7, {"float32"}), (1e-16, {"float32", "float64"}), (1e-3, set())]
)
def test_a_sum_is_in_doubt_where_rounding_in_this_dtype_may_turn_its_sign(z, in_doubt):
    problem = relu_problem()
    found = jumps_from(with_a_sum_of(z, problem), problem)

    assert {dtype for dtype, of_dtype in found.items() if of_dtype.are_there} == in_doubt


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_an_activation_without_a_kink_has_no_jumps(activation):
    problem = relu_problem()

    assert jumps_from(with_a_sum_of(1e-16, problem), replace(problem, hidden_activation=activation)) == {}


def test_a_sum_whose_terms_are_all_0_is_not_in_doubt():
    problem = relu_problem()
    start = state_of(problem)
    W, b = start.W[0].copy(), start.b[0].copy()
    W[0], b[0] = 0, 0
    dead = replace(
        start, W=(W, *start.W[1:]), b=(b, *start.b[1:]), dW=(0 * W, *start.dW[1:]), db=(0 * b, *start.db[1:])
    )

    assert not any(found.are_there for found in jumps_from(dead, problem, ORDER[:1]).values())


def test_neurons_that_are_dead_on_every_image_are_not_in_doubt():
    problem = relu_problem()
    start = state_of(problem)
    dead = replace(start, b=(np.full_like(start.b[0], -100.0), *start.b[1:]))

    assert not any(found.are_there for found in jumps_from(dead, problem).values())


@pytest.mark.parametrize("records_loss", [False, True])
@pytest.mark.parametrize(("one", "other"), [(1e-7, -1e-7), (-1e-7, 1e-7)])
def test_either_side_of_a_kink_passes_in_float32_and_fails_in_float64(one, other, records_loss):
    problem = relu_problem(records_loss=records_loss)
    expected, got = (trajectory(problem, IMAGES, LABELS, with_a_sum_of(z, problem), ORDER) for z in (one, other))
    end = in_float32(got.states[-1])
    losses = got.losses.astype(np.float32)

    assert judge(problem, expected, end, losses, "float32").passed
    assert judge(problem, replace(expected, jumps={}), end, losses, "float32").status == "failed"
    assert judge(problem, expected, got.states[-1], got.losses, "float64").status == "failed"


def judged_off_by(bounds, problem, expected):
    """What the judge says where W3 lies so many bounds off."""
    end = expected.states[-1]
    found = tensor_distances(problem, expected, end, "float32")
    bound = next(each.bound for each in found if each.tensor == "W3")
    moved = end.W[-1] - expected.states[0].W[-1]
    wrong = replace(end, W=(*end.W[:-1], end.W[-1] + bounds * bound * moved))
    return judge(problem, expected, in_float32(wrong), None, "float32")


def test_a_few_bounds_beyond_the_jumps_nothing_is_decided_and_many_bounds_fail():
    problem = relu_problem()
    expected = trajectory(problem, IMAGES, LABELS, with_a_sum_of(1e-7, problem), ORDER)
    check = judged_off_by(5, problem, expected)

    assert judged_off_by(0, problem, expected).passed
    assert check.status == "not checked"
    assert "on which side of the ReLU" in check.reason
    assert judged_off_by(100, problem, expected).status == "failed"


def test_jumps_too_small_to_explain_an_error_excuse_nothing():
    problem = relu_problem()
    expected = trajectory(problem, IMAGES, LABELS, with_a_sum_of(1e-7, problem), ORDER)
    found = expected.jumps["float32"]
    tiny = Jumps({name: 1e-9 * values for name, values in found.by_tensor.items()}, found.of_losses)

    assert tiny.are_there
    assert judged_off_by(5, problem, replace(expected, jumps={"float32": tiny})).status == "failed"


def test_the_head_of_a_trajectory_has_the_jumps_of_its_steps():
    problem = relu_problem()
    whole = trajectory(problem, IMAGES, LABELS, with_a_sum_of(1e-7, problem), ORDER)
    head = whole.head(2).jumps["float32"]

    np.testing.assert_array_equal(head.by_tensor["W1"], whole.jumps["float32"].by_tensor["W1"][:2])
    assert len(head.of_losses) == 2


def test_the_doubt_is_wider_than_the_rounding_of_sums_that_are_added_up_term_by_term():
    random = np.random.default_rng(2)
    X = rounded_to_float32(np.where(random.random((200, 784)) < 0.19, random.random((200, 784)), 0.0))
    W = rounded_to_float32(random.standard_normal((784, 40)) * 784**-0.5)
    sums = np.zeros((200, 40), np.float32)
    for x, w in zip(X.T.astype(np.float32), W.astype(np.float32), strict=True):
        sums += np.outer(x, w)
    typical = np.sqrt(np.mean((X**2) @ (W**2)))  # what errors of size 1 in every weight do

    assert np.abs(sums - X @ W).max() < 0.5 * DOUBT * np.finfo(np.float32).eps * typical
