"""Programs that are not there, each with the command that installs it."""

import pytest

from paragone.adapters.installing import INSTALL, not_found


def test_a_program_on_the_path_is_there():
    assert not_found("sh") is None


@pytest.mark.parametrize("name", INSTALL)
def test_each_program_that_we_know_is_told_with_its_command(name, monkeypatch):
    monkeypatch.setenv("PATH", "")

    assert not_found(name).startswith(f"{name} was not found on PATH. Install: ")


def test_of_a_program_that_we_do_not_know_nothing_is_made_up():
    assert not_found("no_such_program") == "no_such_program was not found on PATH"


def test_what_the_author_says_comes_first(monkeypatch):
    monkeypatch.setenv("PATH", "")

    assert not_found("node", install="Ask me") == "node was not found on PATH. Ask me"
