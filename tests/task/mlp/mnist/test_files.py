"""MNIST on disk: every form becomes the same arrays, and every kind of damage a sentence."""

import contextlib
import gzip
import io
import os
import struct
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_mnist import (
    ARRAYS,
    PARTS,
    assert_same,
    idx_content,
    peak_bytes,
    python_2_pickle,
    three_pairs,
    write_idx,
    write_npz,
)

from paragone.errors import DataUnusable
from paragone.task.mlp.mnist.files import locate, read_idx
from paragone.task.mlp.mnist.keras_npz import read_npz
from paragone.task.mlp.mnist.parts import MNIST


def read(path):
    source = locate(path, PARTS)
    return source.read(source.files, PARTS)


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
        locate(tmp_path, PARTS)


def test_a_folder_without_data_says_what_was_expected(tmp_path):
    with pytest.raises(
        DataUnusable, match=r"no MNIST in this folder.*train-images-idx3-ubyte.*mnist\.npz.*mnist\.pkl\.gz"
    ):
        locate(tmp_path, PARTS)


def test_a_path_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataUnusable, match=r"nowhere: there is no such file or folder"):
        locate(tmp_path / "nowhere", PARTS)


def test_a_pipe_is_not_opened(tmp_path):
    """Opening it would wait for a writer for ever."""
    os.mkfifo(tmp_path / "train-images-idx3-ubyte")

    with pytest.raises(DataUnusable, match=r"no MNIST"):
        locate(tmp_path, PARTS)


def test_one_idx_file_by_itself_is_answered_with_its_folder(tmp_path):
    write_idx(tmp_path)

    with pytest.raises(DataUnusable, match=f"Give the folder that holds them: {tmp_path}$"):
        locate(tmp_path / "train-images-idx3-ubyte.gz", PARTS)


@pytest.mark.parametrize(("content", "start"), [(b"", "nothing"), (b"hello", "68656c6c")])
def test_a_file_of_another_kind_is_refused_by_its_first_bytes(tmp_path, content, start):
    path = tmp_path / "mnist.npz"
    path.write_bytes(content)

    with pytest.raises(DataUnusable, match=f"starts with {start}"):
        locate(path, PARTS)


@pytest.mark.parametrize("share", [0, 0.0002, 0.01, 0.5, 0.999])
@pytest.mark.parametrize("compressed", [True, False], ids=["gz", "plain"])
def test_a_truncated_idx_file_is_named(tmp_path, compressed, share):
    name = "train-images-idx3-ubyte" + (".gz" if compressed else "")
    path = write_idx(tmp_path, compressed) / name
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])

    with pytest.raises(DataUnusable, match=f"{name}: (damaged|truncated|expected .* got a file of)"):
        read(tmp_path)


def test_a_gz_file_damaged_in_the_middle_is_named(tmp_path):
    path = write_idx(tmp_path) / "train-images-idx3-ubyte.gz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)

    with pytest.raises(DataUnusable, match=r"train-images-idx3-ubyte\.gz: (damaged|altered)"):
        read(tmp_path)


def test_bytes_behind_the_content_are_refused(tmp_path):
    path = write_idx(tmp_path, compressed=False) / "t10k-labels-idx1-ubyte"
    path.write_bytes(path.read_bytes() + b"\0")

    with pytest.raises(DataUnusable, match=r"t10k-labels-idx1-ubyte: expected 20 bytes of content, got more"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("train-images-idx3-ubyte", "t10k-images-idx3-ubyte"),
        ("train-labels-idx1-ubyte", "t10k-labels-idx1-ubyte"),
        ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    ],
)
def test_swapped_idx_files_are_recognised(tmp_path, one, other):
    write_idx(tmp_path, compressed=False)
    first, second = (tmp_path / one).read_bytes(), (tmp_path / other).read_bytes()
    (tmp_path / one).write_bytes(second)
    (tmp_path / other).write_bytes(first)

    with pytest.raises(DataUnusable, match=f"{one}: expected {one}.*got the header of {other}: were the files swapped"):
        read(tmp_path)


def test_a_wrong_magic_number_is_said(tmp_path):
    content = b"\0\0\x0d\x03" + idx_content(ARRAYS.train_images)[4:]

    with pytest.raises(DataUnusable, match=r"magic number 2051.*got magic number 3331"):
        read_idx(io.BytesIO(content), PARTS[0], PARTS, "here")


@pytest.mark.parametrize("compressed", [True, False], ids=["gz", "plain"])
def test_a_header_that_promises_2_to_the_40_images_costs_no_memory(compressed):
    content = struct.pack(">IIII", 2051, 2**30, 2**5, 2**5) + bytes(1000)
    file = io.BytesIO(gzip.compress(content) if compressed else content)

    assert peak_bytes(lambda: read_idx(file, MNIST[0], MNIST, "here")) < 1_000_000


def test_a_gz_file_that_unpacks_into_far_more_costs_no_memory():
    file = io.BytesIO(gzip.compress(idx_content(ARRAYS.train_images) + bytes(30_000_000)))

    assert peak_bytes(lambda: read_idx(file, PARTS[0], PARTS, "here")) < 1_000_000


def test_any_flipped_byte_of_any_form_is_noticed_or_harmless(tmp_path):
    """Damage anywhere ends in the right arrays or in DataUnusable, never in another error or in other arrays."""
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
                assert_same(arrays)

    assert n_noticed > 300


# --- any damage at all ---


@given(st.data())
def test_an_idx_file_changed_anywhere_gives_its_array_or_a_sentence(data):
    content = bytearray(idx_content(ARRAYS[1]))
    if data.draw(st.booleans(), label="compressed"):
        content = bytearray(gzip.compress(bytes(content)))
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1) | st.integers(0, 9))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.just(len(content)) | st.integers(0, len(content)))
    with contextlib.suppress(DataUnusable):
        assert read_idx(io.BytesIO(bytes(content[:cut])), PARTS[1], PARTS, "labels").shape == PARTS[1].shape


@given(st.data())
def test_an_npz_file_changed_anywhere_gives_its_arrays_or_a_sentence(data):
    with tempfile.TemporaryDirectory() as folder:
        path = write_npz(Path(folder) / "mnist.npz")
        content = bytearray(path.read_bytes())
        ends = st.integers(0, 200) | st.integers(len(content) - 300, len(content) - 1)
        for _ in range(data.draw(st.integers(1, 4))):
            content[data.draw(st.integers(0, len(content) - 1) | ends)] = data.draw(st.integers(0, 255))
        path.write_bytes(content)
        with contextlib.suppress(DataUnusable):
            read_npz((path,), PARTS)


@pytest.mark.parametrize(
    ("start", "like"),
    [
        (b"<!DOCTYPE html><html>", "an HTML page"),
        (gzip.compress(b"x", mtime=0), "a gzip file within"),
        (b"\x03\x08\x00\x00" + b"\x60\xea\x00\x00" + b"\x1c\x00\x00\x00" * 2, "little-endian"),
    ],
    ids=["HTML", "gzip in gzip", "little-endian"],
)
def test_what_is_no_idx_file_is_told_as_what_it_looks_like(start, like):
    images = MNIST[0]

    with pytest.raises(DataUnusable, match=like):
        read_idx(io.BytesIO(gzip.compress(start)), images, MNIST, "x")


def test_a_pipe_is_no_missing_file(tmp_path):
    os.mkfifo(tmp_path / "data")

    with pytest.raises(DataUnusable, match="neither a file nor a folder, but a pipe"):
        locate(tmp_path / "data", MNIST)
