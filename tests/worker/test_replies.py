"""What passes for an answer of a worker, and how everything else is told."""

import math

import pytest

from paragone.errors import MeasurementFailed
from paragone.worker.commands import VERBS
from paragone.worker.replies import ANSWERS, checked_answer

SAMPLE = {
    **{"to": "7f", "waiting_cpu_ns": 5, "n_steps": 3, "elapsed_ns": 40_000_000, "runner_ns": None},
    **{"cpu_ns": 39_000_000, "digest": "abc"},
}
WAITED_NS = 50_000_000


def reason_of(**changed) -> str:
    with pytest.raises(MeasurementFailed) as failure:
        checked_answer("sample", {**SAMPLE, **changed}, "7f", WAITED_NS)
    return str(failure.value)


def test_there_is_a_check_for_every_order():
    assert set(VERBS) == set(ANSWERS)


def test_of_an_answer_what_was_asked_for_is_taken_and_nothing_else():
    answer = checked_answer("sample", {**SAMPLE, "of_its_own": 1}, "7f", WAITED_NS)

    assert answer == {name: value for name, value in SAMPLE.items() if name != "to"}


def test_an_error_needs_no_more_than_its_words():
    answer = {"to": "7f", "waiting_cpu_ns": 5, "error": "no room"}

    assert checked_answer("sample", answer, "7f", WAITED_NS)["error"] == "no room"


def test_an_answer_to_another_order_is_none():
    assert "answers another order" in reason_of(to="7e")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_steps", 3.5),
        ("n_steps", True),
        ("elapsed_ns", -1),
        ("elapsed_ns", math.nan),
        ("runner_ns", "1e6"),
        ("runner_ns", -5),
        ("cpu_ns", None),
        ("digest", 7),
        ("waiting_cpu_ns", "much"),
        ("error", ["no", "words"]),
    ],
)
def test_what_is_not_of_the_kind_is_told_by_name(name, value):
    assert f"the worker's answer is no such thing: {name}: expected" in reason_of(**{name: value})


@pytest.mark.parametrize("verb_and_name", [("cost", "step_seconds"), ("threads", "cpus_used")])
@pytest.mark.parametrize("value", [math.inf, math.nan, -1.0, "1", None, True])
def test_a_number_is_finite_and_not_below_zero(verb_and_name, value):
    verb, name = verb_and_name
    with pytest.raises(MeasurementFailed, match=name):
        checked_answer(verb, {"to": "7f", "waiting_cpu_ns": 0, name: value}, "7f", WAITED_NS)


@pytest.mark.parametrize("name", ["elapsed_ns", "runner_ns"])
def test_a_time_longer_than_the_harness_waited_is_none(name):
    assert reason_of(**{name: 90_000_000}) == "says that it took 90.0 ms, but the answer came after 50.0 ms"


@pytest.mark.parametrize("threads", [None, {}, {"pools": 1}, {"pools": [3]}, {"pools": [{"file": "blas.so"}]}])
def test_threads_that_cannot_be_read_are_no_answer_to_load(threads):
    answer = {"to": "7f", "waiting_cpu_ns": 0, "load_seconds": 0.1, "loaded_memory_bytes": 1, "receipt": {}}
    with pytest.raises(MeasurementFailed, match="threads_found"):
        checked_answer("load", {**answer, "threads_found": threads}, "7f", WAITED_NS)
