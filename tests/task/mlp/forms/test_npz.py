"""Keras's mnist.npz: the same arrays, or a sentence; no memory for what a header promises."""

import io
import zipfile

import numpy as np
import pytest
from small_mnist import ARRAYS, assert_same, peak_bytes, write_npz

from paragone.errors import DataUnusable
from paragone.task.mlp.forms.content import checked_set
from paragone.task.mlp.forms.first_bytes import MOST_BYTES
from paragone.task.mlp.forms.locate import locate
from paragone.task.mlp.forms.npz import read_npz_files


def read(path):
    return checked_set(read_npz_files((path,), ()))[0]


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


@pytest.mark.parametrize("label", [-1, 256 + 3, 2**30])
def test_a_label_that_would_wrap_round_to_another_is_refused(tmp_path, label):
    y_train = ARRAYS.train_labels.astype(np.int64)
    y_train[3] = label

    with pytest.raises(DataUnusable, match=r"whole number from 0 on, got -1|at most 256 classes"):
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
        archive.writestr("y_train.npy", b"")
    del content

    assert peak_bytes(lambda: read(path)) < 1_000_000


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"\x93NUMPY\x01\0\xff\xff{", b"\x93NUMPY\x01\0\x10\x27" + b"-" * 9999 + b"1"]
)
def test_an_array_of_an_npz_that_is_not_npy_is_damaged(tmp_path, content):
    path = tmp_path / "mnist.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x_train.npy", content)
        archive.writestr("y_train.npy", b"")

    with pytest.raises(DataUnusable, match=r"mnist\.npz: x_train: damaged: not the header of an array"):
        read(path)


def test_an_npz_in_a_compression_that_unpacks_without_bounds_is_refused(tmp_path):
    path = tmp_path / "mnist.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("x_train.npy", npy_header((60, 28, 28)))
        archive.writestr("y_train.npy", b"")

    with pytest.raises(DataUnusable, match=r"another compression"):
        read(path)


def test_an_archive_far_larger_than_mnist_is_refused_unread(tmp_path):
    path = tmp_path / "mnist.npz"
    with path.open("wb") as file:
        file.truncate(MOST_BYTES + 1)

    with pytest.raises(DataUnusable, match=r"expected an archive of at most 1,073,741,824 bytes, got 1,073,741,825"):
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

    with pytest.raises(DataUnusable, match=r"expected arrays called x_train, y_train; .*; got x_train, other"):
        read(tmp_path / "mnist.npz")


def test_an_npz_with_pickled_objects_is_not_unpickled(tmp_path):
    write_npz(tmp_path / "mnist.npz", x_train=np.array([{"an": "object"}], dtype=object))

    with pytest.raises(DataUnusable, match=r"x_train: expected numbers, got 1 object: nothing of it was read"):
        read(tmp_path / "mnist.npz")


@pytest.mark.parametrize(
    ("images", "labels"), [("train_images", "train_labels"), ("X_train", "Y_train"), ("images", "labels"), ("X", "y")]
)
def test_arrays_are_known_by_the_names_that_people_give_them(tmp_path, images, labels):
    np.savez(tmp_path / "set.npz", **{images: ARRAYS.train_images, labels: ARRAYS.train_labels})

    assert len(read(tmp_path / "set.npz").train_images) == 50  # the last sixth is held out


def test_an_archive_for_each_array_is_one_data_set(tmp_path):
    """KMNIST comes so."""
    names = ("train-imgs", "train-labels", "test-imgs", "test-labels")
    for name, array in zip(names, ARRAYS, strict=True):
        np.savez(tmp_path / f"kmnist-{name}.npz", array)
    source = locate(tmp_path)

    assert (source.form, source.name) == ("npz", "kmnist")
    assert_same(checked_set(source.read())[0])


def test_an_archive_for_each_part_is_one_data_set(tmp_path):
    np.savez(tmp_path / "s_train.npz", images=ARRAYS.train_images, labels=ARRAYS.train_labels)
    np.savez(tmp_path / "s_test.npz", images=ARRAYS.test_images, labels=ARRAYS.test_labels)

    assert_same(checked_set(locate(tmp_path).read())[0])


def test_arrays_for_validation_are_left_out_and_it_is_said(tmp_path):
    """MedMNIST has them."""
    path = write_npz(tmp_path / "s.npz", x_val=ARRAYS.test_images, y_val=ARRAYS.test_labels)

    assert read_npz_files((path,), ()).remarks == ("x_val and y_val are left out",)


@pytest.mark.parametrize("shape", ["(-1, 784)", "(-60, -784)"])
def test_a_header_with_a_negative_size_is_damaged(tmp_path, shape):
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    with zipfile.ZipFile(write_npz(tmp_path / "mnist.npz"), "w") as archive:
        start = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
        archive.writestr("x_train.npy", start + ARRAYS.train_images.tobytes())
        archive.writestr("y_train.npy", b"")

    with pytest.raises(DataUnusable, match=r"x_train: damaged: its header names a shape of -"):
        read(tmp_path / "mnist.npz")
