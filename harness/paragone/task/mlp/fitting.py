"""A problem follows its data: a neuron for each pixel and each class, and no more training images than there are."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from paragone.errors import InvalidProblem
from paragone.task.mlp.mnist.cache import DataSet
from paragone.task.mlp.mnist.parts import MNIST_SHA256
from paragone.task.mlp.problem import MOST_PARAMETERS, NetworkProblem
from paragone.task.problem import Data

DATASET = "mnist"  # that of the problems


def fitted(problem: NetworkProblem, data: DataSet) -> NetworkProblem:
    """The problem on this data. Raises InvalidProblem where its network becomes too large.

    Its `dataset` is then the name of the data, so that nothing takes it for the problem on MNIST.
    """
    n_train = min(problem.n_train, len(data.train_labels))
    layers = (data.n_pixels, *problem.layers[1:-1], data.n_classes)
    if sum(n * m for n, m in pairwise(layers)) > MOST_PARAMETERS:
        raise InvalidProblem(
            f"{problem.name}: layers: expected at most {MOST_PARAMETERS:,} weights; {data.name} makes it "
            f"{dashed(layers)}"
        )
    sizes = {n_train if size == problem.n_train else size for size in problem.batch_sizes}
    return replace(
        problem,
        dataset=dataset_of(data),
        n_train=n_train,
        layers=layers,
        batch_sizes=tuple(sorted(size for size in sizes if size <= n_train)) or (n_train,),
    )


def dataset_of(data: Data) -> str:
    """What a problem on this data calls it."""
    return DATASET if data.sha256 == MNIST_SHA256 else data.name


def change(before: NetworkProblem, after: NetworkProblem) -> str:
    """What the data changed, such as "nielsen is 1024-30-47, not 784-30-10"; "" where nothing did."""
    changes = []
    if before.layers != after.layers:
        changes.append(f"is {dashed(after.layers)}, not {dashed(before.layers)}")
    if before.n_train != after.n_train:
        changes.append(f"has {after.n_train:,} training images, not {before.n_train:,}")
    return f"{before.name} {' and '.join(changes)}" if changes else ""


def dashed(layers: tuple[int, ...]) -> str:
    return "-".join(map(str, layers))
