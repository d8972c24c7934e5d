import json
import math
import os
import re
import tempfile
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paragone.errors import InvalidProblem, UnknownName
from paragone.task.mlp.problem import OUTPUTS_AND_LOSSES, NetworkProblem
from paragone.task.mlp.problem_files import (
    CHECKS,
    DEFAULTS,
    SHIPPED,
    _problem,
    find_problem,
    read_problem,
    shipped_names,
)

GOOD = {
    "dataset": '"mnist"',
    "n_train": "100",
    "layers": "[784, 30, 10]",
    "hidden_activation": '"sigmoid"',
    "output_activation": '"sigmoid"',
    "loss": '"quadratic"',
    "learning_rate": "3.0",
    "reduction": '"mean"',
    "start": '"standard_normal"',
    "batch_sizes": "[1, 10]",
}


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a problem, good but for the changes, and returns its path."""

    def write(**changes):
        lines = [f"{key} = {value}" for key, value in (GOOD | changes).items() if value is not None]
        path = tmp_path / "mine.toml"
        path.write_text("\n".join(lines), encoding="utf-8")
        return path

    return write


def fault(path):
    """Return what is said about a bad problem, without the path before it."""
    with pytest.raises(InvalidProblem) as caught:
        read_problem(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    return text.removeprefix(f"{path}: ")


def test_a_good_problem_is_read_and_named_by_its_file(write):
    problem = read_problem(write())

    assert problem.name == "mine"
    assert problem.layers == (784, 30, 10)
    assert problem.learning_rate == ((1, 3.0),)
    assert problem.batch_sizes == (1, 10)


def test_a_missing_optional_key_takes_its_default(write):
    problem = read_problem(write())

    assert {key: getattr(problem, key) for key in DEFAULTS} == DEFAULTS


@pytest.mark.parametrize("name", shipped_names())
def test_every_shipped_problem_is_good_and_found_by_name_or_path(name):
    assert find_problem(name) == find_problem(str(SHIPPED / f"{name}.toml"))


def test_the_shipped_problems_are_those_of_the_sources():
    assert shipped_names() == ["mlp4", "nielsen", "relu3", "softmax"]
    assert find_problem("nielsen").learning_rate == ((1, 3.0),)
    assert find_problem("mlp4").learning_rate == ((1, 1e-3), (20000, 1e-4))
    assert find_problem("softmax").batch_sizes[-1] == 60000
    assert find_problem("relu3").hidden_activation == "relu"
    assert 128 in find_problem("relu3").batch_sizes


def test_a_problem_is_about_mnist_unless_it_says_otherwise(write):
    assert read_problem(write(dataset=None)).dataset == "mnist"


@pytest.mark.parametrize("key", [key for key in GOOD if key != "dataset"])
def test_each_missing_key_is_named(write, key):
    assert fault(write(**{key: None})).startswith(f"missing key '{key}': expected ")


def test_several_missing_keys_are_all_named(write):
    told = fault(write(loss=None, start=None))

    assert "missing key 'loss': expected one of quadratic, log, cross_entropy; missing key 'start': expected" in told


def test_every_mistake_of_a_file_is_told_at_once_with_what_is_allowed(write):
    told = fault(write(loss='"square"', momentum="-1", n_train=None, colour="3"))
    words = [
        "unknown key 'colour'",
        "missing key 'n_train'",
        "loss: expected one of",
        "momentum: expected a number from 0",
    ]

    assert [word for word in words if word not in told] == []


def test_of_very_many_mistakes_the_first_are_told(write):
    assert fault(write(**{f"key_{n}": "3" for n in range(99)})).endswith("; and 87 more")


@pytest.mark.parametrize("key", CHECKS)
def test_each_misspelt_key_is_answered_with_the_right_one(write, key):
    misspelt = key[:-1] + key[-1] * 2

    assert fault(write(**{misspelt: "1"})) == f"unknown key '{misspelt}'. Did you mean '{key}'?"


BAD_VALUES = {
    "description": ["1", "[]", "true"],
    "source": ["1", "1979-05-27"],
    "dataset": ['"MNIST"', "1", '["mnist"]'],
    "n_train": ["0", "-1", "1.0", "true", '"100"', "nan", "[100]"],
    "layers": [
        "784",
        "[784]",
        "[]",
        '[784, "30", 10]',
        "[784, 0, 10]",
        "[784, 30.0, 10]",
        "[784, 1]",
        "[784, 257]",
    ],
    "hidden_activation": ['"ReLU"', "0"],
    "output_activation": ['"Softmax"', "[]"],
    "loss": ['"cross entropy"', "{}"],
    "learning_rate": [
        "0",
        "-1",
        "nan",
        "inf",
        "true",
        '"3"',
        "{}",
        "[3.0]",
        "{ 1 = 0 }",
        "{ x = 1 }",
        "{ 0 = 1 }",
        "1e19",
        "{ 1000000000000000 = 1 }",
    ],
    "learning_rate_decay": ["-1e-6", "nan", "inf", "false", '"1"', "1" + "0" * 400],
    "momentum": ["1e300", "-0.5", '"0.5"', "1" + "0" * 400],
    "l1": ["-1", "[0]"],
    "l2": ["-inf", "12:00:00"],
    "reduction": ['"average"', "1"],
    "start": ['"zeros"', "0"],
    "records_loss": ["1", '"true"', "[]"],
    "batch_sizes": ["10", "[]", "[0]", "[1.0]", "[true]", '["all"]', "[101]", '[1, "1"]', "[[1]]"],
}


def test_every_key_has_bad_values_to_try():
    assert BAD_VALUES.keys() == CHECKS.keys()


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in BAD_VALUES.items() for value in values])
def test_each_bad_value_is_answered_with_its_key(write, key, value):
    assert fault(write(**{key: value})).startswith(key)


@pytest.mark.parametrize(
    ("key", "value", "closest"),
    [
        ("dataset", '"MNIST"', "mnist"),
        ("hidden_activation", '"sigmoyd"', "sigmoid"),
        ("output_activation", '"Softmax"', "softmax"),
        ("loss", '"cross entropy"', "cross_entropy"),
        ("reduction", '"means"', "mean"),
        ("start", '"scaled normal"', "scaled_normal"),
    ],
)
def test_each_misspelt_choice_is_answered_with_the_closest(write, key, value, closest):
    assert fault(write(**{key: value})).endswith(f"Did you mean '{closest}'?")


@pytest.mark.parametrize("output", ["sigmoid", "softmax"])
@pytest.mark.parametrize("loss", ["quadratic", "log", "cross_entropy"])
def test_only_the_defined_pairs_of_output_and_loss_are_taken(write, output, loss):
    path = write(output_activation=f'"{output}"', loss=f'"{loss}"')
    if (output, loss) in OUTPUTS_AND_LOSSES:
        assert (read_problem(path).output_activation, read_problem(path).loss) == (output, loss)
    else:
        assert f"{output} with {loss} is not defined" in fault(path)


def test_a_learning_rate_by_batch_size_is_sorted_by_the_number_not_the_text(write):
    problem = read_problem(write(learning_rate="{ 100 = 0.1, 20 = 0.5, 3 = 1 }"))

    assert problem.learning_rate == ((3, 1.0), (20, 0.5), (100, 0.1))


def test_a_bad_rate_of_one_batch_size_is_named_with_it(write):
    assert fault(write(learning_rate="{ 1 = 0.1, 20 = -1 }")).startswith("learning_rate.20: ")


def test_a_batch_size_with_two_rates_is_refused(write):
    assert fault(write(learning_rate="{ 1 = 0.1, 01 = 0.2 }")) == "learning_rate: a batch size is listed twice: 1, 01"


def test_full_stands_for_all_training_images_and_sizes_are_sorted_once_each(write):
    assert read_problem(write(batch_sizes='["full", 10, 1, 10, 100]')).batch_sizes == (1, 10, 100)


def test_a_misspelt_full_gets_an_error_with_the_expected_values(write):
    assert fault(write(batch_sizes='["ful"]')) == "batch_sizes: expected whole numbers above 0 or \"full\", got 'ful'"


def test_a_mark_of_the_byte_order_before_the_text_is_no_fault(write):
    path = write()
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())

    assert read_problem(path).n_train == 100


def test_a_whole_number_is_a_number(write):
    assert read_problem(write(learning_rate="3")).learning_rate == ((1, 3.0),)


@pytest.mark.parametrize(
    "content",
    [b"a =", b"\xff\xfe", b"a = 1\na = 2", b"a = " + b"[" * 5000, b"a = " + b"9" * 5000, b"\x00"],
    ids=["cut short", "not UTF-8", "twice", "too deep", "too many digits", "null"],
)
def test_a_file_that_is_not_toml_is_reported_as_such(tmp_path, content):
    path = tmp_path / "mine.toml"
    path.write_bytes(content)

    assert fault(path).startswith("not a TOML file: ")


def test_an_empty_file_lacks_every_key(write, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("")

    assert fault(path).startswith("missing key 'n_train': expected a whole number above 0; missing key 'layers': ")


def test_a_folder_cannot_be_read_as_a_problem(tmp_path):
    path = tmp_path / "folder.toml"
    path.mkdir()

    assert fault(path).startswith("cannot be read: ")


@pytest.mark.parametrize("name", ["no.toml", "~nobody-of-this-name/no.toml", "a/b/no.toml"])
def test_the_error_of_a_missing_file_lists_the_shipped_problems(name):
    with pytest.raises(InvalidProblem, match=r"no such file\. Shipped problems: mlp4, nielsen, relu3, softmax\."):
        find_problem(name)


@pytest.mark.parametrize("name", ["\0.toml", "x" * 300 + ".toml"], ids=["null", "too long"])
def test_a_path_that_cannot_be_is_no_crash(name):
    with pytest.raises(InvalidProblem, match="cannot be read"):
        find_problem(name)


def test_a_misspelt_name_is_answered_with_the_closest_and_the_way_to_give_a_file():
    with pytest.raises(UnknownName, match=r"'nielson'\. Did you mean 'nielsen'\? A problem of your own"):
        find_problem("nielson")


@pytest.mark.parametrize("name", ["", "nielsen.yaml", "all"])
def test_a_word_that_is_neither_a_name_nor_a_toml_file_is_unknown(name):
    with pytest.raises(UnknownName):
        find_problem(name)


def test_a_home_folder_is_understood(write, monkeypatch):
    path = write()
    monkeypatch.setenv("HOME", str(path.parent))

    assert find_problem("~/mine.toml").name == "mine"


scalars = (
    st.booleans()
    | st.integers()
    | st.integers(10**300, 10**310)
    | st.floats()
    | st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), max_size=5)
    | st.sampled_from(["full", "mnist", "sigmoid", "mean", 1, 10, 784])
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["1", "20", "x", ""]), inner),
    max_leaves=6,
)


def toml(value):
    """Return a value as TOML writes it; JSON's texts are TOML's, but for the delete character."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml(key)} = {toml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value).replace("Infinity", "inf").replace("NaN", "nan").replace("\x7f", "\\u007f")


def written(changes):
    return {key: toml(value) for key, value in changes.items()}


@given(st.dictionaries(st.sampled_from(list(CHECKS)), values, max_size=4))
def test_any_values_give_a_problem_or_an_error_that_names_a_key(tmp_path_factory, changes):
    """Whatever TOML can hold: InvalidProblem or a Problem in which every number is usable, nothing else."""
    path = tmp_path_factory.getbasetemp() / "fuzz.toml"
    path.write_text("\n".join(f"{key} = {value}" for key, value in (GOOD | written(changes)).items()), "utf-8")
    problem, said = None, ""
    try:
        problem = read_problem(path)
    except InvalidProblem as error:
        said = str(error)
    if problem is None:
        assert any(key in said for key in changes)
        return

    assert isinstance(problem, NetworkProblem)
    assert all(math.isfinite(rate) and rate > 0 and size > 0 for size, rate in problem.learning_rate)
    assert all(0 < size <= problem.n_train for size in problem.batch_sizes)
    assert all(math.isfinite(value) for value in (problem.momentum, problem.l1, problem.l2))
    hash(problem)


@given(st.text() | st.binary())
def test_any_content_of_a_file_is_a_problem_or_invalid(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "fuzz.toml"
    path.write_bytes(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)

    with pytest.raises(InvalidProblem):
        read_problem(path)


# --- hostile files ---


def refused(path):
    """Return the sentence with which a file is refused, which names it and is short."""
    with pytest.raises(InvalidProblem) as raised:
        read_problem(path)
    assert str(raised.value).startswith(f"{path}: ")
    assert len(str(raised.value)) < 4000 + len(str(path))
    return str(raised.value)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(key=st.sampled_from([*CHECKS, "unknown"]), value=VALUES.filter(lambda value: value is not None))
def test_any_value_under_any_key_gives_a_problem_or_a_sentence(key, value):
    said = key
    try:
        _problem("any", {**tomllib.loads((SHIPPED / "mlp4.toml").read_text()), key: value})
    except ValueError as error:
        said = str(error)
    assert key in said or "output_activation" in said or "batch_sizes" in said
    assert len(said) < 500


@given(st.binary(max_size=200))
def test_any_bytes_give_a_problem_or_a_sentence(content):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "any.toml"
        path.write_bytes(content)
        refused(path)


HUGE = (f'"{"x" * 60_000}"', "0x" + "f" * 9000, f"[{'1,' * 20_000}]")


@pytest.mark.parametrize("value", HUGE, ids=["text", "number", "list"])
def test_a_huge_value_is_quoted_in_few_words(tmp_path, value):
    path = tmp_path / "huge.toml"
    path.write_text(re.sub(r"(?m)^loss = .*$", f"loss = {value}", (SHIPPED / "mlp4.toml").read_text()))
    assert "loss: expected one of" in refused(path)


def test_a_special_or_endless_file_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.toml")
    (tmp_path / "zero.toml").symlink_to("/dev/zero")
    (tmp_path / "folder.toml").mkdir()
    with (tmp_path / "sparse.toml").open("wb") as file:
        file.truncate(2**40)

    assert "not a regular file" in refused(tmp_path / "pipe.toml")
    assert "not a regular file" in refused(tmp_path / "zero.toml")
    assert "a folder" in refused(tmp_path / "folder.toml")
    assert "expected a file of at most 65536 bytes" in refused(tmp_path / "sparse.toml")


def test_a_network_that_no_memory_holds_is_refused(tmp_path):
    path = tmp_path / "wide.toml"
    wide = "layers = [784, 1000000000000, 10]"
    path.write_text(re.sub(r"(?m)^layers = .*$", wide, (SHIPPED / "mlp4.toml").read_text()))

    assert "layers: expected at most 100000000 weights" in refused(path)


@pytest.mark.parametrize(
    "stem", ["x" * 200, "a\x1b[2J", "a\nb", "\u202ea"], ids=["long", "escape", "newline", "override"]
)
def test_a_problems_name_prints_and_is_short(tmp_path, stem):
    path = tmp_path / f"{stem}.toml"
    path.write_bytes((SHIPPED / "mlp4.toml").read_bytes())
    assert "the file's name: expected at most 100 characters that print" in refused(path)
