"""Results are passed, failed with what is wrong, or not checked with the reason."""

from dataclasses import replace

import numpy as np
import pytest
from kernel_folder import write_kernel

from paragone.task.kernel.judge import AS_EXACT_AS_FLOAT64, judge, show
from paragone.task.kernel.kernel_file import read_kernel
from paragone.task.kernel.perturbation import Expected, Spread, expect
from paragone.task.kernel.reference import Reference, load_reference
from paragone.task.kernel.spec import ArraySpec

SIZE = 10


@pytest.fixture
def kernel(tmp_path):
    folder = write_kernel(tmp_path)
    spec = read_kernel(folder)
    return load_reference(folder, spec), spec


@pytest.fixture
def spec(kernel):
    return kernel[1]


@pytest.fixture
def expected(kernel):
    reference, spec = kernel
    return expect(reference, spec, reference.inputs(1, "random", spec, SIZE), SIZE)


def said_of(spec, expected, D, dtype="float64"):
    result = judge(spec, expected, {"D": D}, dtype)
    assert result.status == "failed"
    return result.reason


def wide(spec, function, x=None, n=1000):
    """A kernel of n numbers from n numbers with its expected results."""
    arrays = (ArraySpec("x", "in", ("n",)), ArraySpec("D", "out", ("n",)))
    spec = replace(spec, arrays=arrays, size_names=("n",), constants=(), terms="n", flops="")
    if x is None:
        x = np.random.Generator(np.random.PCG64(3)).standard_normal(n).astype(np.float32).astype(np.float64)
    return spec, x, expect(Reference(None, function), spec, {"x": x}, n)


def test_the_reference_itself_passes(spec, expected):
    result = judge(spec, expected, expected.outputs, "float64")

    assert (result.status, result.reason, result.error) == ("passed", "", 0.0)


def test_float32_arithmetic_passes_as_float32_and_fails_as_float64_by_name(kernel, expected):
    reference, spec = kernel
    inputs = {name: x.astype(np.float32) for name, x in reference.inputs(1, "random", spec, SIZE).items()}
    squares = ((inputs["X"] - inputs["centre"]) ** 2).sum(axis=1)
    single = np.sqrt(squares).astype(np.float64)

    assert judge(spec, expected, {"D": single}, "float32").passed
    assert said_of(spec, expected, single) == (
        "every value of D is a number of float32, and those of the reference are not: "
        "computed in float32 but declared float64"
    )
    assert said_of(spec, expected, np.sqrt(squares.astype(np.float64))).endswith(
        "an error of this size is float32's: is anything computed in float32?"
    )


def test_zeros_are_wrong_for_their_distance_and_not_for_their_digits(spec, expected):
    result = judge(spec, expected, {"D": np.zeros(SIZE)}, "float64")

    assert (result.status, result.tensor, result.error) == ("failed", "D", 1.0)
    assert result.reason.startswith("D differs from the reference by 1.0e+00")


def test_a_wrong_number_fails_with_its_error_and_the_bound(spec, expected):
    D = expected.outputs["D"].copy()
    D[3] += 0.1
    result = judge(spec, expected, {"D": D}, "float64")

    assert (result.status, result.tensor) == ("failed", "D")
    assert result.reason.startswith(
        f"D differs from the reference by {result.error:.1e}, {result.bound:.1e} is allowed; "
    )


@pytest.mark.parametrize(
    ("D", "said"),
    [
        (np.ones(9), "D: expected float64 (10,), got float64 (9,)"),
        (np.ones((10, 1)), "D: expected float64 (10,), got float64 (10, 1)"),
        (np.ones(10, np.int64), "D: expected float64 (10,), got int64 (10,)"),
        ([1.0] * 10, "D: expected float64 (10,), got list"),
        (None, "D: expected float64 (10,), got NoneType"),
    ],
)
def test_another_form_is_named(spec, expected, D, said):
    assert said_of(spec, expected, D) == said


def test_a_missing_array_is_named(spec, expected):
    assert judge(spec, expected, {}, "float64").reason == "D: expected float64 (10,), got NoneType"


def test_what_was_never_written_is_counted(spec, expected):
    D = expected.outputs["D"].copy()
    D[[4, 9]] = np.nan

    assert said_of(spec, expected, D) == (
        "2 of the 10 values of D are NaN where the reference is finite, first at [4]: "
        "never written, computed from what was not, or an overflow (inf/inf)"
    )
    D[4] = np.inf
    assert "2 of the 10 values of D are NaN or infinite where" in said_of(spec, expected, D)
    D[9] = -np.inf
    assert "2 of the 10 values of D are infinite where" in said_of(spec, expected, D)


@pytest.mark.parametrize("wrong", [np.inf, 1.0])
def test_nan_of_the_reference_must_be_there(spec, wrong):
    spec, _, expected = wide(spec, lambda x, n: np.where(np.arange(n) == 7, np.nan, x))
    D = expected.outputs["D"].copy()
    assert judge(spec, expected, {"D": D}, "float64").passed
    D[7] = wrong

    assert said_of(spec, expected, D) == f"D is {wrong:g} at [7], the reference nan"


@pytest.mark.parametrize("wrong", [-np.inf, np.nan, 1.0])
def test_infinity_of_the_reference_must_be_there_with_its_sign(spec, wrong):
    spec, _, expected = wide(spec, lambda x, n: np.where(np.arange(n) == 7, np.inf, x))
    D = expected.outputs["D"].copy()
    assert judge(spec, expected, {"D": D}, "float64").passed
    D[7] = wrong

    assert said_of(spec, expected, D) == f"D is {wrong:g} at [7], the reference inf"


def test_what_overflows_float32_is_infinite_there(spec):
    spec, _, expected = wide(spec, lambda x, n: 1e36 * x**9)
    with np.errstate(over="ignore"):
        single = expected.outputs["D"].astype(np.float32).astype(np.float64)

    assert np.isinf(single).any()
    assert judge(spec, expected, {"D": single}, "float32").passed
    assert "the reference" in said_of(spec, expected, np.nan_to_num(single, posinf=3e38, neginf=-3e38), "float32")


def test_values_that_float32_cannot_hold_are_counted(spec, expected):
    assert (
        said_of(spec, expected, expected.outputs["D"], "float32")
        == "10 of the 10 values of D cannot be held in float32"
    )


@pytest.mark.parametrize(("name", "digits"), [("half precision", 11), ("bfloat16", 8)])
def test_values_of_lower_precision_are_named_however_loose_the_tolerance(spec, expected, name, digits):
    significand, exponent = np.frexp(expected.outputs["D"])
    low = np.ldexp(np.round(np.ldexp(significand, digits)), exponent - digits)
    loose = replace(spec, tolerance=(("float32", 0.1), ("float64", 0.1)))

    assert f"every value of D is a number of {name}" in said_of(loose, expected, low, "float32")


def test_results_that_are_whole_by_nature_are_not_called_imprecise(spec):
    spec, _, expected = wide(spec, lambda x, n: np.round(x))

    assert judge(spec, expected, expected.outputs, "float64").passed
    assert judge(spec, expected, expected.outputs, "float32").passed


def test_whole_numbers_must_be_equal_but_for_those_that_rounding_changes(spec):
    arrays = (ArraySpec("x", "in", ("n",)), ArraySpec("k", "out", ("n",), "int32"))
    whole = replace(spec, arrays=arrays)
    right = np.array([5, 6, 7], np.int32)
    uncertain = {"float32": {"k": np.array([False, True, False])}}
    expected = Expected({"k": right}, Spread({}, {}, uncertain))
    other = np.array([5, 9, 7], np.int32)

    assert judge(whole, expected, {"k": right}, "float64").passed
    assert judge(whole, expected, {"k": other}, "float32").passed
    assert judge(whole, expected, {"k": other}, "float64").reason == (
        "1 of the 3 values of k differ from the reference, first at [1]: 9, 6 is expected"
    )


def test_where_rounding_decides_everything_nothing_is_checked(spec):
    spec, _, expected = wide(spec, lambda x, n: np.sin(1e9 * x))
    other = np.roll(expected.outputs["D"], 1).astype(np.float32).astype(np.float64)
    result = judge(spec, expected, {"D": other}, "float32")

    assert result.status == "not checked"
    assert "rounding alone may move D by" in result.reason


def test_where_rounding_is_amplified_too_much_nothing_is_checked(spec):
    spec, _, expected = wide(spec, lambda x, n: x - 1, x=1 + np.arange(1, 1001) * 2.0**-40)
    result = judge(spec, expected, expected.outputs, "float64")

    assert result.status == "not checked"
    assert "amplifies rounding more than 1e+06 times" in result.reason
    assert "unless inputs are better conditioned or judge.tolerance states what is allowed" in result.reason
    stated = replace(spec, tolerance=(("float64", 1e-6),))
    assert "passed" == judge(stated, expected, expected.outputs, "float64").status


def test_an_array_that_is_wrong_is_wrong_however_loose_another_is(spec):
    arrays = (ArraySpec("a", "out", ("n",)), ArraySpec("b", "out", ("n",)))
    two = replace(spec, arrays=arrays)
    right = {"a": np.array([0.3, 0.7]), "b": np.array([0.3, 0.7])}
    expected = Expected(right, Spread({"a": 1e15, "b": 1.0}))

    assert judge(two, expected, right, "float64").status == "not checked"
    assert judge(two, expected, {**right, "b": right["b"] + 1}, "float64").status == "failed"


def test_a_note_says_where_float32_is_as_exact_as_float64(spec):
    spec, x, expected = wide(spec, lambda x, n: np.add.accumulate(x))
    rounded_once = expected.outputs["D"].astype(np.float32).astype(np.float64)
    honest = np.add.accumulate(x.astype(np.float32)).astype(np.float64)

    assert judge(spec, expected, {"D": rounded_once}, "float32").note == AS_EXACT_AS_FLOAT64
    assert judge(spec, expected, {"D": honest}, "float32").note == ""
    assert judge(replace(spec, terms=""), expected, {"D": rounded_once}, "float32").note == ""


def test_a_case_that_is_shown_has_an_error_and_no_verdict(spec, expected):
    D = expected.outputs["D"] * 1.5
    result = show(spec, expected, {"D": D}, "float64")

    assert result.status == "not checked"
    assert result.error == pytest.approx(0.5)
    assert result.reason == "this case is shown and not judged"
    assert show(spec, expected, {"D": D[:3]}, "float64").status == "failed"


def test_a_shown_result_that_is_not_finite_is_infinitely_wrong(spec, expected):
    assert show(spec, expected, {"D": np.full(SIZE, np.nan)}, "float64").error == np.inf
