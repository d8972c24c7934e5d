"""The cache: named by content, whole or not there, read-only, mended where it is damaged."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from small_mnist import ARRAYS

from paragone.errors import DataUnusable
from paragone.files.paths import PROJECT, cache_folder
from paragone.task.mlp.mnist import cache as data_cache
from paragone.task.mlp.mnist.cache import find_entry, open_cached, recall, remember, store
from paragone.task.mlp.mnist.parts import content_sha256
from paragone.task.mlp.problem_files import find_problem

SHA256 = content_sha256(ARRAYS)
REPOSITORY = PROJECT
ARRAY_FILES = ["train_images.npy", "train_labels.npy", "test_images.npy", "test_labels.npy"]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PARAGONE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def assert_same(data):
    arrays = (data.train_images, data.train_labels, data.test_images, data.test_labels)
    for array, expected in zip(arrays, ARRAYS, strict=True):
        np.testing.assert_array_equal(array, expected, strict=True)


def test_the_cache_lies_where_the_environment_says_and_else_with_the_user(tmp_path, monkeypatch):
    assert cache_folder() == tmp_path / "cache"
    monkeypatch.delenv("PARAGONE_CACHE")
    assert cache_folder().name == "paragone"


def test_a_relative_cache_folder_becomes_absolute(tmp_path, monkeypatch):
    """Workers may stand in another folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PARAGONE_CACHE", "here")

    assert cache_folder() == tmp_path / "here"


def test_a_stored_data_set_is_opened_with_its_name_and_origin():
    data = store(ARRAYS, "small", "a test")

    assert data.sha256 == data.folder.name == SHA256
    assert open_cached(data.folder) == data
    assert_same(open_cached(data.folder))


def test_storing_twice_leaves_one_entry_and_no_other_files(cache):
    assert store(ARRAYS, "small", "a test") == store(ARRAYS, "small", "a test")

    assert sorted(path.name for path in cache.rglob("*") if path.is_file()) == sorted(["about.json", *ARRAY_FILES])


def test_the_arrays_cannot_be_written():
    data = store(ARRAYS, "small", "a test")

    for array in (data.train_images, data.test_labels, data.pixels("float32")):
        with pytest.raises(ValueError, match=r"read-only"):
            array[0] = 0
        with pytest.raises(ValueError, match=r"WRITEABLE"):
            array.flags.writeable = True


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_pixels_are_p_over_255_rounded_once(dtype):
    data = store(ARRAYS, "small", "a test")

    for pixels, images in (
        (data.pixels(dtype), ARRAYS.train_images),
        (data.test_pixels(dtype), ARRAYS.test_images),
    ):
        np.testing.assert_array_equal(pixels, (images.astype(np.float64) / 255).astype(dtype), strict=True)
        assert pixels.flags.c_contiguous


def test_a_problem_trains_on_the_first_images_of_the_training_set_in_the_dtype_asked_for():
    data = store(ARRAYS, "small", "made up")
    problem = replace(find_problem("nielsen"), n_train=40)

    for dtype, expected in (("uint8", ARRAYS.train_images), ("float32", data.pixels("float32"))):
        images, labels = data.inputs(problem, dtype)

        np.testing.assert_array_equal(images, expected[:40], strict=True)
        np.testing.assert_array_equal(labels, ARRAYS.train_labels[:40], strict=True)


def test_pixels_are_made_once(monkeypatch):
    data = store(ARRAYS, "small", "a test")
    data.pixels("float32")
    monkeypatch.setattr(data_cache, "write_whole", None)

    assert data.pixels("float32").shape == (60, 784)


def test_more_images_than_a_block_are_converted_whole(monkeypatch):
    monkeypatch.setattr(data_cache, "BLOCK", 7)
    data = store(ARRAYS, "small", "a test")

    assert_same(data)
    np.testing.assert_array_equal(data.pixels("float64"), ARRAYS.train_images / 255)


@pytest.mark.parametrize("size", [0, 50, 128, 1000])
def test_pixels_that_are_cut_short_are_made_again(size):
    data = store(ARRAYS, "small", "a test")
    data.pixels("float32")
    path = data.folder / "train_pixels_float32.npy"
    path.write_bytes(path.read_bytes()[:size])

    np.testing.assert_array_equal(data.pixels("float32"), (ARRAYS.train_images / 255).astype("float32"))


def test_pixels_in_another_dtype_are_a_mistake():
    with pytest.raises(ValueError, match=r"float32 or float64, not 'float16'"):
        store(ARRAYS, "small", "a test").pixels("float16")


@pytest.mark.parametrize("name", [*ARRAY_FILES, "about.json"])
@pytest.mark.parametrize("size", [0, 20, 130, None], ids=["empty", "in the header", "in the content", "missing"])
def test_an_entry_with_a_file_cut_short_is_damaged_and_stored_again(name, size):
    path = store(ARRAYS, "small", "a test").folder / name
    if size is None:
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[: min(size, path.stat().st_size - 1)])
    said = []

    with pytest.raises(DataUnusable, match=name.split(".")[0] if name != "about.json" else "not an entry"):
        open_cached(path.parent)
    assert find_entry(SHA256, said.append) is None
    assert len(said) == 1
    assert "is damaged and is made anew" in said[0]
    assert_same(store(ARRAYS, "small", "a test"))
    assert find_entry(SHA256, said.append) == open_cached(path.parent)


def test_an_entry_with_one_flipped_bit_is_damaged():
    path = store(ARRAYS, "small", "a test").folder / "test_images.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    said = []

    assert find_entry(SHA256, said.append) is None
    assert "its content is not what its name says" in said[0]


def test_a_missing_entry_is_none_without_a_message():
    assert find_entry(SHA256, pytest.fail) is None


def test_an_entry_whose_about_is_nonsense_is_unusable():
    folder = store(ARRAYS, "small", "a test").folder
    for nonsense in ("[]", "{}", "1", "hello"):
        (folder / "about.json").write_text(nonsense)
        with pytest.raises(DataUnusable, match=r"not an entry of the cache"):
            open_cached(folder)


def test_a_note_is_recalled_and_another_is_not():
    remember("these files", SHA256)

    assert recall("these files") == (SHA256, ())
    assert recall("those files") == ("", ())


def test_a_cache_that_cannot_be_written_says_so_and_what_to_do(tmp_path, monkeypatch):
    (tmp_path / "a file").touch()
    monkeypatch.setenv("PARAGONE_CACHE", str(tmp_path / "a file"))

    with pytest.raises(DataUnusable, match=r"cannot be written: Not a directory. Set PARAGONE_CACHE"):
        store(ARRAYS, "small", "a test")


def test_a_write_that_fails_half_way_leaves_nothing(cache):
    def half(file):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(DataUnusable, match=r"No space left on device"):
        data_cache.write_whole(cache / "whole", half)
    assert list(cache.iterdir()) == []


FILL = """
import sys
from small_mnist import ARRAYS
from paragone.task.mlp.mnist.cache import find_entry, store, content_sha256
sha256, complaints = content_sha256(ARRAYS), []
print("ready", flush=True)
sys.stdin.readline()
for _ in range(30):
    data = store(ARRAYS, "small", "a test")
    data.pixels("float32")
    assert find_entry(sha256, complaints.append) == data, complaints
print("done")
"""


def test_two_processes_that_fill_the_cache_at_the_same_time_do_no_harm(cache):
    command = [sys.executable, "-c", FILL]
    environment = {"PARAGONE_CACHE": str(cache), "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'tests'}"}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(command, env=environment, **pipes) for _ in range(2)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    results = [process.communicate() for process in processes]

    assert results == [("done\n", "")] * 2
    assert_same(find_entry(SHA256, pytest.fail))
    assert not list(cache.rglob(".*"))
