"""The clock that is put around functions: what it counts, and where it is put."""

from importlib.util import module_from_spec, spec_from_file_location
from types import SimpleNamespace

import pytest

from paragone.adapters.phase_clock import PhaseClock, rebound, told_times
from paragone.errors import MeasurementFailed


class Ticking:
    """A clock that moves only when it is told to."""

    now = 0

    def __call__(self):
        return self.now


@pytest.fixture
def time():
    return Ticking()


MATHS = """
def step(clock):
    activations = forward(clock)
    clock.now += 3
    return activations, backward(clock)

def forward(clock, *, ns=7):
    clock.now += ns
    return "activations"

def backward(clock):
    clock.now += 5
    bias(clock)
    return product(clock, 10), product(clock, 20)

def product(clock, ns):
    clock.now += ns
    return ns

def bias(clock, ns=1):
    clock.now += ns
"""
PARTS = {"t1 add the bias row": "bias", "t5 product": "product"}


@pytest.fixture
def maths(tmp_path):
    """Two layers: forward takes 7, backward 5 and what its parts take, and 3 belong to no phase."""
    (tmp_path / "maths.py").write_text(MATHS)
    spec = spec_from_file_location("maths", tmp_path / "maths.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def clocked(maths, time):
    """A network that trains with a copy of the maths file, and the clock around its phases and parts."""
    copy, clock = rebound(maths), PhaseClock(time)
    for part, name in PARTS.items():
        clock.time_part(copy, part, name)
    for phase in ("forward", "backward"):
        clock.time_phase(copy, phase)
    network = SimpleNamespace(train=lambda order: [copy.step(time) for _ in order])
    clock.time_train(network)
    return network, clock


def test_phases_are_summed_over_the_steps_of_the_last_train(time, maths):
    network, clock = clocked(maths, time)
    network.train([1, 2, 3])
    assert {"forward": 21, "backward": 3 * 36} == clock.times().phases

    network.train([1])
    assert {"forward": 7, "backward": 36} == clock.times().phases


def test_parts_of_backward_are_told_apart_by_their_call_within_it(time, maths):
    network, clock = clocked(maths, time)
    network.train([1, 2, 3])
    assert {"t1 add the bias row": (3,), "t5 product": (30, 60)} == clock.times().parts

    network.train([1])
    assert {"t1 add the bias row": (1,), "t5 product": (10, 20)} == clock.times().parts


def test_what_the_functions_return_comes_through(time, maths):
    network, _ = clocked(maths, time)

    assert [("activations", (10, 20))] == network.train([1])


def test_the_clock_is_in_the_copy_alone_and_the_maths_file_stays_as_it_is(time, maths):
    plain = dict(vars(maths))
    _, clock = clocked(maths, time)
    maths.step(time)

    assert plain == vars(maths)
    assert {"forward": 0, "backward": 0} == clock.times().phases


def test_functions_of_a_copy_call_those_that_are_put_into_it(time, maths):
    changed = rebound(maths, product=lambda clock, ns: -ns)

    assert ("activations", (-10, -20)) == changed.step(time)
    assert ("activations", (10, 20)) == maths.step(time)


def test_times_are_what_they_were_when_asked(time, maths):
    network, clock = clocked(maths, time)
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
