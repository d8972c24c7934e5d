"""New files come all or none."""

import pytest

from paragone.errors import Misuse
from paragone.implementation.new_files import write_new_files, write_new_folder


def test_files_are_added_to_a_folder_that_is_there(tmp_path):
    (tmp_path / "own").write_text("mine")

    assert write_new_files(tmp_path, {"a": "1", "b": "2"}) == [tmp_path / "a", tmp_path / "b"]
    assert [(tmp_path / name).read_text() for name in ("own", "a", "b")] == ["mine", "1", "2"]


def test_no_file_is_overwritten_and_none_is_left_where_one_is_in_the_way(tmp_path):
    (tmp_path / "b").write_text("mine")

    with pytest.raises(Misuse, match=r"cannot be written: File exists\. Choose another folder: --into PATH"):
        write_new_files(tmp_path, {"a": "1", "b": "2"})
    assert [path.name for path in tmp_path.iterdir()] == ["b"]
    assert (tmp_path / "b").read_text() == "mine"


def test_a_folder_that_is_new_is_made_with_those_above_it(tmp_path):
    assert write_new_folder(tmp_path / "one" / "two", {"a": "1"}) == [tmp_path / "one" / "two" / "a"]
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["two"]


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(Misuse, match=r"cannot be written: .*--into PATH"):
        write_new_folder(tmp_path / "file" / "below", {"a": "1"})
