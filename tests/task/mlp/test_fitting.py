"""A problem follows its data: pixels, classes, and no more training images than there are."""

from dataclasses import replace

import numpy as np
import pytest

from paragone.errors import InvalidProblem
from paragone.task.mlp.fitting import change, fitted
from paragone.task.mlp.mnist.cache import store
from paragone.task.mlp.mnist.parts import MNIST_SHA256, Arrays
from paragone.task.mlp.problem_files import find_problem


@pytest.fixture
def letters(tmp_path, monkeypatch):
    """26 classes of 1024 pixels: 200 to train, 20 to test."""
    monkeypatch.setenv("PARAGONE_CACHE", str(tmp_path))
    images, labels = np.zeros((220, 1024), np.uint8), (np.arange(220) % 26).astype(np.uint8)
    return store(Arrays(images[:200], labels[:200], images[200:], labels[200:]), "letters", "a test")


def test_layers_images_and_sizes_follow_the_data(letters):
    found = fitted(find_problem("softmax"), letters)

    assert found.layers == (1024, 64, 32, 26)
    assert found.n_train == 200
    assert found.batch_sizes == (1, 10, 100, 200)  # the full batch is that of the data
    assert found.quick_sizes == (10,)


def test_what_changed_is_told(letters):
    problem = find_problem("softmax")

    assert change(problem, fitted(problem, letters)) == (
        "softmax is 1024-64-32-26, not 784-64-32-10 and has 200 training images, not 60,000"
    )
    assert change(problem, problem) == ""


def test_a_problem_on_other_data_is_another_problem_even_of_the_same_shape(letters):
    problem = find_problem("nielsen")
    on_it = fitted(problem, letters)
    like_mnist = replace(on_it, layers=problem.layers, n_train=problem.n_train, batch_sizes=problem.batch_sizes)

    assert like_mnist.dataset == "letters"
    assert like_mnist.fingerprint() != problem.fingerprint()
    assert like_mnist.definition() != problem.definition()


def test_on_mnist_the_shipped_problems_are_what_they_are(letters, monkeypatch):
    monkeypatch.setattr(type(letters), "n_pixels", 784)
    monkeypatch.setattr(type(letters), "n_classes", 10)
    monkeypatch.setattr(type(letters), "train_labels", np.zeros(60_000, np.uint8))
    for name in ("nielsen", "softmax", "mlp4"):
        problem = find_problem(name)

        assert fitted(problem, replace(letters, sha256=MNIST_SHA256)) == problem


def test_a_network_that_becomes_too_large_is_refused(letters):
    wide = replace(find_problem("nielsen"), layers=(784, 99_000, 10))

    with pytest.raises(InvalidProblem, match=r"layers: expected at most 100,000,000 weights; letters makes it 1024-99"):
        fitted(wide, letters)
