"""Every implementation keeps the contract of harness/interface.py, in every variant, on every workload and its twin."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest

from harness.interface import Implementation, Variant, variants
from harness.problem import Problem, rounded_to_float32
from harness.reference import trajectory
from harness.registry import discover
from harness.state import State
from harness.verify import judge, twin, twin_state
from harness.workloads import find_problem, shipped_names

N_TRAIN = 43  # prime: no batch size divides it
BATCH_SIZES = (1, 2, 7, N_TRAIN)
PIXELS, HIDDEN = 25, (8, 7)
N_STEPS = 5
SEED = 3

_random = np.random.Generator(np.random.PCG64(1))
IMAGES = np.where(_random.random((N_TRAIN, PIXELS)) < 0.19, _random.integers(1, 256, (N_TRAIN, PIXELS)), 0)
IMAGES = IMAGES.astype(np.uint8)
LABELS = _random.integers(0, 10, N_TRAIN).astype(np.uint8)

FOUND, BROKEN = discover()
VARIANTS = [variant for found in FOUND for variant in variants(found.implementation)]


def shrunk(problem: Problem) -> Problem:
    """The workload with 25 pixels, 43 images and few neurons; depth, step and coefficients are kept."""
    return replace(problem, n_train=N_TRAIN, layers=(PIXELS, *HIDDEN[: len(problem.layers) - 2], 10))


SHIPPED = [shrunk(find_problem(name)) for name in shipped_names()]
PROBLEMS = [*SHIPPED, *(twin(problem) for problem in SHIPPED)]


@dataclass(frozen=True)
class Case:
    """A variant on a problem at a batch size, and what it starts from."""

    variant: Variant
    problem: Problem
    batch_size: int

    @property
    def order(self):
        """Five mini-batches, fresh at every call."""
        return self.problem.order(SEED, N_STEPS, self.batch_size)

    @property
    def state(self) -> State:
        """A state with previous updates, two steps before the end of an epoch."""
        return start(self.problem, self.batch_size)

    def loaded(self) -> Implementation:
        """A fresh instance with the training set."""
        implementation = self.variant.make()
        images = (IMAGES / 255.0).astype(self.variant.dtype)
        images.setflags(write=False)
        implementation.load(self.problem, images, LABELS.copy())
        return implementation

    def needs_determinism(self):
        if not self.variant.implementation.deterministic:
            pytest.skip("declares that it is not deterministic")


def start(problem: Problem, batch_size: int) -> State:
    """The twin's start state, moved to two steps before the end of an epoch, so that η changes on the way."""
    state = twin_state(problem, SEED, batch_size)
    return replace(state, step=2 * problem.steps_per_epoch(batch_size) - 2 if batch_size < N_TRAIN else 2)


@cache
def expected(problem: Problem, batch_size: int):
    """The reference's training, each computed once."""
    order = problem.order(SEED, N_STEPS, batch_size)
    return trajectory(problem, IMAGES, LABELS, start(problem, batch_size), order)


def training(implementation, state, order):
    """The end of a training, and its losses."""
    implementation.reset(state)
    losses = implementation.train(order)
    return implementation.params(), losses


def bits(problem, state, losses=None):
    """What must be equal where two trainings must be the same; previous updates count where momentum uses them."""
    if problem.momentum == 0:
        state = State.at_rest(state.W, state.b, state.step)
    return state.digest(), None if losses is None else np.asarray(losses).tobytes()


def cases(problems=PROBLEMS, batch_sizes=BATCH_SIZES):
    return [
        pytest.param(
            Case(variant, problem, size), id=f"{variant.name}-{problem.name.replace(' (twin)', '_twin')}-{size}"
        )
        for variant in VARIANTS
        for problem in problems
        for size in batch_sizes
    ]


@pytest.fixture(params=cases())
def case(request):
    return available(request.param)


def available(case):
    """The case, or a skip with the reason why it cannot be tried here."""
    implementation = case.variant.implementation
    if reason := implementation.missing() or implementation.supports(case.problem):
        pytest.skip(reason)
    return case


def test_every_folder_holds_an_implementation_that_can_be_read():
    assert BROKEN == []
    assert {"numpy_rows", "numpy_columns", "numpy_per_sample", "numpy_tuned", "python_lists"} <= {f.name for f in FOUND}


def test_training_follows_the_reference(case):
    got, losses = training(case.loaded(), case.state, case.order)
    check = judge(case.problem, expected(case.problem, case.batch_size), got, losses, case.variant.dtype)
    assert check.passed, check.reason


@pytest.mark.parametrize("layers", [(PIXELS, 10), (PIXELS, 9, 8, 7, 6, 10)], ids=["one_layer", "five_layers"])
@pytest.mark.parametrize("case", cases(batch_sizes=(1, 7)))
def test_any_depth_follows_the_reference(case, layers):
    case = available(replace(case, problem=replace(case.problem, layers=layers)))
    got, losses = training(case.loaded(), case.state, case.order)
    check = judge(case.problem, expected(case.problem, case.batch_size), got, losses, case.variant.dtype)
    assert check.passed, check.reason


def test_labels_order_and_state_are_left_as_they_were(case):
    implementation = case.variant.make()
    images, labels, order, state = (IMAGES / 255.0).astype(case.variant.dtype), LABELS.copy(), case.order, case.state
    untouched = images.tobytes(), labels.tobytes(), order.tobytes(), state.digest()
    images.setflags(write=False)
    implementation.load(case.problem, images, labels)
    training(implementation, state, order)
    assert (images.tobytes(), labels.tobytes(), order.tobytes(), state.digest()) == untouched


def test_the_training_set_is_copied(case):
    case.needs_determinism()
    first = bits(case.problem, *training(case.loaded(), case.state, case.order))
    implementation = case.variant.make()
    images, labels = (IMAGES / 255.0).astype(case.variant.dtype), LABELS.copy()
    shown = images.view()
    shown.setflags(write=False)
    implementation.load(case.problem, shown, labels)
    images[:], labels[:] = 0.5, 0
    assert bits(case.problem, *training(implementation, case.state, case.order)) == first


def test_the_state_is_copied(case):
    case.needs_determinism()
    implementation, state = case.loaded(), case.state
    first = bits(case.problem, *training(implementation, state, case.order))
    implementation.reset(state)
    for tensor in state.tensors().values():
        tensor[...] = 0.5
    losses = implementation.train(case.order)
    assert bits(case.problem, implementation.params(), losses) == first


def test_reset_takes_the_whole_state(case):
    implementation, given = case.loaded(), case.state
    training(implementation, given, case.order)
    implementation.reset(given)
    if case.variant.dtype == "float32":
        given = State.from_tensors({k: rounded_to_float32(x) for k, x in given.tensors().items()}, given.step)
    assert bits(case.problem, implementation.params()) == bits(case.problem, given)


def test_training_again_from_the_same_state_gives_the_same_bits(case):
    case.needs_determinism()
    implementation = case.loaded()
    first = bits(case.problem, *training(implementation, case.state, case.order))
    assert bits(case.problem, *training(implementation, case.state, case.order)) == first


def test_training_in_two_halves_gives_the_same_bits(case):
    case.needs_determinism()
    implementation, order = case.loaded(), case.order
    whole, whole_losses = training(implementation, case.state, order)
    implementation.reset(case.state)
    halves = [implementation.train(order[:2]), implementation.train(order[2:])]
    losses = np.concatenate(halves) if case.problem.records_loss else None
    assert bits(case.problem, implementation.params(), losses) == bits(case.problem, whole, whole_losses)


def test_the_batch_size_may_change_from_call_to_call(case):
    case.needs_determinism()
    implementation, other = case.loaded(), case.problem.order(SEED, 2, 3)
    middle, _ = training(implementation, case.state, case.order)
    implementation.train(other)
    end = implementation.params()
    assert bits(case.problem, training(case.loaded(), middle, other)[0]) == bits(case.problem, end)


def test_two_instances_are_independent(case):
    case.needs_determinism()
    alone = bits(case.problem, *training(case.loaded(), case.state, case.order))
    one, other = case.loaded(), case.loaded()
    one.reset(case.state)
    other.reset(case.problem.start_state(99))
    other.train(case.problem.order(99, N_STEPS, case.batch_size))
    losses = one.train(case.order)
    other.train(case.problem.order(98, N_STEPS, case.batch_size))
    assert bits(case.problem, one.params(), losses) == alone


@pytest.mark.parametrize("case", cases(batch_sizes=(1, 2, 7)))
def test_the_order_is_obeyed(case):
    implementation, order = available(case).loaded(), case.order
    as_given, _ = training(implementation, case.state, order)
    swapped = order.copy()
    swapped[[0, 1]] = order[[1, 0]]
    other, _ = training(implementation, case.state, swapped)
    assert bits(case.problem, other) != bits(case.problem, as_given)


def test_params_are_copies(case):
    case.needs_determinism()
    implementation = case.loaded()
    first, _ = training(implementation, case.state, case.order)
    as_given = first.digest()
    implementation.train(case.order)
    assert first.digest() == as_given
    second = implementation.params()
    untouched = second.digest()
    for tensor in second.tensors().values():
        tensor[...] = 0.5
    assert implementation.params().digest() == untouched


def test_params_are_canonical(case):
    got, _ = training(case.loaded(), case.state, case.order)
    for name, tensor in case.state.tensors().items():
        mine = got.tensors()[name]
        assert (mine.shape, mine.dtype, mine.flags.c_contiguous) == (tensor.shape, np.float64, True), name
    assert got.step == case.state.step + N_STEPS


def test_params_have_the_precision_of_the_variant(case):
    got, _ = training(case.loaded(), case.state, case.order)
    weights = np.concatenate([tensor.ravel() for tensor in (*got.W, *got.b)])
    fits_float32 = np.array_equal(rounded_to_float32(weights), weights)
    assert fits_float32 == (case.variant.dtype == "float32")


def test_losses_come_back_where_they_are_asked_for(case):
    _, losses = training(case.loaded(), case.state, case.order)
    if case.problem.records_loss:
        assert losses.shape == (N_STEPS,)
        assert np.isfinite(losses).all()
    else:
        assert losses is None


def test_what_fresh_memory_holds_does_not_matter(case, monkeypatch):
    case.needs_determinism()
    clean = bits(case.problem, *training(case.loaded(), case.state, case.order))
    for byte in (0x00, 0xFF):  # 0.0 and NaN
        with monkeypatch.context() as patch:
            patch.setattr(np, "empty", filled_memory(byte))
            patch.setattr(np, "empty_like", lambda x, byte=byte: filled_memory(byte)(x.shape, x.dtype, order_of(x)))
            assert bits(case.problem, *training(case.loaded(), case.state, case.order)) == clean, hex(byte)


def filled_memory(byte):
    """An np.empty whose every byte is `byte`."""

    def empty(shape, dtype=np.float64, order="C"):
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        return np.full(size, byte, dtype=np.uint8).view(dtype).reshape(shape, order=order)

    return empty


def order_of(x):
    return "C" if x.flags.c_contiguous else "F"


def test_saturated_neurons_raise_no_warning(case):
    """Warnings are errors in these tests."""
    state = case.problem.start_state(SEED)
    far = replace(state, W=tuple(1e4 * W for W in state.W), b=tuple(-1e4 * b for b in state.b))
    got, losses = training(case.loaded(), far, case.order)
    assert all(np.isfinite(tensor).all() for tensor in got.tensors().values())
    assert losses is None or np.isfinite(losses).all()
