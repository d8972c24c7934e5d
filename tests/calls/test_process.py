"""A fresh process: it finds the callables, or says why it does not."""

import sys
import types

import msgspec
import numpy as np
import pytest
from callables_by_name import Scaled, power, root

from paragone.calls.found_by_name import Surroundings, pickled, surroundings
from paragone.calls.launch import Contender, Point, Task
from paragone.calls.outcome import Outcome
from paragone.calls.process import Answer, answer
from paragone.calls.timing import Part

X = np.arange(9.0)


def written(folder, call, expected=None, **changes):
    """The folder of a task with one callable, which is to give `expected`."""
    right = Outcome(np.sqrt(X) if expected is None else expected)
    contender = Contender("a", "a", Part(2, False), "returned", right)
    task = Task({"a": call}, (Point(0, (X,), (contender,)),))
    content = pickled(task)
    wanted = msgspec.structs.replace(surroundings(task.callables, content), **changes)
    (folder / "task.pickle").write_bytes(content)
    (folder / "surroundings.json").write_bytes(msgspec.json.encode(wanted))
    return folder


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """What a process of its own may change is put back."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "argv", [*sys.argv])
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    monkeypatch.setattr("gc.freeze", lambda: None)


def test_it_takes_the_rounds_that_it_is_asked_for(tmp_path):
    found = answer(written(tmp_path, root), 3, 1)

    assert (found.fault, len(found.times[0]["a"])) == ("", 3)


def test_a_result_that_is_another_than_in_the_first_process_is_told(tmp_path):
    found = answer(written(tmp_path, root, expected=-X), 1, 1)

    assert "a gives something else in a later call" in found.fault


def test_a_function_whose_file_has_changed_is_refused(tmp_path):
    found = answer(written(tmp_path, root, codes={"a": "another"}), 1, 1)

    assert "a has other code there: its file has changed" in found.fault


def test_a_script_is_imported_up_to_its_own_comparison(tmp_path, monkeypatch):
    script = tmp_path / "script.py"
    text = "import paragone\ndef f(x):\n    return x**0.5\n\nparagone.compare(f, 1.0)\nraise SystemExit\n"
    script.write_text(text, encoding="utf-8")
    main = types.ModuleType("__main__")
    main.__file__, main.f = str(script), power
    monkeypatch.setitem(sys.modules, "__main__", main)
    monkeypatch.setattr(power, "__module__", "__main__")
    monkeypatch.setattr(power, "__qualname__", "f")
    found = answer(written(tmp_path, power), 1, 1)

    assert (found.fault, len(found.times)) == ("", 1)


def test_a_name_that_is_not_there_is_told_with_what_to_do(tmp_path):
    folder = written(tmp_path, Scaled(2.0).by)
    (folder / "task.pickle").write_bytes(pickled(Task({"a": root}, ())).replace(b"root", b"toor"))

    assert "toor" in answer(folder, 1, 1).fault


def test_what_goes_between_processes_survives():
    given = Answer(times=[{"a": [(1.0, 0.0), (2.0, 0.5)]}], loading_s=0.5)

    assert msgspec.json.decode(msgspec.json.encode(given), type=Answer) == given
    assert msgspec.json.decode(msgspec.json.encode(Surroundings([], [], "", {}, "", {})), type=Surroundings)
