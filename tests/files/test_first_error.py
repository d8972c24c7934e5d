"""Of what a compiler or a program printed, the first error is told with its place, and all of it is kept in a file."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from paragone.files.first_error import MOST_ERROR_CHARACTERS, first_error, told
from paragone.files.paths import PACKAGE

# One for each language and kind: what is told, an empty line, and what was printed, shortened.
PRINTED = {
    path.stem: path.read_text().split("\n\n", 1) for path in (Path(__file__).parent / "printed_errors").iterdir()
}
C, CPP, FORTRAN, RUST = (
    "int f(void)\n{\n    return x;\n}\n",
    "#include <algorithm>\nvoid f(double *D)\n{ std::sort(D, 3); }\n",
    "subroutine f(x)\nimplicit none\nx = 3\nend\n",
    "pub fn f(n: usize) -> f64 {\n    n + 1.0f64\n}\n",
)
BROKEN = [
    ("gcc -c -o /dev/null", "a.c", C, "a.c:3:12: error: 'x' undeclared"),
    ("g++ -c -o /dev/null", "a.cpp", CPP, "a.cpp:3:"),
    ("gfortran -c -o /dev/null", "a.f90", FORTRAN, "a.f90:1: Error: "),
    ("rustc --crate-type=rlib", "a.rs", RUST, "a.rs:2: error[E0"),
    ("javac", "A.java", 'class A {\n int f() { return "x"; } }\n', "A.java:2: error: incompatible types"),
    ("node", "a.js", "let x = = 3;\n", "a.js:1: SyntaxError: Unexpected token '='"),
    ("julia", "a.jl", "function f(x)\n    qq\nend\nf(3)\n", "a.jl:2: UndefVarError"),
    ("python3", "a.py", "import no_such_module\n", "a.py:1: ModuleNotFoundError: "),
]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PARAGONE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.mark.parametrize("language", PRINTED)
def test_the_error_of_each_language_is_told_with_its_place(language):
    expected, printed = PRINTED[language]

    assert expected == first_error(printed)


@pytest.mark.parametrize(("command", "name", "text", "expected"), BROKEN)
def test_what_the_compilers_of_this_machine_print_is_understood(command, name, text, expected, tmp_path):
    words = command.split()
    if not shutil.which(words[0]):
        pytest.skip(f"{words[0]} is not installed")
    (tmp_path / name).write_text(text)
    environment = {**os.environ, "LC_ALL": "C"}
    done = subprocess.run([*words, name], cwd=tmp_path, capture_output=True, text=True, env=environment)

    assert done.returncode != 0
    assert first_error(done.stderr).startswith(expected)


@pytest.mark.parametrize(
    "printed", ["", "loading\ndone 3 of 9", 'File "a.py", line 3\nValueError: handled\nand on it goes']
)
def test_where_there_is_no_error_none_is_told(printed):
    assert first_error(printed) == ""


def test_a_line_of_the_harness_is_no_place():
    place = f'File "{PACKAGE}/worker/pipe.py", line 65, in _fill'
    printed = f"Traceback (most recent call last):\n  {place}\n    poll()\nOSError: [Errno 9] Bad file descriptor\n"

    assert first_error(printed) == "OSError: [Errno 9] Bad file descriptor"


def test_what_is_one_line_is_told_and_kept_nowhere(cache):
    assert [told("no room\n", "sh"), told("", "sh")] == ["no room", ""]
    assert not cache.exists()


def test_all_that_was_printed_stands_in_the_file_that_is_named(cache):
    expected, printed = PRINTED["rustc"]
    error, _, path = told(printed, "rustc").partition(". All that it printed: ")

    assert error == expected
    assert [printed] == [kept.read_text() for kept in cache.glob("messages/*") if str(kept) == path]


def test_a_line_that_is_too_long_is_cut_and_kept():
    assert MOST_ERROR_CHARACTERS < len(told("x" * 9999, "sh")) < 2 * MOST_ERROR_CHARACTERS


def test_the_oldest_texts_are_forgotten(cache, monkeypatch):
    monkeypatch.setattr("paragone.files.first_error.MOST_FILES", 2)
    for number in range(5):
        told(f"one\n{number}", "sh")

    assert len([*cache.glob("messages/*")]) == 2


def test_a_cache_that_cannot_be_written_costs_the_file_and_not_the_error(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PARAGONE_CACHE", str(tmp_path / "file"))

    assert told(PRINTED["rustc"][1], "rustc") == PRINTED["rustc"][0]
