"""What the texts on the command line mean."""

import pytest

from paragone.cli.values import dtypes_of, names_of, problem_names
from paragone.errors import UnknownName


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (None, ()),
        (["a,b", "c"], ("a", "b", "c")),
        (["a, b,,a"], ("a", "b")),
        (["rows[dtype=float32,order=C],columns"], ("rows[dtype=float32,order=C]", "columns")),
        (["numpy_[rc]*,c_blas"], ("numpy_[rc]*", "c_blas")),
    ],
)
def test_names_are_a_list_with_commas_but_for_those_between_axes(given, names):
    assert names_of(given) == names


def test_dtypes_are_a_list_too_and_a_wrong_one_is_named():
    assert dtypes_of(["float32,float64"]) == ("float32", "float64")
    with pytest.raises(UnknownName, match="'float16'"):
        dtypes_of(["float32,float16"])


def test_problems_are_a_list_too_and_a_file_may_have_a_comma():
    assert problem_names(["nielsen,softmax", "my,own.toml"]) == ["nielsen", "softmax", "my,own.toml"]
    assert {"nielsen", "softmax", "mlp4", "relu3"} == {*problem_names(["all"])}
