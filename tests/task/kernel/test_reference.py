"""A reference gives inputs and right results, and a mistake in it is said with the file and the line."""

import numpy as np
import pytest
from kernel_folder import KERNEL, REFERENCE, write_kernel

from paragone.errors import Misuse
from paragone.task.kernel.kernel_file import read_kernel
from paragone.task.kernel.reference import load_reference


def loaded(tmp_path, reference=REFERENCE, **changes):
    folder = write_kernel(tmp_path, reference, **changes)
    spec = read_kernel(folder)
    return load_reference(folder, spec), spec


def said_of(tmp_path, reference, **changes):
    """The sentence about a reference that is loaded and called, without the path of its folder."""

    def use():
        found, spec = loaded(tmp_path, reference, **changes)
        found.outputs(found.inputs(0, "random", spec, 4), spec, 4, "random")

    with pytest.raises(Misuse) as refusal:
        use()
    return str(refusal.value).removeprefix(f"{tmp_path / 'reach'}/")


def test_inputs_are_the_same_for_a_seed_and_others_for_another(tmp_path):
    reference, spec = loaded(tmp_path)
    first, again, other = (reference.inputs(seed, "random", spec, 10)["X"] for seed in (1, 1, 2))

    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_inputs_are_numbers_of_float32_in_float64(tmp_path):
    reference, spec = loaded(tmp_path)
    X = reference.inputs(1, "random", spec, 10)["X"]

    assert X.dtype == np.float64
    assert np.array_equal(X, X.astype(np.float32))


def test_results_have_the_names_of_the_arrays(tmp_path):
    reference, spec = loaded(tmp_path)
    inputs = reference.inputs(1, "random", spec, 10)
    outputs = reference.outputs(inputs, spec, 10)

    assert list(outputs) == ["D"]
    assert outputs["D"] == pytest.approx(np.linalg.norm(inputs["X"] - inputs["centre"], axis=1))


def test_a_reference_that_changes_its_inputs_harms_nobody(tmp_path):
    reference, spec = loaded(tmp_path, REFERENCE.replace("    return np.sqrt", "    X -= 1\n    return np.sqrt"))
    inputs = reference.inputs(1, "random", spec, 10)
    before = inputs["X"].copy()
    reference.outputs(inputs, spec, 10)

    assert np.array_equal(inputs["X"], before)


def test_two_kernels_of_one_name_are_two_modules(tmp_path):
    for parent, factor in (("a", "1"), ("b", "2")):
        (tmp_path / parent).mkdir()
        text = REFERENCE.replace("return np.sqrt", f"return {factor} * np.sqrt")
        folder = write_kernel(tmp_path / parent, text)
        spec = read_kernel(folder)
        reference = load_reference(folder, spec)
        if parent == "a":
            first, inputs = reference, reference.inputs(1, "random", spec, 4)

    assert np.array_equal(2 * first.outputs(inputs, spec, 4)["D"], reference.outputs(inputs, spec, 4)["D"])


@pytest.mark.parametrize("parameters", ["X, centre", "X, centre, *, d", "X, centre, n, d", "X, centre, **sizes"])
def test_a_reference_takes_the_sizes_that_it_needs(tmp_path, parameters):
    reference, spec = loaded(tmp_path, REFERENCE.replace("X, centre, *, n, d", parameters))

    assert reference.outputs(reference.inputs(1, "random", spec, 4), spec, 4)["D"].shape == (4,)


def test_a_result_of_one_number_may_be_a_number(tmp_path):
    arrays = [*KERNEL["arrays"][:2], 'D = { role = "out", shape = [1] }']
    text = REFERENCE.replace("np.sqrt(((X - centre) ** 2).sum(axis=1))", "X.sum()")
    reference, spec = loaded(tmp_path, text, arrays=arrays)

    assert reference.outputs(reference.inputs(1, "random", spec, 4), spec, 4)["D"].shape == (1,)


def test_the_mistakes_that_it_names_are_kept(tmp_path):
    reference, _ = loaded(tmp_path, REFERENCE + '\n\nMISTAKES = {"it were the reference": reference}\n')

    assert list(reference.mistakes) == ["it were the reference"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("def reference(", "def refference(", "the function 'reference' is missing. Did you mean 'refference'?"),
        (
            "(X, centre, *, n, d)",
            "(centre, X, *, n, d)",
            "reference.py:10: reference(centre, X, *, n, d): expected reference(X",
        ),
        ("(X, centre, *, n, d)", "(X, centre, *, n, m)", "expected reference(X, centre, *, n, d): missing a required"),
        ("(rng, case, *", "(rng, *", "reference.py:6: inputs(rng, *, n, d): expected inputs(rng, case, *, n, d): "),
        ("import numpy", "import nunpy", "reference.py:3: cannot be imported: ModuleNotFoundError: No module named"),
        ("return np.sqrt", "return np sqrt", "reference.py:11: invalid syntax"),
        ("return np.sqrt", "return np.squirt", "reference.py:11: reference raised AttributeError: "),
        (
            "return {",
            "raise SystemExit(3)\n    return {",
            "reference.py:7: inputs raised SystemExit: 3 where n = 4, d = 3",
        ),
        ('"centre": rng', '"center": rng', "reference.py:6: inputs: unknown array 'center'. Did you mean 'centre'?"),
        (', "centre": rng.uniform(0, 1, d)', "", "reference.py:6: inputs: the array 'centre' is missing"),
        ("return {", "return 3\n    return {", "inputs: expected a dict of arrays by name, got int"),
        ("(n, d))", "(d, n))", "inputs: X has the shape (3, 4), (4, 3) is expected where n = 4, d = 3"),
        ("(axis=1))", "())", "reference.py:10: reference: D has the shape (), (4,) is expected where n = 4, d = 3"),
        ("return np.sqrt(", "return 1, np.sqrt(", "reference: expected 1 arrays in this order: D; got 2"),
        ("return np.sqrt(", "return 1j + np.sqrt(", "reference: D is complex128, float64 is expected"),
        (
            "return np.sqrt(",
            "return np.log(-",
            "4 of the 4 values of D are NaN or infinite in the case 'random' where n = 4",
        ),
        ("rng.uniform(0, 1, d)", "np.full(d, 1e300)", "of centre are NaN or infinite in the case 'random'"),
    ],
)
def test_a_mistake_is_said_with_the_file_and_the_line(tmp_path, old, new, said):
    assert old in REFERENCE
    assert said in said_of(tmp_path, REFERENCE.replace(old, new))


def test_mistakes_that_are_no_functions_are_refused(tmp_path):
    assert "MISTAKES: expected a dict of functions" in said_of(tmp_path, REFERENCE + "\nMISTAKES = {'a': 3}\n")


def test_a_case_may_ask_for_nan(tmp_path):
    text = REFERENCE.replace("    return {", "    return {} if case == 'random' else {").replace(
        "rng.uniform(0, 1, d)", "np.array([np.nan, 0, 0])"
    )
    cases = ['cases = ["random", "gaps"]', 'not_finite = ["gaps"]']
    reference, spec = loaded(tmp_path, text, inputs=cases)
    inputs = reference.inputs(1, "gaps", spec, 4)

    assert np.isnan(reference.outputs(inputs, spec, 4, "gaps")["D"]).all()


def test_whole_numbers_keep_their_dtype_and_are_whole(tmp_path):
    arrays = [*KERNEL["arrays"][:2], 'D = { role = "out", shape = ["n"], dtype = "int32" }']
    reference, spec = loaded(
        tmp_path, REFERENCE.replace("return np.sqrt", "return np.arange(n) + 0 * np.int64"), arrays=arrays
    )
    inputs = reference.inputs(1, "random", spec, 4)

    assert reference.outputs(inputs, spec, 4)["D"].dtype == np.int32
    assert "D is float64, int32 is expected" in said_of(tmp_path, REFERENCE, arrays=arrays)


def test_a_kernel_without_the_file_is_told_what_it_holds(tmp_path):
    folder = write_kernel(tmp_path)
    spec = read_kernel(folder)
    (folder / "reference.py").unlink()
    with pytest.raises(Misuse, match=r"there is no such file\. It holds inputs"):
        load_reference(folder, spec)
