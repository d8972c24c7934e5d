"""Reading TOML that anybody may have written: the table, or a sentence."""

import pytest

from paragone.files.toml_table import toml_table


def test_the_table_of_a_file_is_read_with_or_without_a_mark_of_its_encoding(tmp_path):
    for mark in ("", "\ufeff"):
        (tmp_path / "a.toml").write_text(mark + "n = 3\n")
        assert toml_table(tmp_path / "a.toml", 100) == {"n": 3}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"n = ", "not a TOML file: "),
        (b"n = '\xe9'", "not a TOML file: "),
        (b"n = " + b"[" * 90_000, "not a TOML file: too many brackets within brackets"),
        (b"#" * 100_001, "cannot be read: expected a file of at most 100000 bytes, got more"),
    ],
)
def test_what_is_no_table_is_a_sentence(tmp_path, content, reason):
    (tmp_path / "a.toml").write_bytes(content)

    with pytest.raises(ValueError, match=f"^{reason}"):
        toml_table(tmp_path / "a.toml", 100_000)


def test_a_folder_is_not_read_and_a_missing_file_is_for_the_caller_to_explain(tmp_path):
    with pytest.raises(ValueError, match=r"^cannot be read: a folder"):
        toml_table(tmp_path, 100)
    with pytest.raises(FileNotFoundError):
        toml_table(tmp_path / "none.toml", 100)
