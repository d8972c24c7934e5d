"""Nielsen's pickle: the arrays, or a sentence; nothing else that it asks for is called, and its memory is bounded."""

import contextlib
import gzip
import io
import os
import pickle
import resource
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_mnist import assert_same, peak_bytes, python_2_pickle, three_pairs

from paragone.errors import DataUnusable
from paragone.task.mlp.forms.content import checked_set
from paragone.task.mlp.forms.first_bytes import uncompressed
from paragone.task.mlp.forms.locate import locate
from paragone.task.mlp.forms.nielsen_pickle import read_pickle
from paragone.task.mlp.mnist.parts import MNIST_SHA256, content_sha256

LIMIT = 5_000_000  # bytes that a pickle may unpack into


def read(content):
    return checked_set(read_pickle(io.BytesIO(content), "mnist.pkl.gz", LIMIT))[0]


def changed_pairs(place, array):
    pairs = [list(pair) for pair in three_pairs()]
    pairs[place][0] = array
    return tuple(tuple(pair) for pair in pairs)


def test_the_pickle_of_python_2_is_read_by_pickle_itself():
    """The opcodes that small_mnist writes by hand are a pickle, and mean these arrays."""
    pairs = pickle.loads(python_2_pickle(three_pairs()), encoding="latin1")

    for pair, expected_pair in zip(pairs, three_pairs(), strict=True):
        for array, expected in zip(pair, expected_pair, strict=True):
            np.testing.assert_array_equal(array, expected, strict=True)


def test_the_pickle_of_python_2_is_read():
    assert_same(read(python_2_pickle(three_pairs())))


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_the_pickle_that_python_3_writes_is_read(protocol):
    assert_same(read(pickle.dumps(three_pairs(), protocol=protocol)))


@pytest.mark.parametrize("opcode", [pickle.FRAME, pickle.BYTEARRAY8, pickle.BINBYTES8])
def test_a_size_of_the_newer_protocols_that_the_file_does_not_hold_costs_no_memory(opcode):
    bomb = pickle.PROTO + b"\x05" + opcode + (2**36).to_bytes(8, "little") + b"abc" + pickle.STOP

    with pytest.raises(DataUnusable):
        read(bomb)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 8 * 2**20


def test_opcodes_within_a_frame_are_counted():
    memoized = pickle.MEMOIZE * 100_000
    frame = pickle.FRAME + (len(memoized) + 2).to_bytes(8, "little")

    with pytest.raises(DataUnusable, match="many more opcodes"):
        read(pickle.PROTO + b"\x04" + frame + pickle.NONE + memoized + pickle.STOP)


def test_images_in_fortran_order_and_float64_and_big_endian_are_read():
    images = np.asfortranarray(three_pairs()[0][0]).astype(">f8", order="F")

    assert_same(read(pickle.dumps(changed_pairs(0, images), protocol=2)))


class Bomb:
    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def test_a_pickle_that_runs_a_command_is_refused_and_runs_nothing(tmp_path):
    content = pickle.dumps(Bomb(os.system, f"touch {tmp_path / 'executed'}"), protocol=2)

    with pytest.raises(
        DataUnusable, match=r"nothing of it was executed: it asks for 'posix.system'; NumPy arrays need"
    ):
        read(content)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("protocol", range(6))
def test_a_command_is_refused_in_every_protocol(tmp_path, protocol):
    with pytest.raises(DataUnusable, match=r"refused|damaged"):
        read(pickle.dumps(Bomb(os.system, f"touch {tmp_path / 'executed'}"), protocol=protocol))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name",
    [
        "builtins\neval",
        "numpy\nload",
        "numpy.core.multiarray\nfromfile",
        "numpy\ndtype.newbyteorder",
        "_codecs\ndecode",
    ],
)
def test_every_other_name_is_refused(name):
    with pytest.raises(DataUnusable, match=r"refused.*it asks for"):
        read(b"\x80\x02c" + name.encode() + b"\n)R.")


@pytest.mark.parametrize("opcodes", [b"]", b"}", b"\x8f", b"\x82\x01"])
def test_lists_dicts_sets_and_registered_extensions_are_refused(opcodes):
    with pytest.raises(DataUnusable, match=r"refused.*an opcode that NumPy arrays in tuples do not need"):
        read(b"\x80\x02" + opcodes + b".")


def test_an_object_array_is_refused():
    content = pickle.dumps(changed_pairs(0, np.array([[Bomb(print, "executed")]], dtype=object)), protocol=2)

    with pytest.raises(DataUnusable, match=r"refused"):
        read(content)


def test_encoding_in_another_codec_is_refused():
    with pytest.raises(DataUnusable, match=r"calls _codecs.encode for something else"):
        read(b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aX\x03\x00\x00\x00hex\x86R.")


BOMBS = {
    "a memo table of 2^31 entries": b"\x80\x02Nr\xff\xff\xff\x7f.",
    "a text of 2^31 bytes": b"\x80\x02T\xff\xff\xff\x7f.",
    "a text of 2^62 bytes": b"\x80\x04\x8d" + struct.pack("<Q", 2**62) + b".",
    "bytes of 2^62": b"\x80\x04\x8e" + struct.pack("<Q", 2**62) + b".",
    "a million opcodes": b"\x80\x02" + b"N" * 1_000_000 + b".",
    "a name without an end": gzip.compress(b"\x80\x02c" + b"n" * 30_000_000),
    "an array of 2^40 images": b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n"
    + b"\x8a\x06\0\0\0\0\0\x01\x85U\x01b\x87R.",
    "tuples of tuples, 2^60 in all": b"\x80\x02N" + b"q\x00h\x00\x86" * 60 + b".",
    "a great many bytes in a gz": gzip.compress(b"\x80\x02T\xff\xff\xff\x7f" + bytes(30_000_000)),
}


@pytest.mark.parametrize("content", BOMBS.values(), ids=BOMBS)
def test_a_pickle_bomb_costs_no_memory(content):
    assert peak_bytes(lambda: read_pickle(uncompressed(io.BytesIO(content)), "here", 2_000_000)) < 6_000_000


@pytest.mark.parametrize("share", [0, 0.001, 0.3, 0.9, 0.9999])
def test_a_pickle_cut_short_is_damaged(share):
    content = python_2_pickle(three_pairs())

    with pytest.raises(DataUnusable, match=r"mnist\.pkl\.gz: damaged"):
        read(content[: int(share * len(content))])


@pytest.mark.parametrize("content", [b"\x80\x02h\x05.", b"\x80\x02R.", b"\x80\x02t.", b"\x80\x02q\x00."])
def test_a_pickle_that_pops_an_empty_stack_is_damaged(content):
    with pytest.raises(DataUnusable, match=r"damaged"):
        read(content)


@pytest.mark.parametrize("pixel", [np.nan, np.inf, -1, 1.0, 1e38])
def test_pixels_outside_of_the_grey_levels_are_refused(pixel):
    images = three_pairs()[0][0].copy()
    images[0, 0] = pixel

    with pytest.raises(DataUnusable, match=r"pixels p/256"):
        read(python_2_pickle(changed_pairs(0, images)))


def test_bytes_behind_the_pickle_are_refused():
    with pytest.raises(DataUnusable, match=r"expected nothing behind the pickle"):
        read(python_2_pickle(three_pairs()) + b"x")


def test_images_of_two_sizes_are_refused():
    with pytest.raises(DataUnusable, match=r"expected images of one size, got 50 × 784"):
        read(python_2_pickle(changed_pairs(1, np.zeros((10, 25), np.float32))))


def test_a_pickle_of_more_images_than_mnist_is_read():
    """Nielsen's mnist_expanded.pkl.gz has 250,000 to train."""
    train, valid, test = three_pairs()
    more = tuple(np.concatenate([array, array]) for array in train)

    assert len(read(python_2_pickle((more, valid, test))).train_images) == 110


def test_a_pickle_of_something_else_says_what_was_expected():
    with pytest.raises(DataUnusable, match=r"expected \(\(train_x, train_y\)"):
        read(pickle.dumps((1, 2, 3), protocol=2))


@pytest.mark.skipif(os.environ.get("PARAGONE_DATA", "digits") == "digits", reason="PARAGONE_DATA does not name MNIST")
def test_the_real_mnist_as_nielsens_pickle_is_the_real_mnist():
    (x, y, test_x, test_y), _ = checked_set(locate(Path(os.environ["PARAGONE_DATA"])).read())
    x, test_x = (images.astype(np.float32) / 256 for images in (x, test_x))
    y, test_y = y.astype(np.int64), test_y.astype(np.int64)
    content = python_2_pickle(((x[:50_000], y[:50_000]), (x[50_000:], y[50_000:]), (test_x, test_y)))

    found = checked_set(read_pickle(io.BytesIO(content), "here", 2 * len(content)))[0]

    assert content_sha256(found) == MNIST_SHA256


def test_a_text_encoded_again_and_again_takes_its_memory_once():
    """200 kB of text, 600 times: each time two opcodes take it from the memo and call _codecs.encode."""
    text = b"x" * 200_000
    once = b"h\x02h\x03R"
    begin = b"\x80\x02X" + struct.pack("<I", len(text)) + text + b"q\x00X\x06\x00\x00\x00latin1q\x01\x86q\x03"
    begin += b"c_codecs\nencode\nq\x02"

    assert peak_bytes(lambda: read(begin + 600 * once + b".")) < 20_000_000


def test_arrays_of_one_content_take_its_memory_once():
    """200 kB of text in one state that is given to 600 arrays."""
    size = struct.pack("<i", 200_000)
    dtype = b"cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNK\x00K\x00K\x00tb"
    state = b"(K\x01J" + size + b"\x85" + dtype + b"\x89T" + size + b"x" * 200_000 + b"tq\x00"
    array = b"cnumpy.core.multiarray\n_reconstruct\n)Rh\x00b"

    assert peak_bytes(lambda: read(b"\x80\x02" + state + 600 * array + b".")) < 20_000_000


@given(st.data())
def test_any_change_of_a_byte_gives_the_arrays_or_a_sentence(data):
    content = bytearray(python_2_pickle(three_pairs()))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1) | st.integers(0, 300))
        content[place] = data.draw(st.integers(0, 255))
    with contextlib.suppress(DataUnusable):
        read(bytes(content))


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_in_a_sentence(content):
    with pytest.raises(DataUnusable, match=r"^mnist\.pkl\.gz: "):
        read(b"\x80\x02" + content)
