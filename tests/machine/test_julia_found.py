"""What doctor says of Julia."""

from pathlib import Path

import pytest

from paragone.machine import julia_found


@pytest.fixture
def here(monkeypatch):
    """A Julia 1.10.5 with OpenBLAS, and both packages; a test takes away what it is about."""

    def found(**changes):
        answers = {
            "find_julia": "/opt/julia/bin/julia",
            "blas_of": "libopenblas64_.so",
            "julia_version": (1, 10, 5),
            "juliacall_project": Path("/venv/julia_env"),
            "juliacall_version": "0.9.37",
            "pythoncall_version": "0.9.37",
        } | changes
        for name, answer in answers.items():
            monkeypatch.setattr(julia_found, name, lambda *_, answer=answer: answer)
        return [(each.what, each.found) for each in julia_found.julia_here()]

    return found


def test_julia_is_named_with_its_version_place_and_blas_and_both_packages_with_theirs(here):
    assert [
        ("Julia", "1.10.5, /opt/julia/bin/julia, with BLAS libopenblas64_.so"),
        ("juliacall", "0.9.37, with PythonCall 0.9.37 in /venv/julia_env"),
    ] == here()


def test_what_julia_does_not_say_is_left_out(here):
    assert [("Julia", "1.10.5, /opt/julia/bin/julia")] == here(blas_of="", juliacall_project=None)
    assert ("juliacall", "0.9.37, with PythonCall without a version in /venv/julia_env") in here(
        pythoncall_version=None
    )


def test_without_julia_nothing_is_said(here):
    assert [] == here(find_julia=None)
