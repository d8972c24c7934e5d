"""A home folder is understood, and one of nobody is told with who asked for it."""

from pathlib import Path

import pytest

from paragone.errors import Misuse
from paragone.files.paths import cache_folder, expand_home
from paragone.implementation.plugins import kernel_folders, locations_given
from paragone.implementation.registry import discover
from paragone.machine.python_environments import folder_of
from paragone.store.runs import results_folder

NOBODY = "~no_such_user_here/x"


def test_a_home_folder_is_understood(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")

    assert expand_home("~/runs", "--results") == Path("/home/me/runs")


@pytest.mark.parametrize(
    ("variable", "read"),
    [
        ("PARAGONE_RESULTS", results_folder),
        ("PARAGONE_CACHE", cache_folder),
        ("PARAGONE_PLUGINS", lambda: list(locations_given(()))),
        ("PARAGONE_ENVIRONMENTS", lambda: folder_of("torch")),
        ("--results", lambda: results_folder(Path(NOBODY))),
        ("--plugins", lambda: list(locations_given([NOBODY]))),
    ],
)
def test_a_home_of_nobody_is_misuse_of_whoever_named_it(monkeypatch, variable, read):
    if variable.isidentifier():
        monkeypatch.setenv(variable, NOBODY)

    with pytest.raises(Misuse, match=f"^{variable} {NOBODY}: expected the path of a folder; there is no such user"):
        read()


TOO_LONG = "a" * 300


@pytest.mark.parametrize(
    ("variable", "read"),
    [
        ("PARAGONE_RESULTS", results_folder),
        ("PARAGONE_CACHE", cache_folder),
        ("PARAGONE_CACHE", discover),
        ("PARAGONE_PLUGINS", discover),
        ("PARAGONE_PLUGINS", kernel_folders),
        ("PARAGONE_ENVIRONMENTS", discover),
        ("--results", lambda: results_folder(Path(TOO_LONG))),
        ("--plugins", lambda: discover(plugins=[TOO_LONG])),
        ("--plugins", lambda: kernel_folders([TOO_LONG])),
    ],
)
def test_a_name_that_no_file_can_have_is_misuse_of_whoever_gave_it(monkeypatch, variable, read):
    if variable.isidentifier():
        monkeypatch.setenv(variable, TOO_LONG)

    with pytest.raises(Misuse, match=f"^{variable} a+: expected the path of a folder: File name too long"):
        read()
