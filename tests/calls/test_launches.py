"""How many launches there are, and where."""

import pytest
from callables_by_name import root

from paragone.calls import launches as module
from paragone.calls.launch import Task
from paragone.calls.launches import HERE_LAUNCHES, LAUNCH_S, Launches, take_launches
from paragone.plan.power import MOST_LAUNCHES


class Clock:
    """A clock that goes on by so much with every launch."""

    def __init__(self, monkeypatch, fresh_s, here_s=0.5):
        self.now, self.fresh_s, self.here_s = 0.0, fresh_s, here_s
        self.rounds = []
        monkeypatch.setattr(module.time, "perf_counter", lambda: self.now)
        monkeypatch.setattr(module, "_in_fresh_process", self.fresh)
        monkeypatch.setattr(module, "take_launch", self.here)

    def fresh(self, folder, launches, seed):
        self.now += self.fresh_s
        self.rounds.append(launches.n_rounds)
        return [{"a": [1.0]}]

    def here(self, task, n_rounds, seed):
        self.now += self.here_s
        self.rounds.append(n_rounds)
        return [{"a": [1.0]}]


def taken(seconds, round_s=0.015, call=root):
    launches = Launches(Task({"a": call}, ()), round_s)
    told = []
    take_launches(launches, seconds, lambda each: told.append(len(each.times)))
    return launches, told


def test_launches_go_on_until_another_would_end_too_late(monkeypatch):
    Clock(monkeypatch, fresh_s=1.0)
    launches, told = taken(10)

    assert told == [*range(1, 11)]
    assert (launches.elapsed_s, launches.here) == (10, "")


def test_there_is_a_largest_number_of_launches(monkeypatch):
    Clock(monkeypatch, fresh_s=0.01)

    assert len(taken(10)[0].times) == MOST_LAUNCHES


def test_there_is_one_launch_at_least(monkeypatch):
    Clock(monkeypatch, fresh_s=20)

    assert len(taken(10, round_s=5)[0].times) == 1


def test_launches_are_timed_for_as_long_as_a_process_takes_to_start(monkeypatch):
    clock = Clock(monkeypatch, fresh_s=1.0)
    taken(20)

    assert clock.rounds[0] == round(LAUNCH_S / 0.015)
    assert {*clock.rounds[1:]} == {round((1.0 - 0.3) / 0.015)}


def test_where_processes_start_too_slowly_this_process_measures_and_says_so(monkeypatch):
    Clock(monkeypatch, fresh_s=8.0)
    launches, _ = taken(10)

    assert launches.here == "a fresh process takes 8.0 s to start, too long for 10 s"
    assert launches.enough_s == 80
    assert len(launches.times) == HERE_LAUNCHES


def test_what_no_fresh_process_finds_is_measured_here(monkeypatch):
    Clock(monkeypatch, fresh_s=1.0)
    launches, _ = taken(10, call=lambda x: x)

    assert "a lambda" in launches.here


@pytest.mark.parametrize(("content", "told"), [(b"", "exited|killed|gave no answer"), (b'{"fault": "no f"}', "no f")])
def test_a_launch_without_an_answer_or_with_a_fault_is_told(monkeypatch, content, told, tmp_path):
    monkeypatch.setattr(module, "read_until_silent", lambda *_: iter([content]))
    launches = Launches(Task({"a": root}, ()), 0.01)

    with pytest.raises(Exception, match=told):
        module._in_fresh_process(tmp_path, launches, 1)
