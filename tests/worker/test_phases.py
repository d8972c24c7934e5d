"""A pair of samples: which of the two comes first, what is timed, whether the bits are the same."""

import numpy as np
import pytest
from small_gate import small

from paragone.implementation.contract import PhaseTimes
from paragone.worker.phases import READINGS, reading_ns, take_pair

PROBLEM = small("nielsen")
START, ORDER = PROBLEM.start_state(1), PROBLEM.order(1, 4, 5)


class Scripted:
    """Notes what is asked of it; a train moves the clock on by 10 per step, and the state by its own rule."""

    def __init__(self, name, time, log, moves=1.0):
        self.name, self.time, self.log, self.moves = name, time, log, moves

    def reset(self, state):
        self.log.append(f"{self.name} reset")
        self.state = state
        self.time[0] += 1000

    def train(self, order):
        self.log.append(f"{self.name} train {len(order)}")
        self.time[0] += 10 * len(order)
        return np.full(len(order), self.moves)

    def params(self):
        return self.state

    def phase_times(self):
        return PhaseTimes({"forward": 25})


def pair(plain_first, prefix_steps=2, **clocked):
    time, log = [0], []
    instances = Scripted("plain", time, log), Scripted("clocked", time, log, **clocked)
    return take_pair(*instances, START, ORDER, prefix_steps, plain_first, lambda: time[0]), log


def of_one(name):
    return [f"{name} reset", f"{name} train 2", f"{name} reset", f"{name} train 4"]


@pytest.mark.parametrize("plain_first", [True, False])
def test_both_take_the_same_steps_one_behind_the_other_each_with_its_prefix(plain_first):
    _, log = pair(plain_first)
    names = ("plain", "clocked") if plain_first else ("clocked", "plain")

    assert [*of_one(names[0]), *of_one(names[1])] == log


def test_only_the_train_is_timed():
    taken, _ = pair(True)

    assert (40, 40, {"forward": 25}) == (taken.plain_ns, taken.clocked_ns, taken.phases)


def test_without_a_prefix_nothing_is_trained_before():
    _, log = pair(True, prefix_steps=0)

    assert ["plain reset", "plain train 4", "clocked reset", "clocked train 4"] == log


def test_a_clock_that_changes_the_result_is_noticed():
    assert pair(True)[0].is_same
    assert not pair(True, moves=1.0 + 1e-15)[0].is_same


def test_the_cost_of_a_reading_is_that_of_the_median_group():
    time = [0.0]
    costs = iter([*[30.0] * 20, *[9000.0] * 5])
    cost = [0.0]

    def clock():
        return time[0]

    def read():
        if read.calls % READINGS == 0:
            cost[0] = next(costs)
        read.calls += 1
        time[0] += cost[0]

    read.calls = 0

    assert pytest.approx(30.0) == reading_ns(read, clock)
