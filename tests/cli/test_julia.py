"""`paragone julia`, with a juliapkg and a Julia that only pretend."""

import os
import subprocess
import sys

import pytest

from paragone.files.paths import IMPORT_ROOT

JULIAPKG = """
import os, subprocess, sys, urllib.error
def resolve():
    print("named:", os.environ.get("PYTHON_JULIAPKG_EXE"))
    {resolve}
def executable(): return "the julia"
def project(): return "the project"
"""


@pytest.fixture
def paragone_julia(tmp_path):
    """Runs the command where resolving does this, and returns exit code, output and errors."""

    def run(resolve="pass", **variables):
        (tmp_path / "juliapkg.py").write_text(JULIAPKG.format(resolve=resolve))
        (tmp_path / "juliacall.py").write_text("raise Exception('there is no Julia')")
        ours = {name: value for name, value in os.environ.items() if "JULIA" not in name}
        paths = {"PYTHONPATH": f"{tmp_path}{os.pathsep}{IMPORT_ROOT}", "PATH": "", "HOME": str(tmp_path)}
        answer = subprocess.run(
            [sys.executable, "-m", "paragone", "julia"],
            env=ours | paths | variables,
            capture_output=True,
            text=True,
        )
        return answer.returncode, answer.stdout, answer.stderr

    return run


@pytest.mark.parametrize(
    ("resolve", "sentence"),
    [
        ("raise urllib.error.URLError('no route')", "could not be downloaded (<urlopen error no route>)"),
        ("raise TimeoutError('timed out')", "could not be downloaded (timed out)"),
        ("raise subprocess.CalledProcessError(1, 'julia')", "could not install its packages (exit code 1;"),
        ("raise Exception('SHA-256 hash does not match')", "could not be installed (SHA-256 hash does not match)"),
    ],
)
def test_what_goes_wrong_is_a_sentence_with_the_next_command(paragone_julia, resolve, sentence):
    code, _, errors = paragone_julia(resolve)

    assert code == 1
    assert errors.startswith(f"error: Julia {sentence}")
    assert errors.count("\n") == 1
    assert "paragone julia" in errors


def test_a_julia_that_does_not_start_after_all_is_a_sentence(paragone_julia):
    code, output, errors = paragone_julia()

    assert code == 1
    assert "Julia is the julia; its packages are in the project" in output
    assert errors == "error: Julia 1.10.3 or newer is not installed. Install it: paragone julia\n"


def test_a_julia_that_the_user_named_is_the_one_that_juliapkg_gets(paragone_julia):
    assert "named: /my/julia" in paragone_julia(PYTHON_JULIACALL_EXE="/my/julia")[1]


def test_packages_of_the_users_own_are_left_alone(paragone_julia):
    assert "named:" not in paragone_julia(PYTHON_JULIACALL_PROJECT="/my/packages")[1]


def test_interrupting_is_no_traceback(paragone_julia):
    code, _, errors = paragone_julia("raise KeyboardInterrupt")

    assert code == 130
    assert errors == "Stopped; everything installed so far is kept, and paragone julia goes on from there.\n"
