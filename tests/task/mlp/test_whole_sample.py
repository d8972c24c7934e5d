"""Whole samples against the reference: honest ones pass over hundreds of steps, and small omissions do not."""

from dataclasses import replace

import numpy as np
import pytest
from broken.member import NumpyRows
from small_gate import IMAGES, LABELS, loaded, small

from paragone.task.checks import Candidate, SampleResult
from paragone.task.mlp import whole_sample
from paragone.task.mlp.checks import NetworkChecks
from paragone.task.mlp.mnist.cache import open_cached, store
from paragone.task.mlp.mnist.parts import Arrays
from paragone.task.mlp.perturbation import PerturbedTraining
from paragone.task.mlp.problem import rounded_to_float32
from paragone.task.mlp.problem_files import find_problem
from paragone.task.mlp.whole_sample import (
    MARGIN,
    EndsOfTraining,
    TypicalSpread,
    check_whole,
    size_fault,
    typical_spread,
)
from paragone.task.sample_input import SampleInput

N_STEPS = 120


DATA = (IMAGES, LABELS)


def trainer(problem, dtype):
    return training_by(loaded(NumpyRows, problem, dtype=dtype))


def training_by(implementation):
    """Train as a worker does."""

    def train(state, order):
        implementation.reset(state)
        losses = implementation.train(order)
        return implementation.params(), losses

    return train


@pytest.fixture(scope="module", params=["nielsen", "softmax", "mlp4", "relu3"])
def setting(request):
    """A problem, its typical spread over 60 steps, and a training of 120 steps with its ends."""
    problem = small(request.param)
    typical = typical_spread(PerturbedTraining.of(problem, *DATA, problem.start_state(0), problem.order(0, 60, 10)))
    start, order = problem.start_state(5), problem.order(5, N_STEPS, 10)
    training = PerturbedTraining.of(problem, *DATA, start, order)
    whole = EndsOfTraining(training, {1, 40, N_STEPS})
    return problem, typical, training, {n_steps: whole.after(n_steps) for n_steps in (1, 40, N_STEPS)}


def checked(setting, train, n_steps=N_STEPS, dtype="float64"):
    problem, typical, training, ends = setting
    got, losses = train(training.state, training.order[:n_steps])
    recorded = losses if problem.records_loss else None
    return check_whole(replace(training, order=training.order[:n_steps]), ends[n_steps], typical, got, recorded, dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n_steps", [1, 40, N_STEPS])
def test_an_honest_sample_passes(setting, dtype, n_steps):
    check = checked(setting, trainer(setting[0], dtype), n_steps, dtype)

    assert ("passed", "", n_steps) == (check.status, check.reason, check.n_steps)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_one_step_left_out_in_the_middle_is_found(setting, dtype):
    train = trainer(setting[0], dtype)

    def skips(state, order):
        got, losses = train(state, np.delete(order, 60, axis=0))
        return replace(got, step=got.step + 1), None if losses is None else np.append(losses, losses[-1])

    assert "failed" == checked(setting, skips, dtype=dtype).status


def test_a_bias_that_is_left_out_of_one_update_in_a_hundred_is_found(setting):
    train = trainer(setting[0], "float32")

    def forgets(state, order):
        before, first = train(state, order[:99])
        after, second = train(before, order[99:100])
        rest, third = train(replace(after, b=(*after.b[:-1], before.b[-1])), order[100:])
        return rest, None if first is None else np.concatenate([first, second, third])

    assert "failed" == checked(setting, forgets, dtype="float32").status


def test_where_a_training_is_out_of_the_ordinary_its_own_spread_decides(setting):
    problem, typical, training, ends = setting
    tiny = TypicalSpread({name: 0 * values for name, values in typical.by_tensor.items()}, 0 * typical.of_losses)
    tight = replace(training, problem=problem)
    got, losses = trainer(problem, "float32")(training.state, training.order)
    check = check_whole(tight, ends[N_STEPS], tiny, got, losses if problem.records_loss else None, "float32")

    assert "passed" == check.status


def test_the_ends_are_those_of_trainings_of_these_lengths(setting):
    _, _, training, ends = setting
    alone = EndsOfTraining(replace(training, order=training.order[:40]), {40}).after(40)

    assert ends[40].state.digest() == alone.state.digest()
    np.testing.assert_array_equal(ends[N_STEPS].losses[:40], ends[40].losses)
    assert {1, 40, N_STEPS} == {len(end.losses) for end in ends.values()}


def test_no_more_steps_are_trained_than_were_asked_for(setting, monkeypatch):
    _, _, training, _ = setting
    trained = []
    real = whole_sample.states
    monkeypatch.setattr(whole_sample, "states", lambda given: (trained.append(1) or each for each in real(given)))
    ends = EndsOfTraining(training, {3, 40, N_STEPS})

    for n_steps, n_trained in ((3, 3), (40, 40), (3, 40)):
        ends.after(n_steps)
        assert n_trained == len(trained)


def test_beyond_the_typical_training_the_spread_is_the_largest_of_its_second_half():
    typical = TypicalSpread({}, np.array([9.0, 5.0, 2.0, 3.0]))

    assert MARGIN * 5.0 == typical.after(typical.of_losses, 2)
    assert MARGIN * 3.0 == typical.after(typical.of_losses, 4) == typical.after(typical.of_losses, 1000)


@pytest.mark.parametrize(("share", "is_told"), [(1.0, False), (0.6, False), (1.9, False), (0.4, True), (2.2, True)])
def test_weights_that_move_less_than_half_as_far_or_more_than_twice_are_told(setting, share, is_told):
    problem, _, training, ends = setting
    start = problem.start_state(9)
    moved = tuple(W + share * (V - U) for W, U, V in zip(start.W, training.state.W, ends[N_STEPS].state.W, strict=True))
    fault = size_fault(training, ends[N_STEPS], start, replace(start, W=moved))

    assert is_told == (fault is not None and "steps left out" in fault)


def test_honest_trainings_of_equal_length_move_about_equally_far(setting):
    problem, _, training, ends = setting
    train = trainer(problem, "float32")

    for seed in range(20, 30):
        start = problem.start_state(seed)
        got, _ = train(start, problem.order(seed, N_STEPS, 10))
        assert size_fault(training, ends[N_STEPS], start, got) is None


def test_weights_that_the_reference_leaves_where_they_are_must_stay_and_may(setting):
    """On images that are all black, those of the first layer do not move."""
    _, _, training, _ = setting
    without_penalties = replace(training.problem, l1=0.0, l2=0.0)
    black = replace(training, problem=without_penalties, images=np.zeros_like(training.images))
    end = EndsOfTraining(black, {N_STEPS}).after(N_STEPS)
    moved = replace(end.state, W=(1.5 * end.state.W[0], *end.state.W[1:]))

    assert size_fault(black, end, training.state, end.state) is None
    assert "W1 has moved inf times as far" in str(size_fault(black, end, training.state, moved))


# --- saturated neurons: what the first steps of a chaotic training do ---


@pytest.fixture(scope="module")
def saturated(tmp_path_factory):
    """Four hidden neurons over dense noise, where σ is almost always 0 or 1: a candidate, its training, the checks."""
    folder = tmp_path_factory.mktemp("saturated")
    generator = np.random.Generator(np.random.PCG64(5))
    images = generator.integers(0, 256, (350, 784), np.uint8)[:300]
    labels = generator.integers(0, 10, 350).astype(np.uint8)[:300]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PARAGONE_CACHE", str(folder))
        data = open_cached(store(Arrays(images, labels, images, labels), "saturated", "a test").folder)
    problem = replace(find_problem("nielsen"), n_train=300, layers=(784, 4, 10), batch_sizes=(1,))
    implementation = NumpyRows(dtype="float32", order="C")
    implementation.load(problem, (images / 255.0).astype(np.float32), labels)
    return Candidate(problem, "float32"), training_by(implementation), NetworkChecks(data, 1, folder)


@pytest.mark.parametrize(
    ("seed", "n_steps", "status"),
    [
        (100198, 1, "not checked"),  # W1 stays where it is, and moves by the reference
        (101216, 2, "not checked"),
        (100758, 3, "passed"),  # all rounding acts along one direction, of which two noisy runs show a fifth
        (100568, 7, "passed"),
    ],
)
def test_an_honest_sample_of_a_few_saturated_steps_is_never_refused(saturated, seed, n_steps, status):
    candidate, train, checks = saturated
    input_ = SampleInput(candidate.problem, 1, frozenset({n_steps}), seed)
    state, losses = train(input_.start, input_.order(n_steps))

    check = checks.check_sample(train, candidate, input_, SampleResult(state, losses, n_steps))

    assert (status, "") == (check.status, check.reason if status == "passed" else "")


def test_a_chaotic_start_of_a_few_steps_leaves_later_samples_compared(saturated):
    candidate, train, checks = saturated
    short, longer = (SampleInput(candidate.problem, 1, frozenset({n}), seed) for n, seed in ((1, 100198), (30, 1)))
    for input_, n_steps in ((short, 1), (longer, 30)):
        state, losses = train(input_.start, input_.order(n_steps))
        wrong = replace(state, b=tuple(rounded_to_float32(1.01 * b) for b in state.b)) if input_ is longer else state
        check = checks.check_whole_sample(train, candidate, input_, SampleResult(wrong, losses, n_steps))

    assert "failed" == check.status
    assert "differs from the reference" in check.reason
