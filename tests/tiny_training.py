"""A training small enough to follow by hand: five pixels, two hidden layers, twelve images."""

from dataclasses import replace

import numpy as np

from paragone.task.mlp.problem import NetworkProblem
from paragone.task.mlp.problem_files import find_problem
from paragone.task.mlp.state import State


def tiny_problem(output="sigmoid", loss="quadratic", layers=(5, 4, 3, 10), **changes) -> NetworkProblem:
    plain = replace(
        find_problem("nielsen"),
        layers=layers,
        n_train=12,
        output_activation=output,
        loss=loss,
        learning_rate=((1, 0.5),),
        start="scaled_normal",
    )
    return replace(plain, **changes)


def tiny_data():
    """Twelve images of five pixels, and their labels."""
    random = np.random.default_rng(1)
    return random.integers(0, 256, (12, 5)).astype(np.uint8), random.integers(0, 10, 12).astype(np.uint8)


def state_of(problem, seed=2):
    """A state with previous updates, as in the middle of a training."""
    random = np.random.default_rng(seed)
    tensors = {name: random.standard_normal(x.shape) for name, x in problem.start_state(0).tensors().items()}
    return State.from_tensors(tensors, step=0)
