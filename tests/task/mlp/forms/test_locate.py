"""Data sets on disk: every form becomes the same arrays, and every kind of damage a sentence."""

import gzip
import os
import warnings

import numpy as np
import pytest
from small_mnist import (
    ARRAYS,
    assert_same,
    python_2_pickle,
    three_pairs,
    write_idx,
    write_npz,
)

from paragone.errors import DataUnusable
from paragone.task.mlp.forms.content import checked_set
from paragone.task.mlp.forms.locate import locate


def read(path):
    return checked_set(locate(path).read())[0]


@pytest.mark.parametrize("compressed", [True, False], ids=["gz", "plain"])
@pytest.mark.parametrize("dotted", [True, False], ids=["dotted", "dashed"])
def test_idx_files_are_read_under_all_their_names(tmp_path, compressed, dotted):
    assert_same(read(write_idx(tmp_path, compressed, dotted)))


def test_keras_npz_is_read_as_a_file_and_in_a_folder(tmp_path):
    path = write_npz(tmp_path / "mnist.npz")

    assert_same(read(path))
    assert_same(read(tmp_path))


def test_nielsens_pickle_is_read_as_a_file_and_in_a_folder_compressed_or_not(tmp_path):
    content = python_2_pickle(three_pairs())
    (tmp_path / "mnist.pkl.gz").write_bytes(gzip.compress(content))
    (tmp_path / "plain").write_bytes(content)

    assert_same(read(tmp_path / "mnist.pkl.gz"))
    assert_same(read(tmp_path))
    assert_same(read(tmp_path / "plain"))


@pytest.mark.parametrize("below", ["mnist", "raw", "MNIST/raw"])
def test_a_folder_one_level_below_is_found(tmp_path, below):
    write_idx(tmp_path / below)

    assert_same(read(tmp_path))


def test_a_complete_form_is_preferred_to_a_few_idx_files(tmp_path):
    (write_idx(tmp_path) / "t10k-labels-idx1-ubyte.gz").unlink()
    write_npz(tmp_path / "mnist.npz")

    assert_same(read(tmp_path))


def test_a_missing_idx_file_is_named(tmp_path):
    (write_idx(tmp_path) / "t10k-labels-idx1-ubyte.gz").unlink()

    with pytest.raises(DataUnusable, match=r"but not t10k-labels-idx1-ubyte"):
        locate(tmp_path)


def test_a_folder_without_data_says_what_was_expected(tmp_path):
    with pytest.raises(
        DataUnusable, match=r"no images with labels in this folder.*train-images-idx3-ubyte.*mnist\.npz.*mnist\.pkl\.gz"
    ):
        locate(tmp_path)


def test_a_path_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataUnusable, match=r"nowhere: there is no such file or folder"):
        locate(tmp_path / "nowhere")


def test_a_pipe_is_not_opened(tmp_path):
    """Opening it would wait for a writer for ever."""
    os.mkfifo(tmp_path / "train-images-idx3-ubyte")

    with pytest.raises(DataUnusable, match=r"no images with labels"):
        locate(tmp_path)


def test_a_file_that_says_its_part_stands_for_its_set(tmp_path):
    write_idx(tmp_path)

    assert_same(read(tmp_path / "t10k-labels-idx1-ubyte.gz"))


def test_a_set_in_capital_letters_is_found(tmp_path):
    for path in write_idx(tmp_path).iterdir():
        path.rename(path.with_name(path.name.upper()))

    assert_same(checked_set(locate(tmp_path).read())[0])


def test_a_folder_of_two_sets_asks_for_one_and_takes_it(tmp_path):
    """EMNIST's folder holds six."""
    for prefix in ("emnist-letters-", "emnist-balanced-"):
        for name in write_idx(tmp_path / prefix).iterdir():
            name.rename(tmp_path / f"{prefix}{name.name.replace('t10k', 'test')}")

    with pytest.raises(
        DataUnusable, match=r"holds 2 data sets: name one by a file of it: emnist-balanced-train-images"
    ):
        locate(tmp_path)
    assert locate(tmp_path / "emnist-letters-train-images-idx3-ubyte.gz").name == "emnist-letters"


@pytest.mark.parametrize(("content", "start"), [(b"", "nothing"), (b"hello", "68656c6c")])
def test_a_file_of_another_kind_is_refused_by_its_first_bytes(tmp_path, content, start):
    path = tmp_path / "mnist.npz"
    path.write_bytes(content)

    with pytest.raises(DataUnusable, match=f"starts with {start}"):
        read(path)


@pytest.mark.parametrize("share", [0, 0.0002, 0.01, 0.5, 0.999])
@pytest.mark.parametrize("compressed", [True, False], ids=["gz", "plain"])
def test_a_truncated_idx_file_is_named(tmp_path, compressed, share):
    name = "train-images-idx3-ubyte" + (".gz" if compressed else "")
    path = write_idx(tmp_path, compressed) / name
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])

    with pytest.raises(DataUnusable, match=f"{name}: (damaged|truncated|expected an IDX file)"):
        read(tmp_path)


def test_a_gz_file_damaged_in_the_middle_is_named(tmp_path):
    path = write_idx(tmp_path) / "train-images-idx3-ubyte.gz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)

    with pytest.raises(DataUnusable, match=r"train-images-idx3-ubyte\.gz: damaged"):
        read(tmp_path)


def test_bytes_behind_the_content_are_refused(tmp_path):
    path = write_idx(tmp_path, compressed=False) / "t10k-labels-idx1-ubyte"
    path.write_bytes(path.read_bytes() + b"\0")

    with pytest.raises(
        DataUnusable, match=r"t10k-labels-idx1-ubyte: expected 20 bytes of content, as its header says, got more"
    ):
        read(tmp_path)


def test_any_flipped_byte_of_any_form_is_noticed_or_harmless(tmp_path):
    """Damage anywhere ends in arrays or in DataUnusable, never in another error; where packed, in no other images."""
    write_npz(tmp_path / "mnist.npz")
    (tmp_path / "mnist.pkl.gz").write_bytes(gzip.compress(python_2_pickle(three_pairs())))
    (tmp_path / "plain.pkl").write_bytes(python_2_pickle(three_pairs()))
    random = np.random.Generator(np.random.PCG64(2))
    n_noticed = 0
    for name in ("mnist.npz", "mnist.pkl.gz", "plain.pkl"):
        whole = (tmp_path / name).read_bytes()
        # The first 300 bytes are headers, where most can go wrong.
        for place in [*range(0, 300, 3), *random.integers(0, len(whole), 60), *range(len(whole) - 300, len(whole), 5)]:
            content = bytearray(whole)
            content[place] ^= 1 << int(random.integers(8))
            (tmp_path / "damaged").write_bytes(content)
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # zipfile and numpy may wonder aloud
                    arrays = read(tmp_path / "damaged")
            except DataUnusable:
                n_noticed += 1
            else:
                n = len(arrays.train_images)  # fewer where the archive's directory has lost the test part
                if name != "plain.pkl":  # in which a pixel is as good as another
                    np.testing.assert_array_equal(arrays.train_images, ARRAYS.train_images[:n])

    assert n_noticed > 200


def test_a_pipe_is_no_missing_file(tmp_path):
    os.mkfifo(tmp_path / "data")

    with pytest.raises(DataUnusable, match="neither a file nor a folder, but a pipe"):
        locate(tmp_path / "data")
