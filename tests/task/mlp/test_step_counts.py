"""What a step of a network counts: by phase, exponentials, bytes; small enough to count by head."""

from dataclasses import replace

import pytest

from paragone.task.mlp.problem_files import find_problem

# 5 pixels, 3 and 2 neurons: 15 and 6 weights, 5 biases.
SMALL = replace(find_problem("nielsen"), layers=(5, 3, 2), l1=0.0, l2=0.0, momentum=0.0)


def test_forward_has_a_product_a_layer_and_backward_two_less_the_one_behind_the_pixels():
    assert SMALL.flops_by_phase(7) == {
        "forward": 7 * 2 * (15 + 6),
        "backward": 7 * (2 * (15 + 6) + 2 * 6),
        "update": 2 * (15 + 6 + 5),
    }


@pytest.mark.parametrize("name", ["nielsen", "softmax", "mlp4", "relu3"])
def test_the_phases_add_up_to_the_step(name):
    problem = find_problem(name)

    assert sum(problem.flops_by_phase(10).values()) == problem.flops_per_step(10)


def test_pixels_that_are_0_take_their_share_of_the_first_layer_in_every_phase():
    assert SMALL.flops_by_phase(7, nonzero=0.2) == {
        "forward": 7 * 2 * (3 + 6),
        "backward": 7 * (2 * (3 + 6) + 2 * 6),
        "update": 2 * (3 + 6 + 5),
    }


@pytest.mark.parametrize(("hidden", "each"), [("sigmoid", 3 + 2), ("tanh", 3 + 2), ("relu", 2)])
def test_every_neuron_but_a_relu_takes_an_exponential_for_each_image(hidden, each):
    assert replace(SMALL, hidden_activation=hidden).exponentials_per_step(7) == 7 * each


def test_pixels_are_read_once_and_parameters_read_and_written_with_momentum_their_updates_too():
    assert SMALL.touched_bytes(7, "float32") == 4 * (7 * 5 + 2 * 26)
    assert replace(SMALL, momentum=0.9).touched_bytes(7, "float64") == 8 * (7 * 5 + 4 * 26)
