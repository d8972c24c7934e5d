import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from paragone.machine import julia_install
from paragone.machine.julia_install import (
    FOR_JULIACALL,
    find_julia,
    julia_unavailable,
    julia_version,
    juliacall_project,
    juliacall_unavailable,
    juliapkg_project,
    pythoncall_version,
)

DECIDES = (
    "PYTHON_JULIACALL_EXE",
    "PYTHON_JULIACALL_PROJECT",
    "PYTHON_JULIAPKG_EXE",
    "PYTHON_JULIAPKG_PROJECT",
    "JULIA_DEPOT_PATH",
    "CONDA_PREFIX",
)


@pytest.fixture(autouse=True)
def nothing_of_this_machine(monkeypatch, tmp_path):
    for name in DECIDES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "venv"))


@pytest.fixture
def juliacall_installed(monkeypatch):
    monkeypatch.setattr(julia_install.importlib.util, "find_spec", lambda name: name)


def program(path: Path, script: str, mode: int = 0o755) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(mode)
    return str(path)


def julia(path: Path, version: str) -> str:
    return program(path, f"echo 'julia version {version}'")


def packages(project: Path, text="[deps]\nPythonCall = 'uuid'", **record) -> None:
    (project / "pyjuliapkg").mkdir(parents=True)
    (project / "Project.toml").write_text(text)
    (project / "pyjuliapkg" / "meta.json").write_text(json.dumps(record))


@pytest.mark.parametrize(
    ("says", "version"),
    [("1.10.10", (1, 10, 10)), ("1.12.0-rc1", (1, 12, 0)), ("1.9.0", (1, 9, 0))],
)
def test_the_version_is_what_julia_says(tmp_path, says, version):
    assert julia_version(julia(tmp_path / "julia", says)) == version


@pytest.mark.parametrize("script", ["echo garbage", "exit 3", "kill -9 $$", "printf '\\377\\376'"])
def test_a_program_that_says_no_version_has_none(tmp_path, script):
    assert julia_version(program(tmp_path / "julia", script)) == ()


def test_a_program_that_hangs_has_no_version(tmp_path, monkeypatch):
    monkeypatch.setattr(julia_install, "SECONDS_TO_ANSWER", 0.05)

    assert julia_version(program(tmp_path / "julia", "/bin/sleep 30; echo julia version 1.10.4")) == ()


def test_a_file_that_is_no_program_has_no_version(tmp_path):
    path = tmp_path / "julia"
    path.write_text("")
    path.chmod(0o755)

    assert julia_version(str(path)) == ()
    assert julia_version(str(tmp_path / "nowhere")) == ()


def test_a_julia_is_asked_for_its_version_once(tmp_path):
    path = program(tmp_path / "julia", f"echo asked >>{tmp_path}/log; echo julia version 1.10.4")

    assert [julia_version(path), julia_version(path)] == [(1, 10, 4)] * 2
    assert (tmp_path / "log").read_text() == "asked\n"


def test_julia_on_path_is_found(tmp_path):
    path = julia(tmp_path / "bin" / "julia", "1.10.4")

    assert find_julia() == path
    assert julia_unavailable() is None


def test_an_old_julia_serves_a_process_and_not_juliacall(tmp_path, juliacall_installed):
    path = julia(tmp_path / "bin" / "julia", "1.9.0")

    assert find_julia() == path
    assert find_julia(FOR_JULIACALL) is None
    assert juliacall_unavailable() == (
        f"Julia 1.10.3 or newer is not installed ({path} is Julia 1.9.0). Install it: paragone julia"
    )


def test_without_any_julia_the_reason_names_the_command():
    assert find_julia() is None
    assert julia_unavailable() == "Julia 1.5 or newer is not installed. Install it: paragone julia"


def test_the_julia_that_make_julia_installed_goes_before_the_one_on_path(tmp_path):
    julia(tmp_path / "bin" / "julia", "1.12.0")
    ready = julia(tmp_path / "install" / "julia", "1.11.2")
    packages(juliapkg_project(), executable=ready)

    assert find_julia() == ready


@pytest.mark.parametrize("record", [{}, {"executable": None}, {"executable": "/nowhere/julia"}])
def test_a_record_of_juliapkg_that_names_no_julia_is_passed_over(tmp_path, record):
    path = julia(tmp_path / "bin" / "julia", "1.12.0")
    packages(juliapkg_project(), **record)

    assert find_julia() == path


@pytest.mark.parametrize("text", ["", "[]", "{", "7"])
def test_a_damaged_record_of_juliapkg_is_passed_over(tmp_path, text):
    path = julia(tmp_path / "bin" / "julia", "1.12.0")
    packages(juliapkg_project())
    (juliapkg_project() / "pyjuliapkg" / "meta.json").write_text(text)

    assert find_julia() == path


@pytest.mark.parametrize("variable", ["PYTHON_JULIACALL_EXE", "PYTHON_JULIAPKG_EXE"])
def test_a_julia_that_the_user_names_is_the_only_one_considered(tmp_path, monkeypatch, variable):
    julia(tmp_path / "bin" / "julia", "1.12.0")
    named = julia(tmp_path / "mine", "1.4.0")
    monkeypatch.setenv(variable, named)

    assert find_julia() is None
    assert julia_unavailable() == (
        f"{variable}={named} is Julia 1.4.0; Julia 1.5 or newer is needed. Correct or unset {variable}"
    )


def test_a_named_file_that_cannot_be_executed_is_told(tmp_path, monkeypatch):
    named = program(tmp_path / "mine", "echo julia version 1.10.4", mode=0o644)
    monkeypatch.setenv("PYTHON_JULIACALL_EXE", named)

    assert find_julia() is None
    assert "is not an executable file" in julia_unavailable()


def test_a_named_julia_that_does_not_answer_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHON_JULIACALL_EXE", program(tmp_path / "mine", "echo hello"))

    assert "did not say its version within 2 s" in julia_unavailable()


def test_without_juliacall_the_reason_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(julia_install.importlib.util, "find_spec", lambda name: None)

    assert juliacall_unavailable() == (
        "the package juliacall is not installed. Install it: pip install juliacall && paragone julia"
    )


def test_a_julia_without_pythoncall_is_not_enough_for_juliacall(tmp_path, juliacall_installed):
    julia(tmp_path / "bin" / "julia", "1.10.4")
    packages(juliapkg_project(), text="[deps]\n")

    assert juliacall_project() is None
    assert juliacall_unavailable() == (
        "Julia's package PythonCall is not installed for this Python. Install it: paragone julia"
    )


@pytest.mark.parametrize(
    ("variable", "folder"),
    [("PYTHON_JULIACALL_PROJECT", "mine"), ("PYTHON_JULIAPKG_PROJECT", "theirs"), (None, "venv/julia_env")],
)
def test_pythoncall_is_looked_for_where_juliacall_will(tmp_path, monkeypatch, juliacall_installed, variable, folder):
    julia(tmp_path / "bin" / "julia", "1.10.4")
    if variable:
        monkeypatch.setenv(variable, str(tmp_path / folder))
    packages(tmp_path / folder)

    assert juliacall_unavailable() is None
    assert juliacall_project() == tmp_path / folder


def test_packages_of_the_users_own_that_are_not_there_are_told(tmp_path, monkeypatch, juliacall_installed):
    julia(tmp_path / "bin" / "julia", "1.10.4")
    packages(juliapkg_project())
    monkeypatch.setenv("PYTHON_JULIACALL_PROJECT", "/nowhere")

    assert juliacall_project() is None
    assert juliacall_unavailable() == (
        "PYTHON_JULIACALL_PROJECT=/nowhere is not a folder. Correct or unset PYTHON_JULIACALL_PROJECT"
    )


def test_pythoncall_in_the_packages_of_every_julia_of_that_version_is_enough(tmp_path, juliacall_installed):
    julia(tmp_path / "bin" / "julia", "1.10.4")
    packages(tmp_path / "home" / ".julia" / "environments" / "v1.9")
    assert juliacall_project() is None

    packages(tmp_path / "home" / ".julia" / "environments" / "v1.10")
    assert juliacall_project() == tmp_path / "home" / ".julia" / "environments" / "v1.10"


def test_outside_of_a_virtual_environment_juliapkg_uses_conda_or_the_depot(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    assert juliapkg_project() == tmp_path / "home" / ".julia" / "environments" / "pyjuliapkg"

    monkeypatch.setenv("JULIA_DEPOT_PATH", os.pathsep.join(["", str(tmp_path / "depot"), "/other"]))
    assert juliapkg_project() == tmp_path / "depot" / "environments" / "pyjuliapkg"

    monkeypatch.setenv("CONDA_PREFIX", str(tmp_path / "conda"))
    assert juliapkg_project() == tmp_path / "conda" / "julia_env"


@pytest.mark.skipif(not julia_install.importlib.util.find_spec("juliapkg"), reason="juliapkg is not installed")
def test_the_folder_is_the_one_that_juliapkg_says(tmp_path):
    ask = "import juliapkg.state as s; from paragone.machine.julia_install import juliapkg_project as ours; " + (
        "print(s.STATE['project'] == str(ours()))"
    )
    answer = subprocess.run([sys.executable, "-c", ask], env={}, capture_output=True, text=True, check=True)

    assert answer.stdout == "True\n"


def test_finding_imports_neither_juliacall_nor_juliapkg(tmp_path):
    ask = (
        "import sys; from paragone.machine.julia_install import juliacall_unavailable; juliacall_unavailable(); "
        "print(sorted({'juliacall', 'juliapkg', 'numpy'} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)

    assert answer.stdout == "[]\n"


MANIFEST_2 = """
julia_version = "1.10.5"
manifest_format = "2.0"

[[deps.Dates]]
uuid = "ade2ca70"

[[deps.PythonCall]]
deps = ["Dates"]
uuid = "6099a3de"
version = "0.9.34"
"""
MANIFEST_1 = """
[[Dates]]
uuid = "ade2ca70"

[[PythonCall]]
uuid = "6099a3de"
version = "0.9.34"
"""


@pytest.mark.parametrize("name", ["Manifest.toml", "JuliaManifest.toml", "Manifest-v1.10.toml"])
@pytest.mark.parametrize("text", [MANIFEST_1, MANIFEST_2])
def test_the_version_of_pythoncall_is_that_of_the_manifest(tmp_path, name, text):
    (tmp_path / name).write_text(text)

    assert "0.9.34" == pythoncall_version(tmp_path)


@pytest.mark.parametrize(
    "text", ["", "[", "deps = 1", "PythonCall = []", "[[deps.PythonCall]]\npath = '/mine'", "\x80", None]
)
def test_a_manifest_that_names_no_version_is_passed_over(tmp_path, text):
    if text is not None:
        (tmp_path / "Manifest.toml").write_bytes(text.encode("latin-1"))

    assert pythoncall_version(tmp_path) is None


@pytest.fixture
def two_versions(tmp_path, monkeypatch, juliacall_installed):
    """juliacall 0.9.37; `there` makes a folder of Julia's packages with PythonCall of a version."""
    julia(tmp_path / "bin" / "julia", "1.10.5")
    monkeypatch.setattr(julia_install, "juliacall_version", lambda: "0.9.37")

    def there(folder, version):
        packages(folder)
        (folder / "Manifest.toml").write_text(MANIFEST_2.replace("0.9.34", version))
        return folder

    return there


def test_juliacall_and_pythoncall_of_two_versions_are_told_with_the_command_that_mends_it(two_versions):
    folder = two_versions(juliapkg_project(), "0.9.34")

    assert juliacall_unavailable() == (
        f"juliacall is 0.9.37, and Julia's package PythonCall in {folder} is 0.9.34: both must have the same version. "
        "Mend it: paragone julia"
    )


def test_where_the_user_manages_the_packages_juliacall_is_what_can_follow(two_versions, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHON_JULIACALL_PROJECT", str(two_versions(tmp_path / "mine", "0.9.34")))

    assert juliacall_unavailable().endswith("Mend it: pip install juliacall==0.9.34")


def test_juliacall_and_pythoncall_of_one_version_are_available(two_versions):
    two_versions(juliapkg_project(), "0.9.37")

    assert juliacall_unavailable() is None


def test_the_blas_is_what_julia_says_and_nothing_where_it_does_not(tmp_path):
    assert "libopenblas64_.so" == julia_install.blas_of(program(tmp_path / "a", "echo libopenblas64_.so"))
    assert "" == julia_install.blas_of(program(tmp_path / "b", "exit 1"))
    assert "" == julia_install.blas_of(str(tmp_path / "nowhere"))
