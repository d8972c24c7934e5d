"""Compilers and interpreters are told apart by their files."""

import os

import pytest

from paragone.machine.toolchains import toolchain_files


@pytest.fixture
def gcc(tmp_path, monkeypatch):
    program = tmp_path / "gcc"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    for variable in ("CC", "CXX", "FC", "RUSTC", "PYTHON_JULIACALL_EXE"):
        monkeypatch.delenv(variable, raising=False)
    return program


def test_only_what_is_on_the_path_is_named(gcc):
    assert ["gcc"] == list(toolchain_files())
    assert str(gcc) in toolchain_files()["gcc"]


def test_another_version_in_the_same_place_is_another(gcc):
    before = toolchain_files()
    os.utime(gcc, (1, 1))
    assert before != toolchain_files()


def test_a_program_that_a_variable_names_counts_too(gcc, tmp_path, monkeypatch):
    other = tmp_path / "other"
    other.write_bytes(gcc.read_bytes())
    other.chmod(0o755)
    monkeypatch.setenv("CC", f"{other} -O1")

    assert str(other) in toolchain_files()["CC"]
