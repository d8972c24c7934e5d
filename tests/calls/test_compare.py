"""`paragone.compare`, from the call to the answer."""

import subprocess
import sys
import time

import numpy as np
import pytest
from callables_by_name import Scaled, power, root

import paragone
from paragone.calls import compare as module
from paragone.errors import MeasurementFailed, Misuse

X = np.random.default_rng(1).random(100)
SHORT = {"seconds": 0.2, "show_progress": False}


@pytest.fixture
def in_this_process(monkeypatch):
    """No process is started: whatever is pickled cannot be."""

    def refuse(task):
        raise LookupError("a test wants it so")

    monkeypatch.setattr("paragone.calls.launches.pickled", refuse)


def compare(*given, **options):
    return paragone.compare(*given, **{**SHORT, **options})


@pytest.mark.usefixtures("in_this_process")
def test_every_callable_has_a_row_and_the_first_has_a_control():
    found = compare({"a": root, "b": power}, X)

    assert list(found.frame["name"]) == ["a", "a (A/A)", "b"]
    assert (found.frame["seconds"] > 0).all()
    assert set(found.samples["name"]) == {"a", "a (A/A)", "b"}
    assert "all in this process, because a test wants it so" in str(found)


@pytest.mark.usefixtures("in_this_process")
def test_one_that_gives_something_else_is_a_row_that_failed_and_is_not_timed():
    found = compare({"a": root, "b": power, "c": lambda x: -x}, X)
    row = found.frame.set_index("name").loc["c"]

    assert (row["status"], np.isnan(row["seconds"])) == ("failed", True)
    assert "gives something else than a" in row["reason"]
    assert "c failed" in found.verdict


def failing_after(n_calls):
    calls = iter(range(n_calls))

    def fails(x):
        if next(calls, None) is None:
            raise ValueError("no more")
        time.sleep(0.004)  # as long as a part: so a part has one call
        return x**0.5

    return fails


@pytest.mark.parametrize("n_calls", [1, 3], ids=["while it warms up", "in a round"])
@pytest.mark.usefixtures("in_this_process")
def test_one_that_raises_in_a_later_call_is_a_row_that_failed_and_the_others_are_measured(n_calls):
    found = compare({"a": root, "b": failing_after(n_calls), "c": power}, X, seconds=0.5)
    row = found.frame.set_index("name").loc["b"]

    assert (row["status"], row["reason"]) == ("failed", "b raised ValueError: no more in a later call")
    assert found.frame.set_index("name").loc["c", "seconds"] > 0
    assert "b failed" in found.verdict


def test_the_first_that_raises_in_a_later_call_ends_the_comparison():
    with pytest.raises(MeasurementFailed, match="a raised ValueError: no more in a later call"):
        compare({"a": failing_after(1), "b": root}, X)


def test_with_none_to_compare_nothing_is_measured():
    found = compare({"a": root, "b": lambda x: 1 / 0}, X)

    assert found.samples.empty
    assert "b raised ZeroDivisionError: division by zero, called with 1 argument" in found.verdict


def test_one_that_ends_the_program_or_returns_a_coroutine_is_a_row_that_failed():
    async def later(x):
        return x

    found = compare({"a": root, "b": lambda x: sys.exit(3), "c": lambda x: later(x)}, X)

    assert "b failed: b raised SystemExit: 3" in found.verdict
    assert "c failed: c returns a coroutine, so a call computes nothing" in found.verdict


def test_a_first_callable_that_raises_is_an_error_with_its_cause():
    with pytest.raises(MeasurementFailed, match="a raised ZeroDivisionError") as caught:
        compare({"a": lambda x: 1 / 0}, X)

    assert isinstance(caught.value.__cause__, ZeroDivisionError)


@pytest.mark.usefixtures("in_this_process")
def test_all_must_agree_with_the_reference_where_there_is_one():
    assert "b failed" in compare({"a": root, "b": lambda x: -x}, X, reference=np.sqrt).verdict
    assert "a failed" in compare({"a": root, "b": power}, X, reference=-X).verdict
    assert "failed" not in compare({"a": root, "b": power}, X, reference=np.sqrt(X)).verdict


@pytest.mark.usefixtures("in_this_process")
def test_callables_that_change_their_arguments_get_fresh_ones_in_every_call():
    found = compare({"a": lambda x: x.sort(), "b": lambda x: x.sort(kind="stable")}, X)

    assert set(found.frame["status"]) == {"passed"}
    assert "a changes argument 1: every call, of the others too, has a copy, made untimed." in str(found)


@pytest.mark.usefixtures("in_this_process")
def test_sizes_make_their_own_arguments_and_each_has_its_rows():
    found = compare({"a": root, "b": power}, lambda n: X[:n], sizes=[100, 10])

    assert list(found.frame["size"]) == [10, 10, 10, 100, 100, 100]
    assert str(found).startswith("size")


def test_an_argument_that_cannot_be_made_is_told_with_its_size():
    with pytest.raises(Misuse, match="argument 1 makes none of size 10: it raised ZeroDivisionError: "):
        compare(root, lambda n: n / 0, sizes=[10])


@pytest.mark.usefixtures("in_this_process")
def test_seconds_and_tolerance_may_be_numbers_of_numpy():
    found = compare({"a": root, "b": power}, X, seconds=np.float32(0.2), tolerance=np.float32(1e-3))

    assert set(found.frame["status"]) == {"passed"}


def test_what_takes_longer_than_the_seconds_is_shown_as_a_first_call():
    found = compare({"a": root, "b": power}, X, seconds=1e-9)

    assert (found.frame["verdict"].iloc[-1], found.samples.empty) == ("not enough data", True)
    assert "These are first calls alone" in str(found)


def test_a_comparison_inside_a_callable_is_refused():
    with pytest.raises(Misuse, match="another comparison is under way"):
        compare({"a": lambda x: paragone.compare(root, x)}, X)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"seconds": 0}, "seconds to spend"),
        ({"seconds": True}, "seconds to spend"),
        ({"seconds": "10"}, "seconds to spend"),
        ({"tolerance": 2}, "expected a tolerance"),
        ({"sizes": []}, "expected sizes"),
        ({"sizes": [-1]}, "expected sizes"),
        ({"sizes": "10"}, "expected sizes"),
        ({"sizes": 10}, "expected sizes"),
        ({"seconds": 10**400}, "seconds to spend"),
        ({"sizes": [10]}, "no argument depends on them"),
    ],
)
def test_impossible_options_are_refused_with_an_example(options, told):
    with pytest.raises(Misuse, match=told):
        compare(root, X, **options)


@pytest.mark.usefixtures("in_this_process")
def test_an_interrupt_goes_on_and_carries_what_was_measured(monkeypatch):
    def one_launch(launches, seconds, told):
        launches.note([{name: [(1.0, 0.0)] for name in ("a", "a (A/A)", "b")}], 1.0, 1.0)
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "take_launches", one_launch)
    with pytest.raises(KeyboardInterrupt) as caught:
        compare({"a": root, "b": power}, X)

    assert "Interrupted; so far:\ncallable" in caught.value.__notes__[0]


def test_callables_of_a_module_are_measured_in_fresh_processes():
    scaled = Scaled(2.0)
    found = compare({"a": scaled.by, "b": scaled.by}, X[::2], seconds=1)

    assert set(found.frame["status"]) == {"passed"}
    assert "each in a fresh process" in str(found) or "too long for" in str(found)


SCRIPT = """
import numpy as np
import paragone

print("begins")


def root(x):
    return np.sqrt(x)


print(paragone.compare({"a": root, "b": np.sqrt}, np.ones(10), seconds=20, show_progress=False).notes[0])
print("ends")
"""


@pytest.mark.slow
def test_a_script_needs_no_guard_and_runs_once(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    command = [sys.executable, tmp_path / "script.py"]
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path).stdout

    begins, notes, ends = said.splitlines()
    assert (begins, ends) == ("begins", "ends")
    assert "each in a fresh process" in notes
