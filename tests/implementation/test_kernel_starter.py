"""A starter of a kernel compiles in every language; it passes for the example, and says what is missing for others."""

import shutil

import pytest
from small_kernels import kernel_folder, opened

from paragone.errors import Misuse, UnknownName
from paragone.files.paths import shipped
from paragone.implementation.importing import implementation_class
from paragone.implementation.kernel_starter import (
    EXAMPLE,
    KERNEL_LANGUAGES,
    find_kernel_folder,
    starter_texts,
    write_kernel_starter,
)
from paragone.implementation.new_kernel import write_kernel
from paragone.task.kernel.check import StartChecks
from paragone.task.kernel.kernel_file import read_kernel
from paragone.task.kernel.problem import KernelProblem

PROGRAMS = {"c": "gcc", "cpp": "g++", "fortran": "gfortran", "rust": "rustc", "javascript": "node", "java": "javac"}
SLOW = ("java", "julia", "numba")
# Sizes that are expressions, names that only capitals tell apart, an index that is taken, whole numbers, one number.
MANY = """
name = "many"
description = "all that an array can be"
[sizes]
i = [5, 6]
d = "max(i // 2, 1) + 1"
m = "min(2*i, 7)"
[arrays]
D = { role = "in", shape = ["m", "d", "i - 1"] }
who = { role = "in", shape = ["i"], dtype = "uint8" }
j = { role = "inout", shape = ["i // 2"], dtype = "int32" }
X = { role = "out", shape = ["i*(d + 1)", "max(d, 2)"] }
place = { role = "out", shape = ["m"], dtype = "int64" }
total = { role = "out", shape = [1] }
[counts]
work = "i"
unit = "numbers"
[run]
baseline = "numpy_one"
"""
MANY_REFERENCE = """
import numpy as np
def inputs(rng, case, *, i, d, m):
    return {"D": rng.random((m, d, i - 1)), "who": rng.integers(0, 9, i), "j": rng.integers(1, 9, i // 2)}
def reference(D, who, j, *, i, d, m):
    return j, np.zeros((i * (d + 1), max(d, 2))), np.zeros(m, int), 0.0
"""


@pytest.fixture(autouse=True)
def builds_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("PARAGONE_CACHE", str(tmp_path / "cache"))


def of_languages(slow=SLOW):
    return [
        pytest.param(language, marks=[pytest.mark.slow] if language in slow else []) for language in KERNEL_LANGUAGES
    ]


@pytest.fixture
def example(tmp_path):
    write_kernel("matvec", tmp_path)
    return tmp_path / "matvec"


@pytest.fixture
def many(tmp_path):
    """A kernel whose right results are what a starter leaves in every array."""
    folder = tmp_path / "many"
    folder.mkdir()
    (folder / "kernel.toml").write_text(MANY)
    (folder / "reference.py").write_text(MANY_REFERENCE)
    return folder


def checked(folder, name, size, dtype):
    """What the judge says of two calls on each set."""
    problem = KernelProblem.of(folder)
    start, order = problem.draw_start(1, size), problem.order(1, 2 * problem.n_sets(size), size)
    implementation = opened(folder, name, dtype)
    try:
        implementation.reset(start)
        implementation.train(order)
        return StartChecks(problem, start).check(order, implementation.params(), dtype)
    finally:
        implementation.close()


def written(language, folder, place=None):
    """Write a starter called mine; the test is skipped where it cannot run here."""
    if (program := PROGRAMS.get(language)) and not shutil.which(program):
        pytest.skip(f"{program} is not here")
    paths = write_kernel_starter("mine", language, folder, place or folder)
    kind = implementation_class(place or folder, "mine")
    if reason := kind.missing():
        pytest.skip(reason)
    return paths, kind.axes["dtype"]


@pytest.mark.parametrize("language", of_languages())
def test_a_starter_of_the_example_passes_in_every_dtype(language, example):
    _, dtypes = written(language, example)

    assert [(dtype, "passed", "") for dtype in dtypes] == [
        (dtype, result.status, result.reason) for dtype in dtypes for result in [checked(example, "mine", 10, dtype)]
    ]


@pytest.mark.parametrize("language", of_languages())
def test_a_starter_of_any_kernel_compiles_and_writes_every_array_to_its_end(language, many):
    """Beyond the end of an array lie guards: whoever writes there is refused."""
    _, dtypes = written(language, many)
    result = checked(many, "mine", 6, dtypes[0])

    assert (result.status, result.reason) == ("passed", "")


@pytest.mark.parametrize("kernel", ["pairwise", "heat"])
def test_a_starter_of_a_shipped_kernel_fails_with_the_reason_that_nothing_is_computed(kernel, tmp_path):
    written("python", shipped("impls") / kernel, tmp_path / kernel)
    shutil.copy(shipped("impls") / kernel / "reference.py", tmp_path / kernel)
    result = checked(tmp_path / kernel, "mine", 32, "float64")

    assert result.status == "failed"
    assert "it looks as if" in result.reason
    assert ("0" if kernel == "pairwise" else "left as before") in result.reason


def test_the_arrays_of_the_example_are_those_of_the_kernel_that_is_written(example):
    assert read_kernel(example).arrays == EXAMPLE


@pytest.mark.parametrize("language", KERNEL_LANGUAGES)
def test_no_word_of_a_template_is_left_and_no_line_is_long(language, many, example):
    for folder in (many, example):
        for file, text in starter_texts("mine", language, read_kernel(folder)).items():
            assert "starter" not in text, file
            assert ("$" in text) == (language == "rust" and file.endswith(".rs")), file
            assert [line for line in text.splitlines() if len(line) > 120] == [], file


def test_java_has_the_dtype_that_the_kernel_has(tmp_path):
    folder = kernel_folder(tmp_path, **{'dtypes = ["float64", "float32"]': 'dtypes = ["float32"]'})
    texts = starter_texts("mine", "java", read_kernel(folder))

    assert 'dtypes = ["float32"]' in texts["mine.toml"]
    assert "static void run(int n, int d, float[] X, float[] D)" in texts["mine.java"]
    assert "null,\n            (sizes, arrays) -> run(" in texts["mine.java"]


def test_beside_a_shipped_kernel_the_new_folder_has_the_same_kernel_toml(tmp_path):
    kernel = shipped("impls") / "pairwise"
    paths, _ = written("python", kernel, tmp_path / "pairwise")

    assert [path.name for path in paths] == ["mine.py", "kernel.toml"]
    assert (tmp_path / "pairwise" / "kernel.toml").read_bytes() == (kernel / "kernel.toml").read_bytes()


def test_a_second_starter_lies_beside_the_first(example):
    write_kernel_starter("mine", "c", example, example)

    assert ["two.c", "two.toml"] == [path.name for path in write_kernel_starter("two", "c", example, example)]


def test_the_folder_is_the_kernels_own_wherever_one_stands(example, monkeypatch):
    monkeypatch.chdir(example.parent)
    of_parent = find_kernel_folder("matvec", example.parent)

    assert [folder.resolve() for folder in of_parent] == [example, example]
    assert find_kernel_folder("matvec", example)[1] == example
    with pytest.raises(UnknownName, match=r"unknown kernel 'matvek'\. Did you mean 'matvec'\?.*paragone new-kernel"):
        find_kernel_folder("matvek", example.parent)


def test_a_kernel_that_is_found_elsewhere_gets_a_folder_here(example, tmp_path):
    here = tmp_path / "here"

    assert find_kernel_folder("matvec", here, [str(tmp_path)]) == (example, here / "matvec")
    assert find_kernel_folder("pairwise", here) == (shipped("impls") / "pairwise", here / "pairwise")


def test_another_kernel_of_the_same_name_is_in_the_way(tmp_path):
    folder = kernel_folder(tmp_path)

    with pytest.raises(Misuse, match=r"pairwise/kernel\.toml differs from .*rename the folder"):
        find_kernel_folder("pairwise", folder.parent)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("kernel", "a file that every kernel has"),
        ("Reference", "a file that every kernel has"),
        ("numpy_product", r"taken by .*numpy_product\.py; nothing was written"),
        ("taken", r"taken\.c is there already; nothing was written"),
        ("2fast", "a letter first"),
        ("../up", "letters, digits and underscores"),
    ],
)
def test_a_bad_name_is_refused_with_the_reason(name, reason, example):
    (example / "taken.c").write_text("mine")
    before = sorted(example.iterdir())

    with pytest.raises(Misuse, match=reason):
        write_kernel_starter(name, "c", example, example)
    assert sorted(example.iterdir()) == before


def test_an_unknown_language_is_answered_with_the_closest(example):
    with pytest.raises(UnknownName, match=r"unknown language 'javascrip'\. Did you mean 'javascript'"):
        write_kernel_starter("mine", "javascrip", example, example)


def test_a_wrong_kernel_toml_is_answered_with_its_mistakes(example):
    path = example / "kernel.toml"
    path.write_text(path.read_text().replace('role = "out"', 'role = "result"'))

    with pytest.raises(Misuse, match=r"arrays\.y\.role: expected one of in, out, inout"):
        write_kernel_starter("mine", "c", example, example)
    assert not (example / "mine.c").exists()


def test_python_runs_the_example_without_sizes(example):
    written("python", example)

    assert "def run(A, x, y):" in (example / "mine.py").read_text()
