"""Versions of one implementation: their names, and that neither uses the other's code."""

import inspect
import shutil
from pathlib import Path

import pytest
from described_here import class_of

from paragone.adapters.build import build
from paragone.comparison.revisions import Side
from paragone.comparison.versions import all_implementations, version_set, versions
from paragone.errors import Misuse
from paragone.implementation.contract import variants
from paragone.implementation.registry import IMPLEMENTATIONS
from paragone.plan.request import Request
from paragone.task.mlp.problem_files import find_problem


def test_versions_have_names_of_their_own_and_remain_what_they_are(sides):
    (one, *_) = (entry for entry in versions(sides()[0]) if entry.name == "one@old")

    assert one.folder == Path(inspect.getfile(class_of(one.implementation))).parent
    assert "one@old[dtype=float32]" in [v.name for v in variants(one.implementation)]
    assert {"one"} == {v.declared_name for v in variants(one.implementation)}


def test_each_version_imports_its_own_maths(sides):
    """Both in one process, which is harder than what workers do."""
    loaded = {
        entry.name: class_of(entry.implementation)(dtype="float32").formulas().VERSION
        for side in sides()
        for entry in versions(side)
        if entry.name.startswith("one@")
    }

    assert {"one@old": 1, "one@new": 2} == loaded


def test_a_request_with_sides_speaks_of_them_beside_those_of_this_tree(sides, tmp_path):
    request = Request((find_problem("nielsen"),), sides=tuple(side.side.to_text() for side in sides()))
    names = [entry.name for entry in all_implementations(request)[0]]

    assert sorted(names) == names
    assert {"numpy_rows", "one@old", "one@new", "late@new"} < set(names)


def test_a_side_that_is_gone_is_said(sides, tmp_path):
    request = Request((find_problem("nielsen"),), sides=tuple(side.side.to_text() for side in sides()))
    shutil.rmtree(tmp_path / "old")

    with pytest.raises(Misuse, match=r"old: .*/old no longer holds implementations"):
        all_implementations(request)


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
def test_versions_in_c_are_built_from_their_own_sources_into_libraries_of_their_own(tmp_path):
    built = []
    for label, text in (("old", "int version(void) { return 1; }"), ("new", "int version(void) { return 2; }")):
        (tmp_path / label).mkdir()
        (tmp_path / label / "a.c").write_text(text)
        built.append(build(["gcc", "-shared", "-fPIC", "-o{library}", "a.c"], tmp_path / label, tmp_path / "cache"))

    (old, old_receipt), (new, new_receipt) = built
    assert old != new
    assert old.read_bytes() != new.read_bytes()
    assert old_receipt.source != new_receipt.source


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
def test_a_version_in_c_knows_the_folder_that_it_is_built_from(tmp_path):
    shutil.copytree(IMPLEMENTATIONS / "c_loops", tmp_path / "here" / "c_loops")
    (entry,) = versions(version_set(Side("here", tmp_path / "here", "")))

    assert tmp_path / "here" / "c_loops" == Path(inspect.getfile(class_of(entry.implementation))).parent
    assert entry.implementation.missing is None
