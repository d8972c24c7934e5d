"""The clock that is put around functions: what it counts, whose functions it changes, and for how long."""

from itertools import count
from types import SimpleNamespace

import pytest

from paragone.adapters.phase_clock import PhaseClock, told_times
from paragone.errors import MeasurementFailed


class Ticking:
    """A clock that moves only when it is told to."""

    now = 0

    def __call__(self):
        return self.now


@pytest.fixture
def time():
    return Ticking()


@pytest.fixture
def maths(time):
    """A maths file with a part that takes longer at each call, and one that is called in the output layer alone."""

    def product(ns):
        time.now += ns
        return ns

    def bias(ns=1):
        time.now += ns

    return SimpleNamespace(product=product, bias=bias)


@pytest.fixture
def network(time, maths):
    """Two layers: forward takes 7, backward 5 and what its parts take, and 3 belong to no phase."""

    def forward():
        time.now += 7
        return "activations"

    def backward():
        time.now += 5
        maths.bias(ns=1)
        return maths.product(10), maths.product(20)

    def train(order):
        gradients = []
        for _ in order:
            assert network.forward() == "activations"
            time.now += 3
            gradients.append(network.backward())
        return gradients

    network = SimpleNamespace(forward=forward, backward=backward, train=train)
    return network


PARTS = {"t1 add the bias row": "bias", "t5 product": "product"}


def clocked(network, time, maths):
    clock = PhaseClock(time)
    clock.time_phase(network, "forward")
    clock.time_phase(network, "backward")
    clock.time_train(network, maths, PARTS)
    return clock


def test_phases_are_summed_over_the_steps_of_the_last_train(network, time, maths):
    clock = clocked(network, time, maths)
    network.train([1, 2, 3])
    assert {"forward": 21, "backward": 3 * 36} == clock.times().phases

    network.train([1])
    assert {"forward": 7, "backward": 36} == clock.times().phases


def test_parts_of_backward_are_told_apart_by_their_call_within_it(network, time, maths):
    clock = clocked(network, time, maths)
    network.train([1, 2, 3])

    assert {"t1 add the bias row": (3,), "t5 product": (30, 60)} == clock.times().parts


def test_what_the_functions_return_comes_through(network, time, maths):
    clocked(network, time, maths)

    assert [(10, 20)] == network.train([1])


def test_the_module_is_as_before_behind_every_train_even_one_that_raises(network, time, maths):
    plain = dict(vars(maths))
    seen = []
    network.backward = lambda: seen.append(vars(maths) == plain) or next(count("no number"))
    clocked(network, time, maths)
    with pytest.raises(TypeError):
        network.train([1])

    assert [False] == seen
    assert plain == vars(maths)


def test_times_are_what_they_were_when_asked(network, time, maths):
    clock = clocked(network, time, maths)
    network.train([1])
    before = clock.times()
    network.train([1, 2])

    assert 7 == before.phases["forward"]
    assert (10, 20) == before.parts["t5 product"]


def test_a_method_of_another_name_can_be_a_phase(time):
    owner = SimpleNamespace(sum_gradients=lambda block, first: setattr(time, "now", time.now + 4))
    clock = PhaseClock(time)
    clock.time_phase(owner, "backward", "sum_gradients")
    owner.sum_gradients("block", first=True)

    assert {"backward": 4} == clock.times().phases


def test_words_of_another_program_become_times():
    assert {"gather": 120, "update": 3} == told_times("gather 120 update 3").phases
    assert {} == told_times("").phases


@pytest.mark.parametrize("words", ["gather", "gather -1", "gather 1.5", "gather 1 gathering 2", "1 gather", "gather ²"])
def test_words_that_are_no_times_are_refused_with_what_is_expected(words):
    with pytest.raises(MeasurementFailed, match=r"phases: expected nanoseconds behind each name.*got '"):
        told_times(words)
