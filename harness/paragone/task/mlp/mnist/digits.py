"""The embedded data set: scikit-learn's real 8×8 digits, enlarged to 28×28 and repeated to MNIST's 60,000 and 10,000.

Each of the 1,797 handwritten originals is drawn 20×20 in the middle of its image, as MNIST's are, and shifted by up
to a pixel and a half in both directions. Training and test images come from different originals. The arithmetic is in
integers, so every machine makes the same bytes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from paragone.task.mlp.mnist.parts import Arrays, Bytes

NAME = "scikit-learn digits, enlarged"
RECIPE = 1  # to be raised with every change of the bytes
SEED = 8

N_TRAIN, N_TEST = 60_000, 10_000
SIDE, BOX, ORIGINAL_SIDE = 28, 20, 8
WHITE = 16 * 10 * 10  # the largest original grey level, times the weights along both axes
SHIFTS = range(-3, 4)  # in half pixels, along either axis: 49 places; no original is used as often


def fingerprint() -> str:
    """A text that changes whenever the bytes may change."""
    from importlib.metadata import version  # slow to import, and a worker needs none of it

    return f"digits, recipe {RECIPE}, scikit-learn {version('scikit-learn')}, numpy {np.__version__}"


def make_digits() -> Arrays:
    """The data set in MNIST's shape. Takes about a second."""
    from sklearn.datasets import load_digits

    content = load_digits()
    images = content.images.astype(np.int64)  # (1797, 8, 8), 0 … 16
    labels = content.target.astype(np.uint8)
    random = np.random.Generator(np.random.PCG64(SEED))
    train, test = split(labels, N_TEST / (N_TRAIN + N_TEST), random)
    train_images, train_labels = varied(images[train], labels[train], N_TRAIN, random)
    test_images, test_labels = varied(images[test], labels[test], N_TEST, random)
    return Arrays(train_images, train_labels, test_images, test_labels)


def split(labels: Bytes, test_share: float, random: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The indices of the originals for training and for test: the same share of every class, in random order."""
    train, test = [], []
    for digit in np.unique(labels):
        members = random.permutation(np.flatnonzero(labels == digit))
        n_test = round(test_share * len(members))
        test.append(members[:n_test])
        train.append(members[n_test:])
    return random.permutation(np.concatenate(train)), random.permutation(np.concatenate(test))


def varied(images: NDArray[np.int64], labels: Bytes, n: int, random: np.random.Generator) -> tuple[Bytes, Bytes]:
    """n images (n, 784) and their labels (n,): every original equally often, never twice with the same shift."""
    places = [(down, right) for down in SHIFTS for right in SHIFTS]
    original = random.permutation(np.arange(n) % len(images))
    use = _nth_use(original)
    place = random.permuted(np.tile(np.arange(len(places)), (len(images), 1)), axis=1)[original, use]
    enlarged = np.empty((n, SIDE, SIDE), np.uint8)
    for index, (down, right) in enumerate(places):
        chosen = place == index
        enlarged[chosen] = enlarge(images[original[chosen]], down, right)
    return enlarged.reshape(n, -1), labels[original]


def _nth_use(original: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each entry, how often the same number came before it."""
    by_original = np.argsort(original, kind="stable")
    starts = np.searchsorted(original[by_original], original[by_original])
    use = np.empty_like(original)
    use[by_original] = np.arange(len(original)) - starts
    return use


def enlarge(images: NDArray[np.int64], down: int, right: int) -> Bytes:
    """(n, 28, 28) grey levels of (n, 8, 8) originals, shifted by half pixels.

    Bilinear interpolation, then twice the contrast about the middle grey, for edges as hard as MNIST's: 23 % of the
    pixels are not black, in MNIST 19 %; without the contrast it would be 40 %.
    """
    rows, columns = weights(down), weights(right)
    level = np.clip(2 * (rows @ images @ columns.T) - WHITE // 2, 0, WHITE)
    enlarged: Bytes = ((255 * level + WHITE // 2) // WHITE).astype(np.uint8)  # rounded, halves up
    return enlarged


def weights(shift: int) -> NDArray[np.int64]:
    """The weight of each original pixel in each enlarged one, in tenths, shape (28, 8).

    The centre of enlarged pixel i lies at (i − 4 − shift/2 + ½)·8/20 − ½ on the original's grid: a whole
    number of tenths, because a pixel of the box is 4/10 of an original one.
    """
    margin = (SIDE - BOX) // 2
    place = 4 * (np.arange(SIDE, dtype=np.int64) - margin) - 2 * shift - 3
    distance = np.abs(place[:, None] - 10 * np.arange(ORIGINAL_SIDE, dtype=np.int64))
    tent: NDArray[np.int64] = np.maximum(0, 10 - distance)
    return tent
