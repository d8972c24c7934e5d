"""What a reader found becomes grey levels and labels from 0 on, or a sentence that names the place."""

import numpy as np
import pytest
from small_mnist import ARRAYS

from paragone.errors import DataUnusable
from paragone.task.mlp.forms.content import Found, Pair, checked_set

IMAGES, LABELS = ARRAYS.train_images, ARRAYS.train_labels
TEST = Pair(ARRAYS.test_images, ARRAYS.test_labels, "test", "test labels")


def checked(images=IMAGES, labels=LABELS, test=TEST):
    return checked_set(Found(Pair(np.asarray(images), np.asarray(labels), "images", "labels"), test))


@pytest.mark.parametrize(
    "images",
    [
        IMAGES.reshape(60, 28, 28),
        IMAGES.reshape(60, 28, 28, 1),
        IMAGES.reshape(60, 1, 28, 28),
        IMAGES.astype(np.int64),
        IMAGES.astype(np.float32),
        (IMAGES / 255).astype(np.float32),
        IMAGES / 255,
        (IMAGES / 255).astype(np.float16),
        np.round(IMAGES / 255, 3),
    ],
    ids=[
        "2-D", "channel last", "channel first", "int64", "float32",
        "p/255 in float32", "p/255 in float64", "p/255 in float16", "p/255 with three decimals",
    ],
)  # fmt: skip
def test_images_of_every_shape_and_kind_are_the_same_grey_levels(images):
    (found, *_), remarks = checked(images)

    np.testing.assert_array_equal(IMAGES, found, strict=True)
    assert remarks == ()


def test_what_is_true_is_white():
    (found, *_), _ = checked(IMAGES > 127)

    np.testing.assert_array_equal(np.where(IMAGES > 127, 255, 0), found)


def test_test_images_whose_rows_and_columns_are_exchanged_are_refused():
    test = TEST._replace(images=np.zeros((len(TEST.labels), 28, 56), np.uint8))
    with pytest.raises(
        DataUnusable, match=r"test: expected images of 56 × 28 pixels, as those for training; got 28 × "
    ):
        checked(images=np.zeros((60, 56, 28), np.uint8), test=test)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("scale", [1, 255])
def test_a_pixel_that_is_not_finite_is_named_with_its_place(value, scale):
    images = IMAGES / scale
    images[3, 7] = value
    with pytest.raises(DataUnusable, match=rf"images: image 3, pixel 7: .*; got {value}"):
        checked(images=images)


def test_images_need_not_be_square_or_of_28_pixels():
    (found, *_), _ = checked(np.zeros((60, 3, 5), np.uint8), test=None)

    assert found.shape == (50, 15)


@pytest.mark.parametrize("labels", [LABELS.reshape(60, 1), LABELS.astype(np.float64), LABELS.astype(">i4")])
def test_labels_of_every_kind_are_the_same_bytes(labels):
    np.testing.assert_array_equal(LABELS, checked(labels=labels)[0].train_labels, strict=True)


def test_labels_from_1_on_begin_at_0_and_it_is_said():
    """EMNIST's letters."""
    test = TEST._replace(labels=TEST.labels + np.uint8(1))
    arrays, remarks = checked(labels=LABELS + np.uint8(1), test=test)

    np.testing.assert_array_equal(LABELS, arrays.train_labels)
    assert remarks == ("the labels 1 … 10 became 0 … 9",)


def test_without_a_test_part_the_last_sixth_is_held_out_and_it_is_said():
    arrays, remarks = checked(test=None)

    np.testing.assert_array_equal(IMAGES[50:], arrays.test_images)
    np.testing.assert_array_equal(LABELS[:50], arrays.train_labels)
    assert remarks == ("there is no test part: the last sixth, 10 images, is held out",)


def test_256_classes_are_read_and_257_are_not():
    labels = np.arange(60) + 196
    assert checked(labels=labels)[0].train_labels[-1] == 255

    with pytest.raises(DataUnusable, match=r"labels: expected at most 256 classes, got a label 256"):
        checked(labels=labels + 1)


def test_labels_that_are_all_the_same_are_refused():
    with pytest.raises(DataUnusable, match=r"labels: expected at least two classes, got one"):
        checked(labels=np.zeros(60), test=None)


def changed(array, place, value):
    array = np.array(array, dtype=np.float64)
    array[place] = value
    return array


@pytest.mark.parametrize(
    ("images", "labels", "words"),
    [
        (IMAGES[:59], LABELS, "labels: expected a label for each of 59 images, got 60 labels"),
        (IMAGES, changed(LABELS, 7, -1), "labels: label 7: expected a whole number from 0 on, got -1"),
        (IMAGES, changed(LABELS, 7, np.nan), "labels: label 7: expected a whole number from 0 on, got nan"),
        (IMAGES, changed(LABELS, 7, 1.5), "labels: label 7: expected a whole number from 0 on, got 1.5"),
        (IMAGES, np.array(["cat"] * 60), "labels: expected labels as whole numbers.* such as 'cat'.*factorize"),
        (
            IMAGES,
            np.eye(10)[LABELS],
            "labels: expected labels as whole numbers, one for each image; got 60 × 10.*argmax",
        ),
        (
            changed(IMAGES, (3, 5), 256),
            LABELS,
            "images: image 3, pixel 5: expected a whole grey level .*; got 256.*np.rint",
        ),
        (changed(IMAGES, (3, 5), -1), LABELS, "images: image 3, pixel 5: .*; got -1"),
        (changed(IMAGES, (3, 5), np.nan), LABELS, "images: image 3, pixel 5: .*; got nan"),
        (changed(IMAGES / 255, (3, 5), 0.1234), LABELS, "images: image 3, pixel 5: .*; got 0.1234"),
        (np.zeros((60, 32, 32, 3), np.uint8), LABELS, "expected grey images, got 60 × 32 × 32 × 3: colour is not read"),
        (IMAGES[:0], LABELS[:0], "images: expected images as numbers"),
        (IMAGES[:, :100], LABELS, "test: expected images of 100 pixels, as those for training; got 784"),
    ],
)
def test_what_is_malformed_is_told_with_its_place(images, labels, words):
    with pytest.raises(DataUnusable, match=words):
        checked(images, labels)
