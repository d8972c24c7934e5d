"""The page for contributors is true: its example passes the gate, its rejection is real, what it names exists."""

import re
from dataclasses import replace

import numpy as np
import pytest
from described_here import made, variants_of

from paragone.files.paths import PROJECT
from paragone.implementation.contract import Implementation
from paragone.implementation.registry import read_folder
from paragone.implementation.template import write_starter
from paragone.task.mlp.gate import gate, stress_problem
from paragone.task.mlp.problem_files import find_problem, read_problem, shipped_names

PAGE = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")
(DIFF,) = re.findall(r"```diff\n(.*?)```", PAGE, re.DOTALL)
N_TRAIN = 300

_random = np.random.default_rng(0)
IMAGES = np.where(_random.random((N_TRAIN, 49)) < 0.19, _random.integers(1, 256, (N_TRAIN, 49)), 0).astype(np.uint8)
LABELS = _random.integers(0, 10, N_TRAIN).astype(np.uint8)


def changed(text, diff):
    """The text with every hunk of a diff applied; what a hunk removes or leaves must stand there exactly once."""
    for hunk in re.split(r"^@@.*\n", diff, flags=re.MULTILINE)[1:]:
        lines = hunk.splitlines(keepends=True)
        old = "".join(line[1:] for line in lines if line[0] in " -")
        assert text.count(old) == 1, old
        text = text.replace(old, "".join(line[1:] for line in lines if line[0] in " +"))
    return text


@pytest.fixture
def example(tmp_path):
    """The folder of the page's example: a starter with the changes of the page."""
    write_starter("numpy_einsum", "python", tmp_path)
    maths = tmp_path / "numpy_einsum" / "maths.py"
    maths.write_text(changed(maths.read_text(encoding="utf-8"), DIFF), encoding="utf-8")
    return maths.parent


def small(problem):
    """The problem with 7 × 7 pixels and 300 images."""
    return replace(problem, n_train=N_TRAIN, layers=(49, *problem.layers[1:]))


def checked(variant, problem):
    """What the gate says of a variant at batch size 10."""
    trained = made(variant)
    trained.load(problem, (IMAGES / 255).astype(variant.dtype), LABELS)

    def train(state, order):
        trained.reset(state)
        losses = trained.train(order)
        return trained.params(), losses

    return gate(train, problem, IMAGES, LABELS, 10, 1, variant.dtype)


@pytest.mark.parametrize("name", shipped_names())
def test_the_example_passes_the_gate_in_every_variant_on_every_workload_and_its_twin(name, example):
    (implementation,) = read_folder(example)
    plain = small(find_problem(name))
    for variant in variants_of(implementation):
        for problem in (plain, stress_problem(plain)):
            check = checked(variant, problem)

            assert (variant.name, problem.name, check.status, check.reason) == (
                *(variant.name, problem.name),
                *("passed", ""),
            )


def test_every_product_of_the_example_is_an_einsum(example):
    assert "@" not in re.sub(r'"""[\s\S]*?"""', "", (example / "maths.py").read_text(encoding="utf-8"))


def test_the_rejection_on_the_page_is_what_the_gate_says_of_the_line_that_it_deletes(example):
    (deleted,) = re.findall(r"^Delete `(.+?)` from", PAGE, re.MULTILINE)
    (quoted,) = re.findall(r"failed: (b1 differs.*?)\n\n", PAGE, re.DOTALL)
    maths = (example / "maths.py").read_text(encoding="utf-8")
    _, _, backward = maths.partition("def backward")
    assert backward.count(deleted) == 1
    (example / "maths.py").write_text(maths.replace(backward, backward.replace(deleted, "")), encoding="utf-8")
    (broken,) = read_folder(example)

    variant = variants_of(broken)[0]
    reason = checked(variant, small(find_problem("nielsen"))).reason

    assert f"nielsen {variant.name} batch 10 failed: " in PAGE
    number = re.compile(r"\d\.\de[+-]\d\d")  # of this data set; the words are the same
    assert number.sub("…", reason) == number.sub("…", " ".join(quoted.split()))


def test_the_order_of_the_images_is_an_axis_of_a_maths_file(example):
    glue = example / "impl.py"
    (axis,) = re.findall(r'^`("order": \(.*?\))` is understood', PAGE, re.MULTILINE)
    glue.write_text(re.sub(r"axes = \{.*?\}", f'axes = {{"dtype": FLOATS, {axis}}}', glue.read_text()))
    (implementation,) = read_folder(example)
    loaded = {variant.name: made(variant) for variant in variants_of(implementation)}
    for each in loaded.values():
        each.load(small(find_problem("nielsen")), (IMAGES / 255).astype(each.dtype), LABELS)

    assert {name: each.X.flags.f_contiguous for name, each in loaded.items()} == {
        f"numpy_einsum[dtype={dtype},order={order}]": order == "F" for dtype in ("float32", "float64") for order in "CF"
    }


def test_the_lines_of_an_implementation_that_the_page_quotes_stand_there():
    ((file, quoted),) = re.findall(r"`(impls/mlp/[\w/]+\.py)`:\n\n```python\n(.*?)```", PAGE, re.DOTALL)
    source = (PROJECT / file).read_text(encoding="utf-8").splitlines()

    assert [line for line in quoted.splitlines() if line.strip() != "..." and line not in source] == []
    assert "self.axis[" in quoted


def test_the_workload_on_the_page_is_a_valid_file(tmp_path):
    (text,) = re.findall(r"`wide\.toml`:\n\n```toml\n(.*?)```", PAGE, re.DOTALL)
    path = tmp_path / "wide.toml"
    path.write_text(text)

    problem = read_problem(path)

    assert (problem.layers, problem.l2, problem.batch_sizes) == ((784, 100, 10), 1e-4, (10, 100, 1000, 50000))


def test_the_table_of_methods_names_every_method_with_its_arguments():
    for verb in Implementation.__abstractmethods__:
        code = getattr(Implementation, verb).__code__
        arguments = ", ".join(code.co_varnames[1 : code.co_argcount])
        assert f"| `{verb}({arguments})` |" in PAGE


def test_every_method_that_the_page_names_is_one_of_an_implementation():
    _, _, section = PAGE.partition("## What an implementation promises")
    named = set(re.findall(r"`(\w+)\([\w, ]*\)`", section.partition("\n## ")[0]))

    assert len(named) > 8
    assert {name for name in named if not hasattr(Implementation, name)} == set()


def test_every_make_target_and_every_file_that_the_page_names_exists():
    targets = re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    named = re.findall(r"(?:^    |`)make ([a-z-]+)", PAGE, re.MULTILINE)
    assert named
    assert set(named) <= set(targets)

    paths = re.findall(r"`((?:harness|impls|tests|benchmarks)/[\w./]+)`", PAGE)
    missing = [path for path in paths if not (PROJECT / path).exists() and "my_step" not in path]
    assert len(paths) > 5
    assert missing == []


def test_the_page_stays_short():
    assert len(PAGE.splitlines()) <= 240
