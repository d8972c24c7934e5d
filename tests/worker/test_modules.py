"""The code that a worker names as loaded from elsewhere."""

import sys
import sysconfig
from types import ModuleType

import numpy as np

from paragone.worker.modules import modules_elsewhere


def loaded(monkeypatch, path):
    module = ModuleType("library_of_the_author")
    module.__file__ = str(path)
    monkeypatch.setitem(sys.modules, module.__name__, module)


def test_a_library_that_lies_beside_is_named_with_its_stamp(tmp_path, monkeypatch):
    library = tmp_path / "library.py"
    library.write_text("factor = 1")
    loaded(monkeypatch, library)
    before = modules_elsewhere(tmp_path / "my_step")[str(library)]
    library.write_text("factor = 10")

    assert before != modules_elsewhere(tmp_path / "my_step")[str(library)]


def test_the_own_folder_python_and_the_harness_are_not_named(tmp_path, monkeypatch):
    own = tmp_path / "maths.py"
    own.write_text("")
    loaded(monkeypatch, own)
    named = modules_elsewhere(tmp_path)

    assert str(own) not in named
    assert sys.modules["json"].__file__ not in named
    assert sys.modules["paragone.worker.modules"].__file__ not in named


def test_of_installed_packages_their_folder_is_named(tmp_path):
    named = modules_elsewhere(tmp_path)

    assert np.__file__ not in named
    assert named[sysconfig.get_path("purelib")]
