"""The embedded digits: MNIST's shape, real originals, train and test apart, the same bytes everywhere."""

import numpy as np
import pytest

from paragone.task.mlp.mnist import digits
from paragone.task.mlp.mnist.parts import content_sha256


@pytest.fixture(scope="module")
def arrays():
    return digits.make_digits()


def test_the_digits_have_the_shape_of_mnist(arrays):
    assert [(array.shape, array.dtype) for array in arrays] == [
        ((60_000, 784), np.uint8),
        ((60_000,), np.uint8),
        ((10_000, 784), np.uint8),
        ((10_000,), np.uint8),
    ]


def test_the_digits_are_the_same_bytes_on_every_machine(arrays):
    """A new hash means other data: raise RECIPE, and METHOD_VERSION, because every number moves."""
    assert content_sha256(arrays) == "12c57df63c86bec6f091314e33e89263b978405c7fe88e5a1906029e0944b19f"


def test_no_image_is_both_in_training_and_in_test_and_none_twice(arrays):
    train = {image.tobytes() for image in arrays.train_images}
    test = {image.tobytes() for image in arrays.test_images}

    assert (len(train), len(test), len(train & test)) == (60_000, 10_000, 0)


def test_training_and_test_come_from_different_originals():
    labels = np.repeat(np.arange(10, dtype=np.uint8), 21)

    train, test = digits.split(labels, 1 / 7, np.random.Generator(np.random.PCG64(1)))

    assert sorted([*train, *test]) == list(range(210))
    assert np.bincount(labels[test]).tolist() == [3] * 10


def test_classes_are_as_frequent_as_among_the_originals(arrays):
    from sklearn.datasets import load_digits

    expected = np.bincount(load_digits().target) / 1797

    np.testing.assert_allclose(np.bincount(arrays.train_labels) / 60_000, expected, atol=0.003)
    np.testing.assert_allclose(np.bincount(arrays.test_labels) / 10_000, expected, atol=0.003)


def test_each_digit_lies_in_the_middle_with_a_black_margin_at_every_shift(arrays):
    largest = arrays.train_images.max(axis=0).reshape(28, 28)

    assert not largest[:2].any()
    assert not largest[-2:].any()
    assert not largest[:, :2].any()
    assert not largest[:, -2:].any()
    assert largest[9:19, 9:19].min() == 255


def test_an_image_without_shift_is_symmetric_where_its_original_is():
    original = np.zeros((1, 8, 8), np.int64)
    original[0, 2:6, 3:5] = 16

    enlarged = digits.enlarge(original, 0, 0)[0]

    np.testing.assert_array_equal(enlarged, enlarged[::-1, ::-1])
    np.testing.assert_array_equal(np.flatnonzero(enlarged.max(axis=1) > 127), np.arange(9, 19))


def test_a_shift_of_two_halves_moves_the_image_by_one_pixel():
    original = np.random.Generator(np.random.PCG64(1)).integers(0, 17, (1, 8, 8))

    np.testing.assert_array_equal(
        digits.enlarge(original, 2, 0)[0, 1:], digits.enlarge(original, 0, 0)[0, :-1], strict=True
    )
    np.testing.assert_array_equal(digits.enlarge(original, -3, 2)[0, :, 1:], digits.enlarge(original, -3, 0)[0, :, :-1])


def test_the_weights_of_a_pixel_inside_add_up_to_one():
    assert digits.weights(0)[6:22].sum(axis=1).tolist() == [10] * 16


def test_every_original_is_used_equally_often_and_never_at_the_same_place_twice():
    originals = np.zeros((3, 8, 8), np.int64)
    originals[:, 3:5, 3:5] = np.array([10, 13, 16])[:, None, None]
    labels = np.array([1, 2, 3], np.uint8)

    images, of = digits.varied(originals, labels, 147, np.random.Generator(np.random.PCG64(1)))

    assert np.bincount(of).tolist() == [0, 49, 49, 49]
    assert len({image.tobytes() for image in images}) == 147
