"""NAME.toml of a kernel: what it declares, the commands of a variant, and every mistake at once."""

import pytest

from paragone.errors import HarnessError
from paragone.implementation.kernel_declaration import read_toml

WHOLE = """
language = "C"
idea = "loops"
layout = "columns"
source = "a paper"
build = "gcc {flags} -DREAL={real} -DNAME=f_{suffix} {width} -o {library} 'a b.c'"
requires = ["make"]
dtypes = ["float32"]
deterministic = false
plain_loops = true
[axes]
flags = { O2 = "-O2", O3_native = "-O3 -march=native" }
width = { none = "", four = "-DWIDTH=4" }
"""
LIBRARY = 'language = "C"\nidea = "loops"\nbuild = "gcc -o {library} a.c"\n'


@pytest.fixture
def read(tmp_path):
    def read(text, name="mine.toml"):
        (tmp_path / name).write_text(text)
        return read_toml(tmp_path / name)

    return read


def test_what_is_declared_is_read(read):
    declared = read(WHOLE)

    assert (declared.name, declared.file, declared.form) == ("mine", "mine.toml", "library")
    assert (declared.language, declared.idea, declared.layout, declared.source) == ("C", "loops", "columns", "a paper")
    assert (declared.requires, declared.deterministic) == (("make",), False)
    assert declared.plain_loops
    assert declared.axes == {"dtype": ("float32",), "flags": ("O2", "O3_native"), "width": ("none", "four")}


def test_the_command_of_a_variant_has_the_words_of_its_axes(read):
    declared = read(WHOLE)

    assert declared.command(declared.build, {"flags": "O3_native", "width": "none"}, "float32") == [
        *("gcc", "-O3", "-march=native", "-DREAL=float", "-DNAME=f_f32", "-o", "{library}", "a b.c"),
    ]
    assert "-DREAL=double" in declared.command(declared.build, {"flags": "O2", "width": "four"}, "float64")


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (LIBRARY, "library"),
        ('language = "A"\nidea = "b"\nprogram = "node a.js"', "program"),
        ('language = "A"\nidea = "b"\nprogram = "{build}/a"\nbuild = "cc -o {build}/a a.c"', "program"),
        ('language = "A"\nidea = "b"\njulia = "mine.toml"', "julia"),
        ('language = "A"\nidea = "b"\njulia = "mine.toml"\nprocess = true', "julia_process"),
    ],
)
def test_its_keys_tell_how_it_is_reached(read, text, form):
    assert read(text).form == form


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (LIBRARY + "lanuage = 3", "lanuage: unknown key. Did you mean 'language'?"),
        ("", "language: missing, expected a text; idea: missing, expected a text; expected build (of"),
        ('language = 3\nidea = ""\n', "language: expected a text, got 3; idea: expected a text, got ''"),
        ('language = "C"\nidea = "a"', "expected build (of a shared library), program (a command) or julia (a file)"),
        (LIBRARY.replace("{library}", "a.so"), "build: expected {library}, the file to be made"),
        (LIBRARY + 'program = "./a"', "build: expected {build}, the folder for what it makes"),
        (LIBRARY.replace("a.c", "'a.c"), "build: not a command: No closing quotation"),
        (LIBRARY + 'dtypes = ["float16"]', "dtypes: expected a list of float32 and float64, got a list of 1"),
        (LIBRARY + "requires = 1", "requires: expected a list of texts"),
        (LIBRARY + "packages = 1", "packages: expected a list of texts"),
        (LIBRARY + "packages = ['scipy']", "packages: the build has not the word {scipy}"),
        (LIBRARY + "deterministic = 1", "deterministic: expected true or false, got 1"),
        (LIBRARY + "process = true", "process: only beside julia"),
        (LIBRARY + "axes = { flags = { O2 = '-O2' } }", "axes.flags: no command has the word {flags}"),
        (LIBRARY + "axes = { flags = '-O2' }", "axes: flags: expected a table of named flags"),
        (LIBRARY + "axes = { flags = { O2 = 2 } }", "axes: flags.O2: expected flags as one text, got 2"),
        (LIBRARY + "axes = { dtype = { a = '' } }", "axes: 'dtype' has a meaning of its own"),
        ('language = "J"\nidea = "a"\njulia = "no.jl"', "julia: there is no file 'no.jl' beside mine.toml"),
        (LIBRARY + 'julia = "mine.toml"', "build: not beside julia"),
        ("language = ", "not a TOML file: "),
        ("a = " + "[" * 5000, "not a TOML file: "),
    ],
)
def test_what_is_wrong_is_told_with_the_file_and_the_key(read, text, words):
    with pytest.raises(HarnessError) as raised:
        read(text)
    assert "mine.toml: " in str(raised.value)
    assert words in str(raised.value)


def test_every_mistake_is_told_at_once(read):
    with pytest.raises(HarnessError) as raised:
        read('langage = "C"\ndtypes = []\nrequires = [1]')
    assert [word in str(raised.value) for word in ("langage: ", "dtypes: ", "requires: ", "idea: missing")] == [
        True
    ] * 4
