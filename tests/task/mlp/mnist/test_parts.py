"""The four files of MNIST, by shape and by hash."""

import hashlib

import numpy as np
import pytest
from small_mnist import ARRAYS, PARTS, idx_content

from paragone.errors import DataUnusable
from paragone.task.mlp.mnist.parts import MNIST, checked, content_sha256


@pytest.mark.parametrize(
    ("part", "array"), list(zip(PARTS, ARRAYS, strict=True)), ids=lambda value: getattr(value, "name", "")
)
def test_a_header_and_the_content_together_are_the_idx_file(part, array):
    assert idx_content(array) == part.header + array.tobytes()


def test_the_header_of_mnist_carries_the_magic_numbers_of_the_format():
    assert [int.from_bytes(part.header[:4], "big") for part in MNIST] == [2051, 2049, 2051, 2049]


def test_the_content_hash_runs_over_the_four_arrays_one_after_the_other():
    expected = hashlib.sha256(b"".join(array.tobytes() for array in ARRAYS)).hexdigest()

    assert content_sha256(ARRAYS) == expected


def test_the_content_hash_does_not_depend_on_the_memory_order():
    assert content_sha256(ARRAYS._replace(train_images=np.asfortranarray(ARRAYS.train_images))) == content_sha256(
        ARRAYS
    )


def test_a_part_comes_back_flat():
    images = ARRAYS.train_images.reshape(-1, 28, 28)

    np.testing.assert_array_equal(checked(PARTS[0], images, "here"), ARRAYS.train_images)


def test_one_altered_bit_names_the_file_and_both_hashes():
    altered = ARRAYS.test_images.reshape(-1, 28, 28).copy()
    altered[3, 10, 10] ^= 1

    with pytest.raises(DataUnusable, match=rf"here: altered.*t10k-images.*{PARTS[2].sha256}, got [0-9a-f]{{64}}"):
        checked(PARTS[2], altered, "here")


def test_another_shape_or_dtype_is_refused():
    with pytest.raises(DataUnusable, match=r"expected train_images, 60 × 28 × 28 uint8; got 20 × 784"):
        checked(PARTS[0], ARRAYS.test_images, "here")
    with pytest.raises(DataUnusable, match=r"got 60 int64"):
        checked(PARTS[1], ARRAYS.train_labels.astype(np.int64), "here")
