"""Which implementations of two sides are measured against each other, and why the others are left out."""

import pytest
from kernel_folder import write_kernel
from small_project import write

from paragone.comparison.live import SAME, paired
from paragone.comparison.revisions import Side
from paragone.comparison.versions import version_set
from paragone.errors import Incomparable, Unavailable, UnknownName


def test_what_differs_takes_part_and_the_rest_is_left_out_with_its_reason(sides):
    found = paired(*sides())

    assert ("one",) == found.names
    assert {"other": SAME, "early": "new has none", "late": "old has none"} == found.left_out


def test_what_is_the_same_takes_part_where_everything_is_asked_for(sides):
    assert ("one", "other") == paired(*sides(), everything=True).names


def test_patterns_choose_among_those_that_either_side_has(sides):
    assert {} == paired(*sides(), patterns=["on*"]).left_out
    assert {"other": SAME} == paired(*sides(), patterns=["one", "oth*"]).left_out
    with pytest.raises(UnknownName, match="Did you mean 'other'"):
        paired(*sides(), patterns=["othre"])


def test_where_nothing_differs_that_is_said_with_how_to_measure_it_all_the_same(sides):
    with pytest.raises(Incomparable, match=r"nothing differs between old and new; 1 with the same source .*--all"):
        paired(*sides(), patterns=["other"])
    with pytest.raises(Incomparable, match=r"there is nothing to compare\. early: new has none"):
        paired(*sides(), patterns=["early"])


def test_what_this_harness_cannot_load_is_a_row_with_its_reason(sides, tmp_path):
    write(tmp_path / "old" / "other", "", impl="from paragone.adapters import gone_since")
    found = paired(*sides())

    assert ("one",) == found.names
    assert ["other@old"] == [entry.name for entry in found.broken]
    assert "cannot import name 'gone_since'" in found.broken[0].reason
    assert found.left_out["other"].startswith("old cannot use it: ")


def test_what_b_alone_cannot_use_is_newly_broken(sides, tmp_path):
    write(tmp_path / "new" / "other", "", impl="x = (")
    assert ("other",) == paired(*sides()).newly_broken

    write(tmp_path / "old" / "other", "", impl="x = (")
    assert () == paired(*sides()).newly_broken, "nor could A"


def test_where_b_cannot_use_the_only_one_that_is_compared_that_is_no_comparison_of_the_same(sides, tmp_path):
    write(tmp_path / "new" / "one", "", impl="x = (")
    with pytest.raises(Unavailable, match=r"there is nothing to compare\. one: new cannot use it: "):
        paired(*sides(), patterns=["one"])


@pytest.fixture
def kernel_sides(tmp_path):
    """Two sides of a kernel: `edited` differs, `kept` and all else is the same."""
    for label, sign in (("old", "-"), ("new", "+")):
        (tmp_path / label).mkdir()
        folder = write_kernel(tmp_path / label)
        for name, text in (("edited", f"D[:] = 0 {sign} 1"), ("kept", "pass")):
            (folder / f"{name}.py").write_text(f'"""An idea."""\ndef run(X, centre, D): {text}\n')
    return lambda: tuple(version_set(Side(at, tmp_path / at / "reach", "a test's")) for at in ("old", "new"))


def test_a_neighbour_s_edit_and_one_of_the_kernel_are_no_versions_of_an_implementation(kernel_sides, tmp_path):
    reference = tmp_path / "new" / "reach" / "reference.py"
    reference.write_text(reference.read_text() + "# edited\n")

    assert ("edited",) == paired(*kernel_sides()).names
    assert {"kept": SAME} == paired(*kernel_sides()).left_out


def test_an_edit_of_what_several_of_a_kernel_share_is_one_of_each(kernel_sides, tmp_path):
    (tmp_path / "new" / "reach" / "_shared.py").write_text("N = 1\n")

    assert ("edited", "kept") == paired(*kernel_sides()).names


def test_a_file_of_a_kernel_that_cannot_be_read_is_a_row_with_its_reason(kernel_sides, tmp_path):
    """Its neighbours in the same folder take part."""
    (tmp_path / "old" / "reach" / "kept.py").write_text("def run(X: pass\n")
    found = paired(*kernel_sides())

    assert ("edited",) == found.names
    assert ["kept@old"] == [entry.name for entry in found.broken]
    assert "kept.py, line 1" in found.left_out["kept"]
