"""What is remembered of an implementation is what it would say now; each test counts its imports."""

import os
import sys

import pytest

from paragone.files.paths import cache_folder
from paragone.implementation.described import describe, describe_files, difference_from
from paragone.implementation.remembered import FOLDER, folder_digest
from paragone.task.mlp.problem_files import find_problem

IMPL = """
from pathlib import Path

from paragone.implementation.registry import IMPLEMENTATIONS, read_folder

with Path({notes!r}).open("a") as notes:
    notes.write("imported\\n")
(Rows,) = read_folder(IMPLEMENTATIONS / "numpy_rows")


class Counts(Rows):
    name, maths, idea = "counts", (), {idea}

    @classmethod
    def missing(cls):
        return {missing}

    @classmethod
    def nearest(cls, problem):
        return f"for {{problem.name}}"
"""


class Plugin:
    """A plugin that notes each import of itself."""

    def __init__(self, place):
        self.folder, self.notes = place / "counts", place / "notes"
        self.folder.mkdir()
        self.write()

    def write(self, idea="'first'", missing="None", before=""):
        text = before + IMPL.format(notes=str(self.notes), idea=idea, missing=missing)
        (self.folder / "impl.py").write_text(text)

    def described(self):
        return describe([self.folder])[self.folder]

    @property
    def imports(self):
        return len(self.notes.read_text().splitlines())


@pytest.fixture
def plugin(tmp_path):
    return Plugin(tmp_path)


def test_what_has_not_changed_is_not_imported_again_and_says_the_same(plugin):
    first, again = plugin.described(), plugin.described()

    assert first == again
    assert 1 == plugin.imports


def test_after_an_edit_it_is_asked_again(plugin):
    plugin.described()
    plugin.write(idea="'other'")  # of the same length

    assert "other" == plugin.described()[0].idea


def test_an_edit_of_its_maths_within_the_same_second_is_what_the_next_process_runs(plugin):
    """Nobody remembers anything here: Python itself would, by its bytecode."""
    maths = plugin.folder / "maths.py"
    plugin.write("maths.WORDS", "'never remembered'", before="from . import maths\n")
    for words in ("first", "other"):
        maths.write_text(f"WORDS = {words!r}\n")
        os.utime(maths, (1e9, 1e9))

        assert words == plugin.described()[0].idea


def test_an_edit_that_is_taken_back_finds_the_first_answer(plugin):
    plugin.described()
    plugin.write(idea="'other'")
    plugin.described()
    plugin.write()

    assert "first" == plugin.described()[0].idea
    assert 2 == plugin.imports


def test_an_edit_of_another_file_in_its_folder_counts(plugin):
    (plugin.folder / "maths.py").write_text("WORDS = 'first'\n")
    plugin.write("maths.WORDS", before="from . import maths\n")
    plugin.described()
    (plugin.folder / "maths.py").write_text("WORDS = 'other'\n")

    assert "other" == plugin.described()[0].idea


def test_an_edit_of_a_module_that_it_imports_from_elsewhere_counts(plugin, tmp_path, monkeypatch):
    elsewhere = tmp_path / "packages" / "words_of_many"
    elsewhere.mkdir(parents=True)
    (elsewhere / "__init__.py").write_text("")
    (elsewhere / "words.py").write_text("WORDS = 'first'\n")
    monkeypatch.setenv("PYTHONPATH", str(elsewhere.parent))
    plugin.write("words.WORDS", before="from words_of_many import words\n")
    plugin.described()
    plugin.described()
    assert 1 == plugin.imports

    (elsewhere / "words.py").write_text("WORDS = 'other'\n")

    assert "other" == plugin.described()[0].idea


LACKING = "from paragone.machine.lacking import Lacking\n"


@pytest.mark.parametrize(
    "change",
    [
        {"missing": "'no compiler'"},
        {"missing": "Lacking('no luck', 'luck')", "before": LACKING},
        {"missing": "Lacking('no JSON', 'package json')", "before": LACKING},
        {"idea": "1 / 0"},
    ],
)
def test_what_cannot_run_here_for_a_reason_of_its_own_or_is_wrong_is_asked_every_time(plugin, change):
    plugin.write(**change)
    first, again = plugin.described(), plugin.described()

    assert first == again
    assert 2 == plugin.imports


def test_what_lacks_a_package_or_program_is_not_imported_again_as_long_as_it_does(plugin):
    for what in ("package no_such_package", "program no_such_program"):
        plugin.write(missing=f"Lacking('It needs one.', {what!r})", before=LACKING)
        first, again = plugin.described(), plugin.described()

        assert first == again
        assert ("It needs one.", what) == (again[0].missing, again[0].lacks)
    assert 2 == plugin.imports


def test_once_what_was_lacking_is_found_it_is_asked_again(plugin, monkeypatch):
    """Julia has come without any folder that is looked at having changed: one of the same name was put in its place."""
    reasons = ["Julia is too old.", "Julia is too old.", None]
    monkeypatch.setattr("paragone.machine.still_lacking.julia_unavailable", lambda: reasons.pop(0))
    plugin.write(missing="Lacking('Julia is too old.', 'julia')", before=LACKING)
    for imports in (1, 1, 1, 2):
        plugin.described()
        assert imports == plugin.imports


def test_where_the_reason_is_another_now_it_is_asked_again(plugin, monkeypatch):
    monkeypatch.setattr("paragone.machine.still_lacking.julia_unavailable", lambda: "Julia is not there.")
    plugin.write(missing="Lacking('Julia is too old.', 'julia')", before=LACKING)
    plugin.described()
    plugin.described()

    assert 2 == plugin.imports


def test_where_a_variable_or_a_folder_of_programs_has_changed_it_is_asked_again(plugin, tmp_path, monkeypatch):
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    plugin.described()
    (programs / "compiler").touch()
    plugin.described()
    monkeypatch.setenv("CC", "clang")
    plugin.described()

    assert 3 == plugin.imports


def test_where_a_package_has_come_it_is_asked_again(plugin, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path / "packages")])
    (tmp_path / "packages").mkdir()
    plugin.described()
    (tmp_path / "packages" / "numba").mkdir()
    plugin.described()

    assert 2 == plugin.imports


def test_an_answer_about_a_problem_is_remembered_for_that_problem(plugin, monkeypatch):
    nielsen, softmax = find_problem("nielsen"), find_problem("softmax")
    (first,) = plugin.described()
    said = [difference_from(first, problem) for problem in (nielsen, softmax)]
    imports = plugin.imports
    monkeypatch.setattr("paragone.implementation.described.ask", _ask_again())

    assert ["for nielsen", "for softmax"] == said == [difference_from(first, each) for each in (nielsen, softmax)]
    assert imports == plugin.imports == 3


def _ask_again():
    """The function without the memory that this process has of it."""
    from paragone.implementation.described import ask

    return ask.__wrapped__


@pytest.mark.parametrize("content", [b"", b"{", b'{"a": 1}', b"[" * 100_000])
def test_a_damaged_memory_is_none(plugin, content):
    plugin.described()
    for path in (cache_folder() / FOLDER).iterdir():
        path.write_bytes(content)

    assert "first" == plugin.described()[0].idea
    assert 2 == plugin.imports


def test_without_a_cache_that_can_be_written_everything_is_asked(plugin, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("PARAGONE_CACHE", str(tmp_path / "file"))
    plugin.described()

    assert "first" == plugin.described()[0].idea
    assert 2 == plugin.imports


def test_memories_of_other_surroundings_do_not_pile_up(plugin, monkeypatch):
    for number in range(12):
        monkeypatch.setenv("FLAGS", str(number))
        plugin.described()

    assert 8 == len(list((cache_folder() / FOLDER).iterdir()))


def test_the_digest_of_a_folder_sees_contents_names_and_rights_and_no_hidden_files(tmp_path):
    (tmp_path / "a").write_text("a")
    digests = {folder_digest(tmp_path)}
    (tmp_path / ".hidden").touch()
    assert digests == {folder_digest(tmp_path)}

    (tmp_path / "a").write_text("b")
    digests.add(folder_digest(tmp_path))
    (tmp_path / "a").chmod(0o755)
    digests.add(folder_digest(tmp_path))
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "a").touch()
    digests.add(folder_digest(tmp_path))

    assert 4 == len(digests)


def test_the_digest_of_a_folder_reads_no_pipe_and_no_device(tmp_path):
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "endless.py").symlink_to("/dev/zero")

    assert folder_digest(tmp_path) == folder_digest(tmp_path)


def test_a_kernels_implementation_is_described_again_where_its_kernel_has_changed(tmp_path):
    from paragone.implementation.new_kernel import write_kernel

    write_kernel("mine", tmp_path)
    (path,) = [path for path in (tmp_path / "mine").glob("*.py") if path.name != "reference.py"]
    ((before,),) = describe_files([path]).values()
    toml = tmp_path / "mine" / "kernel.toml"
    toml.write_text(toml.read_text().replace('["float64", "float32"]', '["float64"]'))
    ((after,),) = describe_files([path]).values()

    assert before.axes["dtype"] != after.axes["dtype"]
