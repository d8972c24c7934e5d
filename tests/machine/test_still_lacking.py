"""Whether what was lacking is lacking now: what nobody can look for is not said to be."""

import pytest

from paragone.machine.lacking import Lacking
from paragone.machine.still_lacking import is_still_lacking


def test_a_reason_is_words_that_name_what_is_lacking():
    reason = Lacking("gcc was not found on PATH", "program gcc")

    assert reason == "gcc was not found on PATH"
    assert "program gcc" == reason.what


@pytest.mark.parametrize("what", ["package no_such_package", "program no_such_program"])
def test_what_is_not_there_is_still_lacking(what):
    assert is_still_lacking(what, "A reason.")


@pytest.mark.parametrize(
    "what", ["package json", "program sh", "package no_such_package.inner", "package ", "program ", "luck", ""]
)
def test_what_is_there_or_cannot_be_looked_for_is_not(what):
    assert not is_still_lacking(what, "A reason.")


@pytest.mark.parametrize("now", [None, "It is too old."])
@pytest.mark.parametrize(
    ("what", "looked_for"),
    [
        ("julia", "julia_unavailable"),
        ("juliacall", "juliacall_unavailable"),
        ("cuda", "cuda_unavailable"),
    ],
)
def test_what_the_machine_says_of_it_now_must_be_the_same_words(monkeypatch, what, looked_for, now):
    monkeypatch.setattr(f"paragone.machine.still_lacking.{looked_for}", lambda: now)

    assert not is_still_lacking(what, "It is not there.")
    assert is_still_lacking(what, now or "") == (now is not None)
