from everyone import EVERYONE

from paragone.files.hashing import LARGEST_FILE_BYTES, MOST_BYTES, folder_hash, kept_source


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


def test_the_kept_source_is_every_text_of_the_folder_with_the_formulas_first(tmp_path):
    for name in ("aaa.toml", "impl.py", "rows.py"):
        (tmp_path / name).write_text(f"in {name}")
    kept = kept_source(tmp_path, ("rows.py",))

    assert list(kept.files.items()) == [(name, f"in {name}") for name in ("rows.py", "impl.py", "aaa.toml")]
    assert kept.hash == folder_hash(tmp_path)
    assert kept.left_out == {}


def test_formulas_of_others_in_the_folder_are_not_kept_unless_shared(tmp_path):
    for name in ("impl.py", "a.py", "b.py", "both.py"):
        (tmp_path / name).write_text(name)

    assert [*kept_source(tmp_path, ("a.py", "both.py"), ("b.py", "both.py")).files] == ["a.py", "both.py", "impl.py"]


def test_an_implementation_of_a_shared_folder_keeps_what_it_needs_and_not_its_neighbours():
    found = {found.name: found.kept_source() for found in EVERYONE}

    assert [*found["jax_scan"].files] == ["formulas.py", "scan.py", "impl.py", "device.py"]
    own = [name for name in found["numpy_bias_step2"].files if not name.startswith("paragone/")]
    assert own == ["step2_bias_row_stored.py", "impl.py", "bias_neuron.py"]
    assert all(not kept.left_out for kept in found.values())


def test_binaries_large_files_and_links_out_of_the_folder_are_left_out_and_named(tmp_path):
    folder = tmp_path / "impl"
    folder.mkdir()
    (tmp_path / "secret").write_text("not of the implementation")
    (folder / "out.py").symlink_to(tmp_path / "secret")
    (folder / "kernel.so").write_bytes(b"\x7fELF\0\1")
    (folder / "latin.py").write_bytes(b"\xe9")
    (folder / "large.py").write_text("#" * (LARGEST_FILE_BYTES + 1))
    kept = kept_source(folder, ())

    assert kept.files == {}
    assert {*kept.left_out} == {"out.py", "kernel.so", "latin.py", "large.py"}
    assert "leads out" in kept.left_out["out.py"]
    assert "too large" in kept.left_out["large.py"]


def test_many_files_are_kept_up_to_a_size_and_the_rest_named(tmp_path):
    for number in range(12):
        (tmp_path / f"{number:02}.py").write_text("#" * 100_000)
    kept = kept_source(tmp_path, ())

    assert sum(map(len, kept.files.values())) == MOST_BYTES
    assert {*kept.left_out} == {"10.py", "11.py"}


def test_of_a_folder_that_several_share_the_files_of_others_count_neither_in_the_hash_nor_in_the_source(tmp_path):
    for name in ("mine.py", "theirs.py"):
        (tmp_path / name).write_text(name)

    def kept():
        return kept_source(tmp_path, ("mine.py",), belongs=lambda name: name != "theirs.py")

    first = kept()
    (tmp_path / "theirs.py").write_text("changed")
    second = kept()
    (tmp_path / "mine.py").write_text("changed")

    assert [*first.files] == ["mine.py"]
    assert first.hash == second.hash != kept().hash
