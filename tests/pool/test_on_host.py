"""What runs on a host: its name, the process that it starts, and what that process does not inherit."""

import io
import sys
from types import SimpleNamespace

import pytest

from paragone.pool import on_host


def test_a_host_has_the_name_that_its_worker_was_given_else_that_of_its_node(monkeypatch):
    monkeypatch.setenv("SLURMD_NODENAME", "node7")
    assert on_host.host_name() == "node7"
    monkeypatch.setenv("PARAGONE_HOST", "left")
    assert on_host.host_name() == "left"


def test_a_package_that_a_host_lacks_is_named_with_the_command_that_installs_it():
    said = io.BytesIO(b"Traceback\n  File x\nModuleNotFoundError: No module named 'msgspec'\n")

    words = on_host._last_words(said, 1)

    assert words == f"msgspec is not installed there: {sys.executable} -m pip install 'paragone[dask]'"


def test_a_process_that_ends_without_a_word_is_told_by_its_code():
    assert on_host._last_words(io.BytesIO(b""), -9) == "the process that measures ended with code -9"


def test_what_dask_sets_for_its_workers_is_not_handed_on(monkeypatch):
    settings = {"distributed.nanny.pre-spawn-environ": {"MALLOC_TRIM_THRESHOLD_": 65536, "OMP_NUM_THREADS": 1}}
    config = SimpleNamespace(get=lambda key, default: settings.get(key, default))
    monkeypatch.setitem(sys.modules, "dask", SimpleNamespace(config=config))
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "65536")
    monkeypatch.setenv("OMP_NUM_THREADS", "4")  # the user's own

    handed_on = on_host._variables()

    assert "MALLOC_TRIM_THRESHOLD_" not in handed_on
    assert handed_on["OMP_NUM_THREADS"] == "4"


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Return a function that makes a harness of this text, which answers orders."""

    def make(text):
        folder = tmp_path / "kept" / "sha" / "@code"
        folder.mkdir(parents=True)
        (folder / "answers.py").write_text(text)
        monkeypatch.setattr(on_host, "MODULE", "answers")
        monkeypatch.setattr(on_host, "kept_archives", lambda: tmp_path / "kept")
        return {"@code": "sha"}

    pytest.importorskip("dask", reason="--on needs Dask: pip install 'paragone[dask]'")
    return make


def test_the_lines_of_a_process_come_as_it_prints_them(program):
    archives = program("import sys\nprint(sys.stdin.readline().count('order'), flush=True)\nprint('two')\n")

    assert [*on_host._answers('{"do": "x"}', archives, lambda: True)] == ["1", "two"]


def test_a_process_whose_answer_nobody_wants_is_ended(program):
    archives = program("import time\nprint('one', flush=True)\ntime.sleep(600)\n")
    wanted = iter([True, True, True])
    lines = [*on_host._answers("{}", archives, lambda: next(wanted, False))]

    assert lines[0] == "one"
    assert "ended with code -15" in lines[1]


def test_a_process_that_fails_is_a_line_with_the_reason(program):
    archives = program("raise ValueError('no room')\n")

    assert "ValueError: no room" in [*on_host._answers("{}", archives, lambda: True)][-1]
