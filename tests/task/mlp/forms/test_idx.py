"""IDX: every kind of damage is a sentence, and no header costs memory by what it promises."""

import contextlib
import gzip
import io
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_mnist import ARRAYS, idx_content, peak_bytes, write_idx

from paragone.errors import DataUnusable
from paragone.task.mlp.forms.content import checked_set
from paragone.task.mlp.forms.idx import read_idx
from paragone.task.mlp.forms.locate import locate


def test_images_and_labels_swapped_are_refused(tmp_path):
    write_idx(tmp_path, compressed=False)
    images, labels = (tmp_path / f"train-{name}-ubyte" for name in ("images-idx3", "labels-idx1"))
    (first, second) = images.read_bytes(), labels.read_bytes()
    images.write_bytes(second)
    labels.write_bytes(first)

    with pytest.raises(DataUnusable, match=r"train-images-idx3-ubyte: expected images as numbers.*; got 60 uint8"):
        checked_set(locate(tmp_path).read())


def test_a_file_that_is_no_idx_file_is_told_by_its_first_bytes():
    with pytest.raises(DataUnusable, match=r"here: expected an IDX file, got one that starts with 00010803"):
        read_idx(io.BytesIO(b"\0\1\x08\x03" + bytes(100)), "here")


@pytest.mark.parametrize(("kind", "dtype"), [(8, "u1"), (9, "i1"), (11, ">i2"), (12, ">i4"), (13, ">f4"), (14, ">f8")])
def test_numbers_of_every_kind_of_the_format_are_read(kind, dtype):
    content = struct.pack(">BBBBI", 0, 0, kind, 1, 3) + np.array([1, 2, 3], dtype).tobytes()

    assert read_idx(io.BytesIO(content), "here").tolist() == [1, 2, 3]


@pytest.mark.parametrize("compressed", [True, False], ids=["gz", "plain"])
def test_a_header_that_promises_2_to_the_40_images_costs_no_memory(compressed):
    content = struct.pack(">IIII", 2051, 2**30, 2**5, 2**5) + bytes(1000)
    file = io.BytesIO(gzip.compress(content) if compressed else content)

    assert peak_bytes(lambda: read_idx(file, "here")) < 1_000_000


@pytest.mark.parametrize("compressed", [True, False], ids=["gz", "plain"])
def test_a_header_that_promises_as_much_as_is_allowed_costs_what_is_there(compressed):
    content = struct.pack(">IIII", 2051, 2**20, 2**5, 2**5) + bytes(1000)
    file = io.BytesIO(gzip.compress(content) if compressed else content)

    assert peak_bytes(lambda: read_idx(file, "here")) < 4_000_000


def test_a_gz_file_that_unpacks_into_far_more_costs_no_memory():
    file = io.BytesIO(gzip.compress(idx_content(ARRAYS.train_images) + bytes(30_000_000)))

    assert peak_bytes(lambda: read_idx(file, "here")) < 1_000_000


@given(st.data())
def test_an_idx_file_changed_anywhere_gives_an_array_or_a_sentence(data):
    content = bytearray(idx_content(ARRAYS[1]))
    if data.draw(st.booleans(), label="compressed"):
        content = bytearray(gzip.compress(bytes(content)))
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1) | st.integers(0, 9))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.just(len(content)) | st.integers(0, len(content)))
    with contextlib.suppress(DataUnusable):
        assert read_idx(io.BytesIO(bytes(content[:cut])), "labels").ndim


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
    with pytest.raises(DataUnusable, match=like):
        read_idx(io.BytesIO(gzip.compress(start)), "x")
