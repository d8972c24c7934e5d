"""kernel.toml: what is right is read, and whatever is wrong is named with its place, all of it at once."""

import pytest
from kernel_folder import KERNEL, text_of, write_kernel

from paragone.errors import Misuse
from paragone.task.kernel.kernel_file import read_kernel
from paragone.task.kernel.spec import ArraySpec


def mistakes_of(tmp_path, **changes):
    """What is said of the file, without its path and the number of mistakes."""
    folder = write_kernel(tmp_path, **changes)
    with pytest.raises(Misuse) as refusal:
        read_kernel(folder)
    first, *others = str(refusal.value).split("\n")
    assert first.startswith(f"{folder / 'kernel.toml'}: ")
    return [line.strip() for line in others] or [first.removeprefix(f"{folder / 'kernel.toml'}: ")]


def test_a_file_is_read_with_the_values_of_what_it_leaves_out(tmp_path):
    spec = read_kernel(write_kernel(tmp_path))

    assert (spec.name, spec.form, spec.grid, spec.size_name) == ("reach", "calls", (4, 10), "n")
    assert (spec.size_names, spec.constants) == (("n", "d"), (("d", "3"),))
    assert spec.arrays[0] == ArraySpec("X", "in", ("n", "d"), "real")
    assert (spec.cases, spec.shown, spec.cache, spec.tolerance) == (("random",), (), "warm", "auto")
    assert spec.dtypes == ("float64", "float32")


def test_a_grid_is_sorted_and_has_each_size_once(tmp_path):
    assert read_kernel(write_kernel(tmp_path, sizes=["n = [10, 4, 10]", "d = 3"])).grid == (4, 10)


def test_a_size_may_follow_from_those_above_it(tmp_path):
    spec = read_kernel(write_kernel(tmp_path, sizes=["d = 3", "n = [4, 10]", 'm = "2*n + d"']))

    assert spec.dimensions(10) == {"d": 3, "n": 10, "m": 23}


def test_a_tolerance_is_stated_for_each_dtype(tmp_path):
    spec = read_kernel(write_kernel(tmp_path, judge=["tolerance = { float32 = 1e-3, float64 = 1e-7 }"]))

    assert (spec.stated_tolerance("float32"), spec.stated_tolerance("float64")) == (1e-3, 1e-7)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"top": ['name = "other"', 'description = "x"']}, "name: expected 'reach', the folder's name; got 'other'"),
        ({"top": ['name = "reach"', 'description = ""']}, "description: expected a sentence, got an empty text"),
        ({"top": ['name = "Reach"', 'description = "x"']}, "name: expected a name of small letters"),
        ({"top": [*KERNEL[""], 'from = "x"']}, "from: unknown key. Did you mean 'form'?"),
        ({"top": [*KERNEL[""], 'dtypes = ["float32"]']}, "dtypes: unknown key. It belongs into [run]."),
        ({"counts": [*KERNEL["counts"], 'source = "x"']}, "counts.source: unknown key. It belongs to the top"),
        (
            {"top": [*KERNEL[""], 'form = "step"']},
            "form: expected one of calls, steps; got 'step'. Did you mean 'steps'?",
        ),
        ({"sizes": ["n = 4", "d = 3"]}, "sizes: expected exactly one name with a list, such as n = [10, 100, 1000]"),
        ({"sizes": ["n = [4]", "d = [3]"]}, "; 2 have: n, d"),
        ({"sizes": ["n = [0]", "d = 3"]}, "sizes.n: expected whole numbers above 0, got 0"),
        ({"sizes": ["n = [true]", "d = 3"]}, "sizes.n: expected whole numbers above 0, got True"),
        ({"sizes": ["n = []", "d = 3"]}, "sizes.n: expected 1 to 100 sizes, got 0"),
        ({"sizes": ["n = [4]", "d = 3.5"]}, "sizes.d: expected an expression of names of sizes"),
        ({"sizes": ["n = [4, 10]", 'd = "n - 4"']}, "sizes.d: expected 1 or more, got 0 from 'n - 4' where n = 4"),
        ({"sizes": ["n = [4]", "d = 3", "lambda = 2"]}, "sizes.lambda: 'lambda' is a word of one of the languages"),
        ({"sizes": ["n = [4]", "d = 3", "X = 2"]}, "arrays.X: there is a size of this name"),
        (
            {"arrays": [*KERNEL["arrays"], 'E = { role = "oout", shape = ["n"] }']},
            "arrays.E.role: expected one of in, out",
        ),
        ({"arrays": [*KERNEL["arrays"], 'E = { role = "in", shape = [] }']}, "arrays.E.shape: expected 1 to 8 lengths"),
        (
            {"arrays": [*KERNEL["arrays"], 'E = { role = "in", shape = ["n", "m"] }']},
            "arrays.E.shape[1]: unknown size 'm'",
        ),
        (
            {"arrays": [*KERNEL["arrays"], 'E = { role = "in", shape = ["n-4"] }']},
            "arrays.E.shape[0]: expected 1 or more",
        ),
        (
            {"arrays": [*KERNEL["arrays"], 'E = { role = "in", shape = ["n"], dtpe = "real" }']},
            "arrays.E.dtpe: unknown key. Did you mean 'dtype'?",
        ),
        ({"arrays": [*KERNEL["arrays"], 'E = { role = "in" }']}, "arrays.E.shape: missing"),
        ({"arrays": [*KERNEL["arrays"], "E = 3"]}, "arrays.E: expected { role ="),
        (
            {"arrays": [*KERNEL["arrays"], 'E = { role = "in", shape = ["n"], dtype = "int46" }']},
            "Did you mean 'int64'?",
        ),
        ({"arrays": []}, "arrays: missing; expected such as X = {"),
        ({"arrays": ['X = { role = "in", shape = ["n"] }']}, 'arrays: expected one array with role "out" or "inout"'),
        ({"top": [*KERNEL[""], 'form = "steps"']}, 'arrays: with form = "steps" a state evolves'),
        ({"counts": ['unit = "distances"']}, "counts.work: missing"),
        ({"counts": ['work = "n/2"', 'unit = "distances"']}, "counts.work: expected names of sizes"),
        ({"inputs": ['cases = ["a", "a"]']}, "inputs.cases: 'a' is there twice"),
        (
            {"inputs": ['cases = ["near", "far"]', 'shown = ["fat"]']},
            "inputs.shown: 'fat' is none of the cases. Did you mean",
        ),
        (
            {"inputs": ['cases = ["near", "far"]', 'shown = ["near"]']},
            "inputs.shown: 'near' is timed, and what is timed",
        ),
        (
            {"judge": ["tolerance = 1e-3"]},
            'judge.tolerance: expected "auto", "componentwise" or a relative error for each',
        ),
        ({"judge": ["tolerance = { float32 = 1e-3 }"]}, "judge.tolerance: missing float64, which run.dtypes names"),
        (
            {"judge": ["tolerance = { float32 = 2, float64 = 1e-7 }"]},
            "float32: expected a relative error above 0 and below 1",
        ),
        ({"judge": ['terms = "0"']}, "judge.terms: expected 1 or more, got 0"),
        (
            {"run": ['baseline = "x"', 'dtypes = ["float16"]']},
            "run.dtypes: expected one of float64, float32; got 'float16'",
        ),
        ({"run": []}, "run.baseline: missing"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path, changes, said):
    mistakes = mistakes_of(tmp_path, **changes)

    assert len(mistakes) == 1
    assert said in mistakes[0]


def test_every_mistake_of_a_file_is_named_at_once(tmp_path):
    mistakes = mistakes_of(
        tmp_path,
        top=['name = "reach"', 'form = "calls!"'],
        sizes=["n = [4, 10]", 'd = "k"'],
        arrays=['X = { role = "in", shape = ["n", "e"] }', 'D = { role = "up", shape = "n", dtype = "float32" }'],
        counts=['unit = "distances"', 'flop = "n"'],
    )

    assert [mistake.partition(": ")[0] for mistake in mistakes] == [
        *(
            "description",
            "form",
            "counts.flop",
            "counts.work",
            "arrays.D.role",
            "arrays.D.shape",
            "arrays.D.dtype",
            "sizes.d",
            "arrays.X.shape[1]",
        )
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [("name = ", "not a TOML file"), ("x = " + "[" * 9000, "not a TOML file"), ("#" * 70000, "at most")],
)
def test_a_file_that_is_no_toml_is_refused(tmp_path, text, said):
    folder = write_kernel(tmp_path)
    (folder / "kernel.toml").write_text(text)
    with pytest.raises(Misuse, match=said):
        read_kernel(folder)


def test_a_folder_without_the_file_is_told_how_to_get_one(tmp_path):
    with pytest.raises(Misuse, match=r"there is no such file\. Write a kernel with: paragone new-kernel"):
        read_kernel(tmp_path)


def test_a_section_that_is_no_table_is_named(tmp_path):
    folder = write_kernel(tmp_path)
    (folder / "kernel.toml").write_text("counts = 3\n" + text_of().replace("[counts]", "[count]"))
    with pytest.raises(Misuse) as refusal:
        read_kernel(folder)

    assert "counts: expected a table [counts], got 3" in str(refusal.value)
    assert "count: unknown key. Did you mean 'counts'?" in str(refusal.value)
