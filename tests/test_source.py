from harness.source import folder_hash


def test_the_hash_sees_content_and_names(tmp_path):
    (tmp_path / "a.py").write_text("1")
    first = folder_hash(tmp_path)
    (tmp_path / "a.py").rename(tmp_path / "b.py")
    renamed = folder_hash(tmp_path)
    (tmp_path / "b.py").write_text("2")
    rewritten = folder_hash(tmp_path)
    (tmp_path / "empty.py").write_text("")

    assert len({first, renamed, rewritten, folder_hash(tmp_path)}) == 4


def test_a_file_in_a_folder_below_counts_and_so_does_which_folder(tmp_path):
    first = folder_hash(tmp_path)
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "a.py").write_text("1")
    below = folder_hash(tmp_path)
    (tmp_path / "x").rename(tmp_path / "y")

    assert len({first, below, folder_hash(tmp_path)}) == 3


def test_compiled_and_hidden_files_do_not_count(tmp_path):
    (tmp_path / "a.py").write_text("1")
    first = folder_hash(tmp_path)
    for folder in ("__pycache__", ".cache"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a").write_text("x")
    (tmp_path / ".DS_Store").write_text("x")

    assert folder_hash(tmp_path) == first


def test_a_hidden_folder_above_does_not_hide_the_code(tmp_path):
    (tmp_path / ".home" / "project").mkdir(parents=True)
    empty = folder_hash(tmp_path / ".home" / "project")
    (tmp_path / ".home" / "project" / "a.py").write_text("1")

    assert folder_hash(tmp_path / ".home" / "project") != empty


def test_moving_text_from_one_file_into_another_changes_the_hash(tmp_path):
    (tmp_path / "a").write_bytes(b"x")
    (tmp_path / "b").write_bytes(b"y")
    two = folder_hash(tmp_path)
    (tmp_path / "b").unlink()
    (tmp_path / "a").write_bytes(b"xb\0y")

    assert folder_hash(tmp_path) != two
