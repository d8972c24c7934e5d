"""The gate on a small training set, for implementations that a test has written or changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from paragone.implementation.contract import Implementation
from paragone.implementation.registry import read_folder
from paragone.task.mlp.gate import gate
from paragone.task.mlp.problem import NetworkProblem
from paragone.task.mlp.problem_files import find_problem

N_TRAIN = 300

_random = np.random.default_rng(0)
IMAGES = np.where(_random.random((N_TRAIN, 49)) < 0.19, _random.integers(1, 256, (N_TRAIN, 49)), 0).astype(np.uint8)
LABELS = _random.integers(0, 10, N_TRAIN).astype(np.uint8)


def small(problem: NetworkProblem | str) -> NetworkProblem:
    """The problem with 7 × 7 pixels, few neurons and 300 images."""
    problem = find_problem(problem) if isinstance(problem, str) else problem
    return replace(problem, n_train=N_TRAIN, layers=small_layers(problem))


def small_layers(problem: NetworkProblem, n_pixels: int = 49) -> tuple[int, ...]:
    """The sizes of its layers behind fewer pixels; at most 70 neurons each."""
    return n_pixels, *(min(70, size) for size in problem.layers[1:])


def written(folder: Path, files) -> list[type[Implementation]]:
    """The implementations that these files, name and text, make in a new folder."""
    folder.mkdir(parents=True)
    for name, text in files:
        (folder / name).write_text(text)
    return read_folder(folder)


def loaded(implementation: type[Implementation], problem: NetworkProblem, **axis: str) -> Implementation:
    """A fresh instance with the small training set; axes left out take their first value."""
    values = {name: values[0] for name, values in implementation.axes.items()} | axis
    made = implementation(**values)
    made.load(problem, (IMAGES / 255).astype(made.dtype), LABELS)
    return made


def checked(implementation: type[Implementation], problem: NetworkProblem, size: int = 10, **axis: str):
    """What the gate says of a variant."""
    trained = loaded(implementation, problem, **axis)

    def train(state, order):
        trained.reset(state)
        losses = trained.train(order)
        return trained.params(), losses

    try:
        return gate(train, problem, IMAGES, LABELS, size, 1, str(trained.dtype))
    finally:
        trained.close()
