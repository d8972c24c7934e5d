"""How implementations and variants are asked for: by name, glob, axes in brackets; and what a near miss is told."""

import pytest
from everyone import EVERYONE

from paragone.errors import Misuse, UnknownName
from paragone.implementation.contract import variants
from paragone.implementation.registry import select
from paragone.implementation.selection import is_selected, selected
from paragone.plan.cells import chosen_variants
from paragone.plan.request import Request

KNOWN = [entry.implementation for entry in EVERYONE]


def meant(*patterns):
    return {
        variant.name
        for implementation in KNOWN
        for variant in variants(implementation)
        if is_selected(variant, patterns)
    }


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("numpy_rows[dtype=float32,order=F]", {"numpy_rows[dtype=float32,order=F]"}),
        ("numpy_rows[order=F,dtype=float32]", {"numpy_rows[dtype=float32,order=F]"}),
        ("numpy_rows[order=F]", {f"numpy_rows[dtype={dtype},order=F]" for dtype in ("float32", "float64")}),
        ("numpy_[r]ows[order=F,dtype=float64]", {"numpy_rows[dtype=float64,order=F]"}),
        ("*[flags=O2,dtype=float32]", {"c_loops[dtype=float32,flags=O2]"}),
    ],
)
def test_axes_in_brackets_narrow_a_name_to_its_variants(pattern, names):
    assert meant(pattern) == names


def test_a_name_alone_means_every_variant_and_brackets_without_an_equal_sign_are_those_of_a_glob():
    assert meant("numpy_rows") == meant("numpy_[r]ows") == meant("numpy_rows[order=C]", "numpy_rows[order=F]")
    assert len(meant("numpy_rows")) == 4


def test_implementations_without_the_axis_are_not_chosen_by_a_glob_that_asks_for_it():
    names = {implementation.name for implementation in selected(KNOWN, "numpy_*[order=F]")}

    assert {"numpy_rows", "numpy_columns"} <= names
    assert "numpy_tuned" not in names


@pytest.mark.parametrize("pattern", ["numpy_rows[order=Q]", "numpy_rows[ordr=F]", "numpy_rows[dtype=float16,order=F]"])
def test_axes_that_there_are_not_are_answered_with_those_there_are(pattern):
    with pytest.raises(Misuse) as caught:
        selected(KNOWN, pattern)

    assert f"no variant is called {pattern!r}" in str(caught.value)
    assert "There are: numpy_rows[dtype=float32|float64,order=C|F]" in str(caught.value)


@pytest.mark.parametrize("pattern", ["numpy_row[order=F]", "numpy_rows F", "numpy_rows[F]", "numpy_rows[order=F"])
def test_a_near_miss_of_a_variant_is_told_how_one_is_asked_for(pattern):
    with pytest.raises(UnknownName, match=r"Did you mean 'numpy_rows'.*'numpy_rows\[order=F\]'"):
        selected(KNOWN, pattern)


def test_an_unknown_name_without_brackets_is_told_of_the_closest_and_where_ones_own_are_found():
    with pytest.raises(UnknownName, match=r"Did you mean 'numpy_rows'\? One of your own is found by --plugins PATH"):
        selected(KNOWN, "numpy_row")


def test_of_those_chosen_only_the_variants_asked_for_take_part_and_a_quick_run_takes_one_dtype_of_these():
    asked = ("numpy_rows[order=F]", "c_blas[dtype=float64]")
    request = Request(problems=(), implementations=asked, quick=True)
    found = [variant.name for variant in chosen_variants(request, select(EVERYONE, asked))]

    assert found == ["c_blas[dtype=float64]", "numpy_rows[dtype=float32,order=F]"]


def test_a_folder_of_that_name_is_found_once_plugins_names_it(tmp_path, monkeypatch):
    (tmp_path / "my step").mkdir()
    (tmp_path / "my step" / "impl.py").write_text("")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(UnknownName, match="The folder my step holds one: add --plugins 'my step'"):
        selected(KNOWN, "my step")
