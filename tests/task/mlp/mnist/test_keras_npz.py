"""Keras's mnist.npz: the same arrays, or a sentence; no memory for what a header promises."""

import io
import zipfile

import numpy as np
import pytest
from small_mnist import ARRAYS, PARTS, assert_same, peak_bytes, write_npz

from paragone.errors import DataUnusable
from paragone.task.mlp.mnist.keras_npz import MOST_BYTES, read_npz


def read(path):
    return read_npz((path,), PARTS)


def test_an_npz_in_fortran_order_gives_the_same_arrays(tmp_path):
    x_train = np.asfortranarray(ARRAYS.train_images.reshape(-1, 28, 28))

    assert_same(read(write_npz(tmp_path / "mnist.npz", x_train=x_train)))


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.dtype(">i4"), np.int16])
def test_labels_and_images_of_another_whole_number_are_the_same_content(tmp_path, dtype):
    wide = {
        "y_train": ARRAYS.train_labels.astype(dtype),
        "x_test": ARRAYS.test_images.reshape(-1, 28, 28).astype(dtype),
    }

    assert_same(read(write_npz(tmp_path / "mnist.npz", **wide)))


@pytest.mark.parametrize("label", [-1, 256 + 3, 2**40])
def test_a_label_that_would_wrap_round_to_another_is_refused(tmp_path, label):
    y_train = ARRAYS.train_labels.astype(np.int64)
    y_train[3] = label

    with pytest.raises(DataUnusable, match=r"expected whole numbers from 0 to 255"):
        read(write_npz(tmp_path / "mnist.npz", y_train=y_train))


def npy_header(shape):
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "|u1", "fortran_order": False, "shape": shape})
    return stream.getvalue()


@pytest.mark.parametrize("content", [npy_header((2**30, 32, 32)), npy_header((60, 28, 28)) + bytes(30_000_000)])
def test_an_npz_that_promises_or_holds_far_more_costs_no_memory(tmp_path, content):
    path = tmp_path / "mnist.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x_train.npy", content)
    del content

    assert peak_bytes(lambda: read(path)) < 1_000_000


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"\x93NUMPY\x01\0\xff\xff{", b"\x93NUMPY\x01\0\x10\x27" + b"-" * 9999 + b"1"]
)
def test_an_array_of_an_npz_that_is_not_npy_is_damaged(tmp_path, content):
    path = tmp_path / "mnist.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x_train.npy", content)

    with pytest.raises(DataUnusable, match=r"mnist\.npz: x_train: damaged: not the header of an array"):
        read(path)


def test_an_npz_in_a_compression_that_unpacks_without_bounds_is_refused(tmp_path):
    path = tmp_path / "mnist.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("x_train.npy", npy_header((60, 28, 28)))

    with pytest.raises(DataUnusable, match=r"another compression"):
        read(path)


def test_an_archive_far_larger_than_mnist_is_refused_unread(tmp_path):
    path = tmp_path / "mnist.npz"
    with path.open("wb") as file:
        file.truncate(MOST_BYTES + 1)

    with pytest.raises(DataUnusable, match=r"expected an archive of at most 64,000,000 bytes, got 64,000,001"):
        read(path)


@pytest.mark.parametrize("share", [0.01, 0.5, 0.999])
def test_a_truncated_npz_is_damaged(tmp_path, share):
    path = write_npz(tmp_path / "mnist.npz")
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])

    with pytest.raises(DataUnusable, match=r"mnist\.npz: damaged"):
        read(path)


def test_an_npz_without_one_of_the_arrays_names_it(tmp_path):
    np.savez(tmp_path / "mnist.npz", x_train=ARRAYS.train_images, other=ARRAYS.train_labels)

    with pytest.raises(DataUnusable, match=r"y_train: there is no such array. Expected x_train.*; got x_train, other"):
        read(tmp_path / "mnist.npz")


def test_an_npz_with_train_and_test_swapped_is_recognised(tmp_path):
    write_npz(tmp_path / "mnist.npz", x_train=ARRAYS.test_images.reshape(-1, 28, 28))

    with pytest.raises(DataUnusable, match=r"x_train: expected train_images.*sizes of test_images: were they swapped"):
        read(tmp_path / "mnist.npz")


def test_an_npz_with_pickled_objects_is_not_unpickled(tmp_path):
    write_npz(tmp_path / "mnist.npz", x_train=np.array([{"an": "object"}], dtype=object))

    with pytest.raises(DataUnusable, match=r"x_train: expected train_images, 60 × 28 × 28 uint8; got 1 object"):
        read(tmp_path / "mnist.npz")


def test_an_altered_byte_in_an_npz_is_noticed(tmp_path):
    y_test = ARRAYS.test_labels.copy()
    y_test[0] = (y_test[0] + 1) % 10
    write_npz(tmp_path / "mnist.npz", y_test=y_test)

    with pytest.raises(DataUnusable, match=r"y_test: altered: expected the content of MNIST's t10k-labels-idx1-ubyte"):
        read(tmp_path / "mnist.npz")
