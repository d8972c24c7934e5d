"""A source that is edited during a run: no worker is timed whose code is not that of the workers before it."""

import os
from types import SimpleNamespace

import pytest

from paragone.errors import HarnessError, MeasurementFailed
from paragone.implementation.registry import Registered
from paragone.verify import unchanged_source as module
from paragone.verify.unchanged_source import unchanged_source


@pytest.fixture
def found(tmp_path):
    """An implementation whose folder a test may edit."""
    folder = tmp_path / "mine"
    folder.mkdir()
    for name in ("impl.py", "maths.py"):
        (folder / name).write_text("1\n")
    declared = SimpleNamespace(name="mine", maths=("maths.py",), shared_maths=())
    registered = Registered(declared, folder)
    registered.source_hash()
    return registered


def load(found, edit=lambda: None):
    with unchanged_source(found):
        edit()


@pytest.mark.parametrize("when", ["before", "during"])
@pytest.mark.parametrize("name", ["maths.py", "impl.py"])
def test_an_edit_before_a_load_or_during_it_is_refused_by_the_name_of_the_file(found, when, name):
    load(found)

    def edit():
        (found.folder / name).write_text("2\n")

    if when == "before":
        edit()
    with pytest.raises(MeasurementFailed, match=rf"its source was changed during the run: {name} \(saved at \d\d:"):
        load(found, edit if when == "during" else lambda: None)


def test_a_time_set_back_hides_no_edit(found):
    before = (found.folder / "maths.py").stat()
    (found.folder / "maths.py").write_text("2\n")
    os.utime(found.folder / "maths.py", ns=(before.st_atime_ns, before.st_mtime_ns))

    with pytest.raises(MeasurementFailed, match=r"maths\.py"):
        load(found)


def test_a_load_that_fails_on_a_half_written_file_is_told_as_an_edit(found):
    def saves_half():
        (found.folder / "maths.py").write_text("def step(")
        raise MeasurementFailed("SyntaxError")

    with pytest.raises(MeasurementFailed, match="its source was changed"):
        load(found, saves_half)


def test_a_load_that_fails_by_itself_keeps_its_reason(found):
    def raises():
        raise MeasurementFailed("no room")

    with pytest.raises(MeasurementFailed, match=r"^no room$"):
        load(found, raises)


def test_ctrl_c_during_a_load_stays_one(found):
    def is_interrupted():
        (found.folder / "maths.py").write_text("2\n")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load(found, is_interrupted)


def test_a_file_that_is_gone_is_an_edit_and_so_is_a_new_one_of_the_kind_of_the_source(found):
    (found.folder / "maths.py").rename(found.folder / "other.py")

    with pytest.raises(MeasurementFailed, match=r"maths\.py \(deleted\), other\.py \(saved"):
        load(found)


@pytest.mark.parametrize("name", ["step.so", "log.txt", "maths.py~", ".maths.py.swp", "__pycache__/maths.pyc"])
def test_what_a_build_or_an_editor_leaves_in_the_folder_is_no_edit(found, name):
    """Honest code may compile into its own folder when it is loaded."""

    def writes():
        (found.folder / name).parent.mkdir(exist_ok=True)
        (found.folder / name).write_text("x")

    load(found, writes)
    load(found)


def test_shared_formulas_count(found, monkeypatch):
    shared = found.folder.parent / "shared.py"
    shared.write_text("1\n")
    monkeypatch.setattr(Registered, "shared_maths", lambda self: {"paragone/adapters/shared.py": shared})
    other = Registered(found.implementation, found.folder)
    load(other)
    shared.write_text("2\n")

    with pytest.raises(MeasurementFailed, match=r"paragone/adapters/shared\.py \(saved"):
        load(other)


def test_a_change_of_what_workers_load_of_the_harness_stops_the_run(found, tmp_path, monkeypatch):
    """A row could not say so: every implementation would have failed."""
    (tmp_path / "package" / "worker").mkdir(parents=True)
    (tmp_path / "package" / "report").mkdir()
    monkeypatch.setattr(module, "PACKAGE", tmp_path / "package")
    module._of_harness.cache_clear()
    try:
        (tmp_path / "package" / "worker" / "sample.py").write_text("1")
        load(found)
        (tmp_path / "package" / "report" / "write.py").write_text("2")
        load(found)
        (tmp_path / "package" / "worker" / "sample.py").write_text("2")
        with pytest.raises(
            HarnessError, match=r"paragone itself was changed during the run: worker/sample\.py"
        ) as told:
            load(found)
        assert not isinstance(told.value, MeasurementFailed)
    finally:
        module._of_harness.cache_clear()
