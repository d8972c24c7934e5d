"""The page for contributors is true: its example passes the gate, its rejection is real, its commands exist."""

import re
import shlex
from dataclasses import replace

import numpy as np
import pytest
from typer.main import get_command

from paragone.cli.app import app
from paragone.files.paths import PROJECT
from paragone.implementation.contract import Implementation, variants
from paragone.implementation.registry import read_folder
from paragone.task.mlp.gate import gate, stress_problem
from paragone.task.mlp.problem_files import find_problem, read_problem, shipped_names

PAGE = (PROJECT / "CONTRIBUTING.md").read_text()
FILES = re.findall(r"`impls/numpy_einsum/(\w+\.py)`.*?\n```python\n(.*?)```\n", PAGE, re.DOTALL)
N_TRAIN = 300

_random = np.random.default_rng(0)
IMAGES = np.where(_random.random((N_TRAIN, 49)) < 0.19, _random.integers(1, 256, (N_TRAIN, 49)), 0).astype(np.uint8)
LABELS = _random.integers(0, 10, N_TRAIN).astype(np.uint8)


def written(folder, files):
    """The implementation that these files make."""
    folder.mkdir()
    for name, text in files:
        (folder / name).write_text(text)
    (implementation,) = read_folder(folder)
    return implementation


@pytest.fixture
def example(tmp_path):
    return written(tmp_path / "numpy_einsum", FILES)


def small(problem):
    """The problem with 7 × 7 pixels and 300 images."""
    return replace(problem, n_train=N_TRAIN, layers=(49, *problem.layers[1:]))


def checked(variant, problem):
    """What the gate says of a variant at batch size 10."""
    trained = variant.make()
    trained.load(problem, (IMAGES / 255).astype(variant.dtype), LABELS)

    def train(state, order):
        trained.reset(state)
        losses = trained.train(order)
        return trained.params(), losses

    return gate(train, problem, IMAGES, LABELS, 10, 1, variant.dtype)


def test_the_example_is_two_files_one_of_glue_and_one_of_maths(example):
    assert [name for name, _ in FILES] == ["impl.py", *example.maths]
    assert (example.name, len(list(variants(example)))) == ("numpy_einsum", 4)


@pytest.mark.parametrize("name", shipped_names())
def test_the_example_passes_the_gate_in_every_variant_on_every_workload_and_its_twin(name, example):
    plain = small(find_problem(name))
    for variant in variants(example):
        for problem in (plain, stress_problem(plain)):
            check = checked(variant, problem)

            assert (variant.name, problem.name, check.status, check.reason) == (
                *(variant.name, problem.name),
                *("passed", ""),
            )


def test_the_rejection_on_the_page_is_what_the_gate_says_of_the_line_that_it_deletes(tmp_path):
    (deleted,) = re.findall(r"^Delete `(.+?)` from", PAGE, re.MULTILINE)
    (quoted,) = re.findall(r"failed: (b1 differs.*?)\n\n", PAGE, re.DOTALL)
    sources = dict(FILES)
    _, _, backward = sources["einsum.py"].partition("def backward")
    assert backward.count(deleted) == 1
    sources["einsum.py"] = sources["einsum.py"].replace(backward, backward.replace(deleted, ""))
    broken = written(tmp_path / "numpy_einsum", sources.items())

    reason = checked(next(variants(broken)), small(find_problem("nielsen"))).reason

    number = re.compile(r"\d\.\de[+-]\d\d")  # of this data set; the words are the same
    assert number.sub("…", reason) == number.sub("…", " ".join(quoted.split()))


def test_the_workload_on_the_page_is_a_valid_file(tmp_path):
    (text,) = re.findall(r"`wide\.toml`:\n\n```toml\n(.*?)```", PAGE, re.DOTALL)
    path = tmp_path / "wide.toml"
    path.write_text(text)

    problem = read_problem(path)

    assert (problem.layers, problem.l2, problem.batch_sizes) == ((784, 100, 10), 1e-4, (10, 100, 1000, 50000))


def test_the_table_of_verbs_names_every_verb_with_its_arguments():
    for verb in Implementation.__abstractmethods__:
        code = getattr(Implementation, verb).__code__
        arguments = ", ".join(code.co_varnames[1 : code.co_argcount])
        assert f"| `{verb}({arguments})` |" in PAGE


def test_every_method_that_the_page_names_is_one_of_an_implementation():
    _, _, section = PAGE.partition("## What an implementation promises")
    named = set(re.findall(r"`(\w+)\([\w, ]*\)`", section.partition("\n## ")[0]))

    assert len(named) > 8
    assert {name for name in named if not hasattr(Implementation, name)} == set()


COMMANDS = re.findall(r"(?:^    |`)paragone ([^`\n#]+)", PAGE, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_on_the_page_is_understood(command):
    verb, *arguments = shlex.split(command)

    get_command(app).commands[verb].make_context(verb, arguments)


def test_every_make_target_and_every_file_that_the_page_names_exists():
    targets = re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    named = re.findall(r"(?:^    |`)make ([a-z-]+)", PAGE, re.MULTILINE)
    assert named
    assert set(named) <= set(targets)

    paths = re.findall(r"`((?:harness|impls|tests|benchmarks)/[\w./]+)`", PAGE)
    paths += re.findall(r"\]\(([\w./]+)\)", PAGE)
    missing = [path for path in paths if not (PROJECT / path).exists() and "numpy_einsum" not in path]
    assert len(paths) > 5
    assert missing == []


def test_the_page_stays_short():
    assert len(PAGE.splitlines()) < 300
