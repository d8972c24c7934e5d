"""Times to ratios and verdicts."""

import numpy as np
import pytest

from paragone.calls.launch import Contender, Point, Task
from paragone.calls.outcome import Outcome
from paragone.calls.statistics import estimates
from paragone.calls.timing import Part
from paragone.implementation.variant import CONTROL

A_AGAIN = "a" + CONTROL


def contender(name):
    return Contender(name, name.removesuffix(CONTROL), Part(1, False), "returned", Outcome(0))


def made_up(seconds, n_launches=8, n_rounds=5, noise=0.001, size=0):
    """A task and its launches, in which each contender takes its seconds, with noise."""
    random = np.random.default_rng(1)
    task = Task({}, (Point(size, (), tuple(map(contender, seconds))),))
    launches = [
        [
            {
                name: [(s * np.exp(noise * z), 0.0) for z in random.standard_normal(n_rounds)]
                for name, s in seconds.items()
            }
        ]
        for _ in range(n_launches)
    ]
    return task, launches


def verdicts(*given, **options):
    frame = estimates(*made_up(*given, **options))
    return dict(zip(frame["name"], frame["verdict"], strict=True))


def test_a_difference_beyond_the_margin_has_a_word_and_a_smaller_one_has_none():
    found = verdicts({"a": 1.0, A_AGAIN: 1.0, "b": 1.03, "c": 0.97, "d": 1.005})

    assert found == {"a": "", A_AGAIN: "A/A: same within 1 %", "b": "slower", "c": "faster", "d": "same within 1 %"}


def test_the_speed_is_the_ratio_of_times_and_above_1_is_faster():
    frame = estimates(*made_up({"a": 1.0, A_AGAIN: 1.0, "b": 0.5})).set_index("name")

    assert frame.loc["b", "speed"] == pytest.approx(2, rel=1e-2)
    assert frame.loc["b", "speed_low"] < frame.loc["b", "speed"] < frame.loc["b", "speed_high"]
    assert np.isnan(frame.loc["a", "speed"])
    assert frame.loc["a", "seconds"] == pytest.approx(1, rel=1e-2)


def test_where_identical_code_differs_as_much_there_is_no_word():
    assert verdicts({"a": 1.0, A_AGAIN: 1.06, "b": 1.05})["b"] == "not enough data"


def test_one_launch_has_no_interval_and_four_are_too_few():
    assert verdicts({"a": 1.0, A_AGAIN: 1.0, "b": 1.5}, n_launches=1)["b"] == "no interval: one launch"
    assert verdicts({"a": 1.0, A_AGAIN: 1.0, "b": 1.001}, n_launches=1)["b"] == "within A/A"
    assert verdicts({"a": 1.0, A_AGAIN: 1.0, "b": 1.5}, n_launches=4)["b"] == "not enough data"


def test_parts_that_waited_for_a_cpu_do_not_count():
    """Of b, most were interrupted; what is left tells that it takes as long as a."""
    task, launches = made_up({"a": 1.0, A_AGAIN: 1.0, "b": 1.0}, n_rounds=10)
    for times in launches:
        times[0]["b"][:6] = [(2.0, 0.5)] * 6

    assert estimates(task, launches).set_index("name").loc["b", "verdict"] == "same within 1 %"


def test_a_machine_too_busy_for_any_part_gives_no_verdict():
    task, launches = made_up({"a": 1.0, A_AGAIN: 1.0, "b": 1.5})
    for times in launches:
        times[0]["b"][:] = [(1.5, 0.5)] * 5

    assert {*estimates(task, launches)["verdict"]} == {"", "not enough data"}


def test_where_no_round_has_both_undisturbed_all_parts_count_and_there_is_a_word():
    task, ((times,),) = made_up({"a": 1.0, A_AGAIN: 1.0, "b": 1.5}, n_launches=1, n_rounds=2)
    times["a"][0], times["b"][1] = (1.0, 0.9), (1.5, 0.9)
    row = estimates(task, [[times]]).set_index("name").loc["b"]

    assert row["speed"] == pytest.approx(1 / 1.5, rel=1e-2)
    assert row["verdict"] == "no interval: one launch"
