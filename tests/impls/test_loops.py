"""The plain loops of other languages: what is missing is named, and one thread is what they use."""

import os

import pytest

from paragone.implementation.registry import IMPLEMENTATIONS, read_folder

(RUST, RUST_FUSED) = read_folder(IMPLEMENTATIONS / "rust_loops")
(JAVASCRIPT,) = read_folder(IMPLEMENTATIONS / "javascript_loops")
(JAVA,) = read_folder(IMPLEMENTATIONS / "java_loops")


@pytest.mark.parametrize(
    ("kind", "program", "package"),
    [
        (RUST, "rustc", "rustc"),
        (RUST_FUSED, "rustc", "rustc"),
        (JAVASCRIPT, "node", "nodejs"),
        (JAVA, "javac", "default-jdk-headless"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_without_its_program_the_reason_names_the_command_that_installs_it(kind, program, package, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    reason = kind.missing()

    assert reason.startswith(f"{program} was not found on PATH. Install: apt install")
    assert package in reason


def test_rust_is_asked_for_its_own_crate_alone_and_ends_the_process_in_a_panic():
    command = " ".join(RUST(dtype="float32").command())

    assert "panic=abort" in command
    assert "--extern" not in command


def test_an_old_compiler_is_named_with_the_version_that_the_tiles_need(tmp_path, monkeypatch):
    rustc = tmp_path / "rustc"
    rustc.write_text("#!/bin/sh\necho 'rustc 1.63.0 (4b91a6ea7 2022-08-08)'\n", encoding="utf-8")
    rustc.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    assert RUST.missing() is None
    assert "expected rustc 1.88 or newer, got rustc 1.63.0" in RUST_FUSED.missing()


@pytest.mark.skipif(JAVA.missing() is not None, reason=str(JAVA.missing()))
def test_the_virtual_machines_compile_in_the_thread_that_is_measured():
    assert "-Xbatch" in JAVA(dtype="float32").command()
    assert "--single-threaded" in JAVASCRIPT(dtype="float32").command()
