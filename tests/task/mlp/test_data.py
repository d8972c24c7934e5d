"""Where the data set comes from: a path, the environment, the cache, a download, the embedded digits."""

import os
import subprocess
import sys
import urllib.error
import urllib.request
from dataclasses import replace

import numpy as np
import pytest
from small_mnist import ARRAYS, PARTS, write_idx, write_npz

from paragone.errors import DataUnusable, InvalidProblem
from paragone.files.paths import PROJECT
from paragone.task.mlp import data as data_module
from paragone.task.mlp.data import check_fits, find_data, open_cached
from paragone.task.mlp.mnist import digits
from paragone.task.mlp.mnist import download as mnist_download
from paragone.task.mlp.mnist.download import DownloadFailed, download
from paragone.task.mlp.mnist.parts import MNIST_SHA256, content_sha256
from paragone.task.mlp.problem_files import find_problem

EMBEDDED = ARRAYS._replace(train_images=ARRAYS.train_images ^ np.uint8(255))
REPOSITORY = PROJECT
real_mnist = pytest.mark.skipif(
    os.environ.get("PARAGONE_DATA", "digits") == "digits", reason="PARAGONE_DATA does not name MNIST"
)
REAL = os.environ.get("PARAGONE_DATA", "")


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PARAGONE_CACHE", str(tmp_path / "cache"))
    for variable in ("PARAGONE_DATA", "PARAGONE_OFFLINE"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def small(monkeypatch):
    """Let the small data set be MNIST, its negative the embedded digits, and any download a mistake."""
    monkeypatch.setattr(data_module, "MNIST", PARTS)
    monkeypatch.setattr(data_module, "MNIST_SHA256", content_sha256(ARRAYS))
    monkeypatch.setattr(digits, "make_digits", lambda: EMBEDDED)
    monkeypatch.setattr(mnist_download, "download", lambda parts, say: pytest.fail("a download was tried"))


def assert_is(data, arrays):
    np.testing.assert_array_equal(data.train_images, arrays.train_images)
    np.testing.assert_array_equal(data.test_labels, arrays.test_labels)


def test_a_path_comes_before_the_environment(small, tmp_path, monkeypatch):
    monkeypatch.setenv("PARAGONE_DATA", "digits")

    data = find_data(str(write_idx(tmp_path / "here")), pytest.fail)

    assert_is(data, ARRAYS)
    assert data.name == "MNIST"
    assert data.origin == f"IDX, found by --data in {tmp_path / 'here'}"


def test_the_environment_comes_before_the_cache(small, tmp_path, monkeypatch):
    find_data(str(write_idx(tmp_path / "here")), pytest.fail)
    monkeypatch.setenv("PARAGONE_DATA", "digits")

    data = find_data(None, pytest.fail)

    assert_is(data, EMBEDDED)
    assert (data.name, "chosen by PARAGONE_DATA" in data.origin) == ("scikit-learn digits, enlarged", True)


def test_the_cache_comes_before_a_download(small, tmp_path):
    found = find_data(str(write_idx(tmp_path / "here")), pytest.fail)

    cached = find_data(None, pytest.fail)

    assert_is(cached, ARRAYS)
    assert cached.sha256 == found.sha256
    assert cached.origin.startswith("the cache ")


def test_a_download_comes_before_the_digits_and_is_in_the_cache_afterwards(small, monkeypatch):
    said = []
    monkeypatch.setattr(mnist_download, "download", lambda parts, say: (ARRAYS, "example.org"))

    data = find_data(None, said.append)
    monkeypatch.setattr(mnist_download, "download", lambda parts, say: pytest.fail("downloaded twice"))

    assert_is(data, ARRAYS)
    assert data.origin == "downloaded from example.org"
    assert_is(find_data(None, said.append), ARRAYS)
    assert said == ["MNIST is downloaded once, about 12 MB."]


def test_without_a_network_the_digits_come_with_a_sentence_that_says_so(small, monkeypatch):
    def unreachable(url, timeout):
        raise urllib.error.URLError("Temporary failure in name resolution")

    monkeypatch.setattr(mnist_download, "download", download)
    monkeypatch.setattr(urllib.request, "urlopen", unreachable)
    said = []

    data = find_data(None, said.append)

    assert_is(data, EMBEDDED)
    assert said[-1].startswith("No network: MNIST cannot be downloaded (storage.googleapis.com: Temporary failure")
    assert "Instead: scikit-learn's real 8×8 digits, enlarged to 28×28. For MNIST: --data PATH" in said[-1]
    assert all("\n" not in sentence for sentence in said)
    assert "No network" in data.origin


def test_digits_in_the_cache_do_not_stop_the_next_run_from_downloading(small, monkeypatch):
    find_data("digits", pytest.fail)
    monkeypatch.setattr(mnist_download, "download", lambda parts, say: (ARRAYS, "example.org"))

    assert_is(find_data(None, lambda sentence: None), ARRAYS)


@pytest.mark.parametrize("value", ["1", "yes"])
def test_paragone_offline_skips_the_download(small, monkeypatch, value):
    monkeypatch.setenv("PARAGONE_OFFLINE", value)
    said = []

    assert_is(find_data(None, said.append), EMBEDDED)
    assert said[0].startswith("PARAGONE_OFFLINE is set: MNIST is not downloaded. Instead: scikit-learn")


@pytest.mark.parametrize("value", ["", "0"])
def test_paragone_offline_can_be_off(small, monkeypatch, value):
    monkeypatch.setenv("PARAGONE_OFFLINE", value)
    monkeypatch.setattr(mnist_download, "download", lambda parts, say: (ARRAYS, "example.org"))

    assert_is(find_data(None, lambda sentence: None), ARRAYS)


def test_a_broken_download_goes_to_the_digits_too(small, monkeypatch):
    def failing(parts, say):
        raise DownloadFailed("MNIST cannot be downloaded (example.org: Not Found)")

    monkeypatch.setattr(mnist_download, "download", failing)

    assert_is(find_data(None, lambda sentence: None), EMBEDDED)


@pytest.mark.parametrize("path", ["", "nowhere", "~nobody-of-this-name/mnist", "a\0b", "n" * 5000])
def test_a_path_that_is_wrong_is_an_error_and_nothing_else_is_tried(small, path):
    with pytest.raises(DataUnusable, match=r"^--data: ") as error:
        find_data(path, pytest.fail)
    assert error.value.exit_code == 4


def test_a_wrong_path_in_the_environment_is_an_error_that_names_the_variable(small, monkeypatch):
    monkeypatch.setenv("PARAGONE_DATA", "nowhere")

    with pytest.raises(DataUnusable, match=r"^PARAGONE_DATA: nowhere: there is no such file"):
        find_data(None, pytest.fail)


def test_files_that_did_not_change_are_not_read_again(small, tmp_path, monkeypatch):
    folder = str(write_idx(tmp_path / "here"))
    first = find_data(folder, pytest.fail)
    monkeypatch.setattr("paragone.task.mlp.forms.idx.read_idx", lambda *_: pytest.fail("read again"))

    assert find_data(folder, pytest.fail) == first


def test_a_file_altered_after_it_was_known_is_read_again_and_is_no_longer_mnist(small, tmp_path):
    """Even where size and time of change are put back."""
    folder = write_idx(tmp_path / "mnist", compressed=False)
    known = find_data(str(folder), pytest.fail)
    path = folder / "train-images-idx3-ubyte"
    before, content = path.stat(), bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    altered = find_data(str(folder), pytest.fail)

    assert (known.name, altered.name) == ("MNIST", "mnist (other than MNIST)")
    assert known.sha256 != altered.sha256


def test_another_data_set_has_the_name_of_its_files_and_what_was_done_is_said_every_time(small, tmp_path):
    images, labels = ARRAYS.train_images[:, :25], ARRAYS.train_labels % 3 + 1
    np.savez(tmp_path / "three.npz", images=images.reshape(60, 5, 5), labels=labels)
    said = []
    first, second = (find_data(str(tmp_path / "three.npz"), said.append) for _ in range(2))
    done = "the labels 1 … 3 became 0 … 2; there is no test part: the last sixth, 10 images, is held out"

    assert first == second
    assert first.name == "three.npz"
    assert first.origin == f"npz, found by --data in {tmp_path / 'three.npz'}; {done}"
    assert said == [f"three.npz: {done}."] * 2
    assert (first.n_pixels, first.n_classes) == (25, 3)
    assert first.facts()["each"] == "25 pixels, 3 classes"


def test_every_form_is_one_entry_of_the_cache(small, tmp_path):
    one = find_data(str(write_idx(tmp_path / "here")), pytest.fail)
    other = find_data(str(write_npz(tmp_path / "mnist.npz")), pytest.fail)

    assert (one.folder, one.sha256) == (other.folder, other.sha256)
    assert other.origin == f"npz, found by --data in {tmp_path / 'mnist.npz'}"


def test_a_damaged_entry_is_made_anew_from_the_path(small, tmp_path):
    folder = str(write_idx(tmp_path / "here"))
    path = find_data(folder, pytest.fail).folder / "train_images.npy"
    path.write_bytes(path.read_bytes()[:1000])
    said = []

    assert_is(find_data(folder, said.append), ARRAYS)
    assert len(said) == 1
    assert "is damaged and is made anew" in said[0]
    assert_is(open_cached(path.parent), ARRAYS)


@pytest.mark.parametrize("name", ["nielsen", "softmax", "mlp4"])
def test_a_problem_fits_data_with_as_many_pixels_and_images(small, tmp_path, name):
    data = find_data("digits", pytest.fail)

    check_fits(replace(find_problem(name), n_train=60), data)


def test_a_problem_with_another_number_of_pixels_does_not_fit(small):
    data, problem = find_data("digits", pytest.fail), find_problem("nielsen")

    with pytest.raises(InvalidProblem, match=r"nielsen: layers: expected 784 neurons in the first layer.*; got 64"):
        check_fits(replace(problem, layers=(64, 30, 10), n_train=60), data)


def test_a_problem_with_fewer_classes_than_there_are_does_not_fit(small):
    data, problem = find_data("digits", pytest.fail), find_problem("nielsen")

    with pytest.raises(InvalidProblem, match=r"nielsen: layers: expected 10 neurons in the last layer.*; got 9"):
        check_fits(replace(problem, layers=(784, 30, 9), n_train=60), data)


def test_a_problem_with_more_images_than_there_are_does_not_fit(small):
    data, problem = find_data("digits", pytest.fail), find_problem("nielsen")

    with pytest.raises(InvalidProblem, match=r"nielsen: n_train: expected at most 60.*; got 61"):
        check_fits(replace(problem, n_train=61), data)


def test_importing_the_data_part_loads_nothing_heavy():
    """Workers import it."""
    code = "import sys, paragone.task.mlp.data; print([name for name in sys.argv[1:] if name in sys.modules])"
    heavy = ["sklearn", "scipy", "pandas", "matplotlib", "rich", "pooch", "urllib.request", "ssl"]

    result = subprocess.run(
        [sys.executable, "-c", code, *heavy], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )

    assert result.stdout == "[]\n"


@real_mnist
def test_the_real_mnist_has_its_hash_and_its_first_digits():
    data = find_data(REAL, pytest.fail)

    assert data.sha256 == MNIST_SHA256
    assert data.train_images.shape == (60_000, 784)
    assert data.train_labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert data.test_labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
