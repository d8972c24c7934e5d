"""What a reader must know of how the numbers came about."""

import re

import pytest

from paragone.calls.launch import Task
from paragone.calls.launches import Launches
from paragone.calls.notes import on_launches


def said(n_launches, **about):
    launches = Launches(Task({}, ()), 0.1, elapsed_s=8.0, launch_s=2.0, **about)
    launches.times += [[] for _ in range(n_launches)]
    return list(on_launches(launches))


@pytest.mark.parametrize("n_launches", [1, 4, 20])
@pytest.mark.parametrize("enough_s", [0.0, 80.0])
def test_there_is_one_advice_for_more_seconds_at_most(n_launches, enough_s):
    here = "a fresh process takes 8.0 s to start, too long for 10 s" if enough_s else ""
    advices = re.findall(r"seconds=\d+", " ".join(said(n_launches, here=here, enough_s=enough_s)))

    assert len(advices) == (1 if enough_s or n_launches < 5 else 0)
    assert advices == ["seconds=80"] * len(advices) or not enough_s


def test_what_no_fresh_process_finds_is_advised_no_seconds_for_one():
    assert "seconds=" not in " ".join(said(20, here="a cannot be found by name in a fresh process (a lambda)"))
