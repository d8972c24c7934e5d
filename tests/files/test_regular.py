"""Files that anybody may have put there are read whole, or not at all."""

import os

import pytest

from paragone.files.regular import read_regular


def test_a_file_of_the_largest_size_is_read(tmp_path):
    (tmp_path / "file").write_bytes(b"12345")

    assert read_regular(tmp_path / "file", 5) == b"12345"


def test_a_larger_one_is_refused(tmp_path):
    (tmp_path / "file").write_bytes(b"12345")
    with pytest.raises(ValueError, match="expected a file of at most 4 bytes, got more"):
        read_regular(tmp_path / "file", 4)


def test_a_named_pipe_and_a_folder_are_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="not a regular file"):
        read_regular(tmp_path / "pipe", 5)
    with pytest.raises(OSError, match="a folder"):
        read_regular(tmp_path, 5)
