"""Which files of a kernel's folder declare implementations, and which are the source of each."""

import pytest
from small_kernels import kernel_folder

from paragone.implementation.kernel_folder import implementation_files, is_kernel, source_filter, texts_of

FILES = {
    "rows.py": "",
    "c_loops.toml": "",
    "c_loops.c": "",
    "c_loops.h": "",
    "runner.toml": "",
    "runner.py": "",
    "_shared.py": "",
    ".hidden.py": "",
    "constants.h": "",
}


@pytest.fixture
def folder(tmp_path):
    return kernel_folder(tmp_path, files=FILES)


def test_each_toml_and_each_other_python_file_is_an_implementation(folder):
    assert [path.name for path in implementation_files(folder)] == ["c_loops.toml", "rows.py", "runner.toml"]


def test_a_folder_is_a_kernel_by_its_kernel_toml(folder, tmp_path):
    assert (is_kernel(folder), is_kernel(tmp_path)) == (True, False)


def test_the_source_of_one_is_all_that_is_no_neighbours(folder):
    (folder / "rows").mkdir()
    (folder / "rows" / "table.c").touch()
    every = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    shared = {"kernel.toml", "reference.py", "_shared.py", ".hidden.py", "constants.h"}

    def source(name):
        return set(filter(source_filter(folder, name), every)) - shared

    assert source("rows") == {"rows.py", "rows/table.c"}
    assert source("c_loops") == {"c_loops.toml", "c_loops.c", "c_loops.h"}
    assert source("runner") == {"runner.toml", "runner.py"}
    assert shared <= set(filter(source_filter(folder, "rows"), every))


def test_the_texts_of_one_have_its_name_and_what_a_compiler_left_is_none(folder):
    (folder / "c_loops.so").write_bytes(b"\xff\xfe\x00")

    assert texts_of(folder, "c_loops") == ["c_loops.c", "c_loops.h", "c_loops.toml"]
