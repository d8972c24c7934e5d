"""Every starter works as it is written: it is found, keeps the step, and teaches under the name that was asked for."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from described_here import made, variants_of

from paragone.errors import Misuse, UnknownName
from paragone.files.paths import PROJECT
from paragone.implementation import template
from paragone.implementation.registry import discover, read_folder
from paragone.implementation.template import LANGUAGES, TEMPLATES, templates, write_starter
from paragone.task.mlp.gate import gate, stress_problem
from paragone.task.mlp.problem_files import find_problem, shipped_names

N_TRAIN = 300
FILES = {
    "python": ["impl.py", "maths.py"],
    "julia": ["impl.py", "maths.jl"],
    "c": ["impl.py", "maths.c"],
    "fortran": ["impl.py", "binding.f90", "maths.f90"],
    "process": ["impl.py", "maths.py", "runner.py"],
}

_random = np.random.default_rng(0)
IMAGES = np.where(_random.random((N_TRAIN, 49)) < 0.19, _random.integers(1, 256, (N_TRAIN, 49)), 0).astype(np.uint8)
LABELS = _random.integers(0, 10, N_TRAIN).astype(np.uint8)


@pytest.fixture(autouse=True)
def builds_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("PARAGONE_CACHE", str(tmp_path / "cache"))


def checked(variant, problem, batch_size):
    """What the gate says of a variant."""
    trained = made(variant)
    trained.load(problem, (IMAGES / 255).astype(variant.dtype), LABELS)

    def train(state, order):
        trained.reset(state)
        losses = trained.train(order)
        return trained.params(), losses

    try:
        return gate(train, problem, IMAGES, LABELS, batch_size, 1, variant.dtype)
    finally:
        trained.close()


def starters_on_problems():
    """Each language on each problem. Python alone compiles nothing: the others try one problem in the fast suite."""
    return [
        pytest.param(language, name, marks=[pytest.mark.slow] if is_slow(language, name) else [])
        for language in LANGUAGES
        for name in shipped_names()
    ]


def is_slow(language, problem):
    return language == "julia" or (language != "python" and problem != "nielsen")


@pytest.mark.parametrize(("language", "problem"), starters_on_problems())
def test_every_starter_passes_the_gate_on_every_problem_and_its_stress_problem(language, problem, tmp_path):
    write_starter("my_first", language, tmp_path)
    implementations = read_folder(tmp_path / "my_first")
    reasons = [implementation.missing() for implementation in implementations]
    if all(reasons):
        pytest.skip(f"{language}: {reasons[0]}")

    problem = find_problem(problem)
    problem = replace(problem, n_train=N_TRAIN, layers=(49, *problem.layers[1:]))
    tried = [implementation for implementation in implementations if implementation.missing() is None]
    for variant in [variant for implementation in tried for variant in variants_of(implementation)]:
        for case, batch_size in ((problem, 10), (problem, 1), (stress_problem(problem), 10)):
            check = checked(variant, case, batch_size)

            got = (variant.name, case.name, batch_size, check.status, check.reason)
            assert got == (variant.name, case.name, batch_size, "passed", "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_starter_is_written_under_its_name_and_found_by_it(language, tmp_path):
    written = write_starter("my_first", language, tmp_path / "plugins")

    assert written == [tmp_path / "plugins" / "my_first" / file for file in FILES[language]]
    assert sorted(path for path in (tmp_path / "plugins").rglob("*") if path.is_file()) == sorted(written)
    found, broken = discover(tmp_path / "plugins")
    assert broken == []
    expected = {"my_first", "my_first_process"} if language == "julia" else {"my_first"}
    assert {entry.name for entry in found} == expected
    assert all(entry.maths_lines() > 0 for entry in found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_of_the_template_is_left(language, tmp_path):
    for path in write_starter("my_first", language, tmp_path):
        assert "starter" not in path.read_text().lower(), path.name


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_starter_supports_every_workload(language, tmp_path):
    write_starter("my_first", language, tmp_path)

    for implementation in read_folder(tmp_path / "my_first"):
        assert [implementation.unsupported(find_problem(name)) for name in shipped_names()] == [None] * len(
            shipped_names()
        )


@pytest.mark.parametrize("name", ["starter_name", "StarterName", "a_starter_name_b"])
def test_a_name_may_be_a_word_of_the_template(name, tmp_path):
    write_starter(name, "python", tmp_path)

    (implementation,) = read_folder(tmp_path / name)
    assert (implementation.name, implementation.__name__) == (name, template.class_name(name))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("2fast", "a letter first"),
        ("_hidden", "a letter first"),
        ("with-dash", "letters, digits and underscores"),
        ("with blank", "letters, digits and underscores"),
        ("../up", "letters, digits and underscores"),
        ("größer", "letters, digits and underscores"),
        ("", "letters, digits and underscores"),
        ("line\n", "letters, digits and underscores"),
        ("lambda", "a word of Python's own"),
        ("match", "a word of Python's own"),
        ("json", "the name of a package"),
        ("julia", "the name of a package"),
        ("Torch", "the name of a package"),
        ("pytest", "the name of a package"),
        ("paragone", "the name of a package"),
    ],
)
def test_a_bad_name_is_refused_with_the_reason(name, reason, tmp_path):
    with pytest.raises(Misuse, match=reason):
        write_starter(name, "python", tmp_path)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("letters", "language"), [(65, "python"), (300, "c"), (60, "julia")])
def test_a_name_is_as_long_as_it_may_be_declared(letters, language, tmp_path):
    """The second name of Julia's starter is longer by 8; before, the folder was left behind."""
    with pytest.raises(Misuse, match="64"):
        write_starter("a" * letters, language, tmp_path)

    assert [] == list(tmp_path.iterdir())


def test_an_unknown_language_is_answered_with_the_closest(tmp_path):
    with pytest.raises(UnknownName, match=r"unknown language 'pyton'\. Did you mean 'python'"):
        write_starter("my_first", "pyton", tmp_path)


def test_a_folder_that_is_there_is_not_touched(tmp_path):
    (tmp_path / "my_first").mkdir()
    (tmp_path / "my_first" / "impl.py").write_text("mine")

    with pytest.raises(Misuse, match="is there already; nothing was written"):
        write_starter("my_first", "python", tmp_path)

    assert (tmp_path / "my_first" / "impl.py").read_text() == "mine"
    assert [path.name for path in tmp_path.rglob("*")] == ["my_first", "impl.py"]


def test_the_name_of_an_implementation_of_the_project_is_taken(tmp_path):
    with pytest.raises(Misuse, match=r"'numpy_rows' is taken by .*numpy_rows/impl\.py"):
        write_starter("numpy_rows", "c", tmp_path)


def test_the_second_name_of_a_julia_starter_is_looked_up_too(tmp_path):
    write_starter("my_first_process", "python", tmp_path)

    with pytest.raises(Misuse, match="'my_first_process' is taken by"):
        write_starter("my_first", "julia", tmp_path)


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(Misuse, match=r"my_first cannot be written: .*--into PATH"):
        write_starter("my_first", "python", tmp_path / "file" / "below")


def test_nothing_is_left_behind_when_writing_fails(tmp_path, monkeypatch):
    write_text, written = Path.write_text, []

    def full_disk(path, *arguments, **options):
        if written:
            raise OSError(28, "No space left on device")
        written.append(path)
        return write_text(path, *arguments, **options)

    monkeypatch.setattr(Path, "write_text", full_disk)
    with pytest.raises(Misuse, match="No space left on device"):
        write_starter("my_first", "python", tmp_path)

    assert written
    assert not (tmp_path / "my_first").exists()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_lines_of_a_starter_are_short(language):
    for path in templates(language):
        assert [line for line in path.read_text().splitlines() if len(line) > 120] == [], path.name


def test_the_templates_stay_in_the_order_of_the_linter():
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", str(TEMPLATES)]
    answer = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    if "No module named ruff" in answer.stderr:
        pytest.skip("ruff is not installed")

    assert answer.returncode == 0, answer.stdout
