"""The code that a worker names as loaded from elsewhere."""

import ctypes
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from paragone.machine.surroundings import stamp
from paragone.worker.modules import modules_elsewhere


def loaded(monkeypatch, path):
    module = ModuleType("library_of_the_author")
    module.__file__ = str(path)
    monkeypatch.setitem(sys.modules, f"{module.__name__}_{path.parent.name}_{path.name}", module)


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


@pytest.mark.parametrize("hidden", [True, False])
def test_a_module_in_the_own_folder_that_is_none_of_the_source_is_named(tmp_path, monkeypatch, hidden):
    """Hidden, or behind a link to another folder: the hash of the source is not about it."""
    folder, elsewhere = tmp_path / "my_step", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    library = folder / (".lib" if hidden else "lib") / "maths.py"
    library.parent.mkdir() if hidden else library.parent.symlink_to(elsewhere)
    library.write_text("")
    loaded(monkeypatch, library)

    assert str(library) in modules_elsewhere(folder)


def test_of_a_kernel_the_file_of_a_neighbour_is_named_and_its_own_are_not(tmp_path, monkeypatch):
    for name in ("kernel.toml", "fast.py", "plain.py", "_shared.py"):
        (tmp_path / name).write_text("")
    own, neighbour, shared = (tmp_path / name for name in ("fast.py", "plain.py", "_shared.py"))
    for path in (own, neighbour, shared):
        loaded(monkeypatch, path)

    assert {str(neighbour)} == {str(own), str(neighbour), str(shared)} & {*modules_elsewhere(tmp_path, "fast")}


@pytest.mark.skipif(sys.platform != "linux" or not shutil.which("gcc"), reason="needs Linux and gcc")
def test_a_library_that_was_built_elsewhere_is_named(tmp_path):
    library = tmp_path / "one.so"
    build = ["gcc", "-shared", "-fPIC", "-x", "c", "-", "-o", str(library)]
    subprocess.run(build, input=b"double one(void) { return 1; }", check=True)
    ctypes.CDLL(str(library))

    assert stamp(str(library)) == modules_elsewhere(tmp_path / "my_step")[str(library)]


def test_a_temporary_file_that_the_code_has_made_itself_is_not_named(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    for name in ("temporary", "elsewhere"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "made.py").write_text("")
        loaded(monkeypatch, tmp_path / name / "made.py")
    made, elsewhere = (str(tmp_path / name / "made.py") for name in ("temporary", "elsewhere"))
    began_s, folder = Path(made).stat().st_ctime - 1, tmp_path / "my_step"

    assert {elsewhere} == {made, elsewhere} & {*modules_elsewhere(folder, since_s=began_s)}
    assert {made, elsewhere} <= {*modules_elsewhere(folder, since_s=began_s + 2)}


def test_what_fails_when_it_is_asked_for_its_file_is_passed_over(tmp_path, monkeypatch):
    class Lazy(ModuleType):
        @property
        def __file__(self):
            raise ImportError("no such library")

    monkeypatch.setitem(sys.modules, "lazy_module_of_the_author", Lazy("lazy"))
    assert modules_elsewhere(tmp_path)


def test_of_installed_packages_their_folder_is_named(tmp_path):
    named = modules_elsewhere(tmp_path)

    assert np.__file__ not in named
    assert named[sysconfig.get_path("purelib")]
