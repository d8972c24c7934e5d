"""What travels: archives by their content, and paths that mean the same folder on another machine."""

import json
import os
from types import SimpleNamespace

import pytest

from paragone.files.hashing import folder_hash
from paragone.files.paths import PACKAGE, PROJECT
from paragone.pool import on_host
from paragone.pool.cargo import CODE, DATA, archive_of, cargo_of, with_paths

NO_DATA = SimpleNamespace(sha256="")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PARAGONE_CACHE", str(tmp_path / "cache"))


def kept(archive):
    return on_host.kept_archives() / archive.sha256


def test_the_same_content_has_the_same_name_whenever_it_was_written(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.py").write_text("1")
    before = archive_of({"@a": tmp_path / "a"})
    os.utime(tmp_path / "a" / "x.py", (1, 1))

    assert archive_of({"@a": tmp_path / "a"}) == before
    (tmp_path / "a" / "x.py").write_text("2")
    assert archive_of({"@a": tmp_path / "a"}).sha256 != before.sha256


def test_an_archive_is_unpacked_once_with_all_that_the_harness_hashes(tmp_path):
    archive = cargo_of([], NO_DATA).code

    assert json.loads(on_host.is_kept(archive.sha256)) is False
    assert on_host.keep(archive.sha256, archive.content) == b""
    assert json.loads(on_host.is_kept(archive.sha256)) is True
    inside = kept(archive) / CODE / PACKAGE.relative_to(PROJECT or PACKAGE.parent)
    assert folder_hash(inside) == folder_hash(PACKAGE)
    assert on_host.keep(archive.sha256, archive.content) == b"", "a second time nothing is wrong"


def test_an_archive_that_arrives_damaged_is_not_kept(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x").write_text("1")
    archive, other = archive_of({"@a": tmp_path / "a"}), archive_of({})

    assert b"damaged" in on_host.keep(archive.sha256, other.content)
    assert b"cannot keep" in on_host.keep(archive.sha256, archive.content[:-9])
    assert json.loads(on_host.is_kept(archive.sha256)) is False


def test_programs_stay_executable(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "run").write_text("#!/bin/sh\n")
    (tmp_path / "a" / "run").chmod(0o755)
    archive = archive_of({"@a": tmp_path / "a"})
    on_host.keep(archive.sha256, archive.content)

    assert os.access(kept(archive) / "@a" / "run", os.X_OK)


def test_plugins_and_data_travel_with_the_code(tmp_path):
    for name in ("mine", "data"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    cargo = cargo_of([str(tmp_path / "mine")], SimpleNamespace(sha256="d", folder=tmp_path / "data"))
    for archive in cargo.archives:
        on_host.keep(archive.sha256, archive.content)

    assert (kept(cargo.code) / "@plugins0" / "file").read_text() == "mine"
    assert (kept(cargo.data) / DATA / "file").read_text() == "data"
    assert cargo.folders["@plugins0"] == tmp_path / "mine"


def test_paths_are_replaced_wherever_they_stand_and_nothing_else_is():
    content = {"folder": "/here/impls/heat", "all": ["/here", "/hereabouts", 3, None], "text": "of /here"}

    moved = with_paths(content, {"/here": "@code"})

    assert moved == {"folder": "@code/impls/heat", "all": ["@code", "/hereabouts", 3, None], "text": "of /here"}
    assert with_paths(moved, {"@code": "/there"})["folder"] == "/there/impls/heat"
