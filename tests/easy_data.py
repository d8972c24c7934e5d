"""A small data set that a network learns within an epoch: every digit has bright rows of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from paragone.task.mlp.mnist.cache import DataSet, store
from paragone.task.mlp.mnist.parts import Arrays

N_TRAIN, N_TEST = 600, 100


def easy_data(cache: Path) -> DataSet:
    """Return the data set, stored in this folder as in the cache of a user."""
    random = np.random.Generator(np.random.PCG64(7))
    parts = []
    for n in (N_TRAIN, N_TEST):
        labels = random.integers(0, 10, n, np.uint8)
        images = random.integers(0, 100, (n, 784), np.uint8)
        for image, label in zip(images, labels.tolist(), strict=True):
            image[56 * label : 56 * (label + 1)] += 150
        parts += [images, labels]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PARAGONE_CACHE", str(cache))
        return store(Arrays(*parts), "stripes", "made by a test")
