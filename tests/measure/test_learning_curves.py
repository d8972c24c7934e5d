"""Learning curves: counting what is right, going on from epoch to epoch, and what a run's folder gets of it."""

from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise

import msgspec
import numpy as np
import pytest
from described_here import with_class
from easy_data import N_TEST, N_TRAIN, easy_data
from everyone import FOUND
from in_process import InProcessWorker
from made_up_run import stored_plan

from paragone.errors import InvalidProblem, MeasurementFailed, Unavailable
from paragone.files.atomic import write_json
from paragone.files.json_lines import read_rows
from paragone.measure import learning_curves
from paragone.measure.learning_curves import (
    Epoch,
    count_correct,
    draw_curves,
    learn,
    learning_curve,
)
from paragone.plan.cells import contenders_of
from paragone.plan.request import Request
from paragone.store.plan_records import Cell
from paragone.store.run_folder import RunFolder
from paragone.task.mlp.problem_files import find_problem, shipped_names
from paragone.task.mlp.state import State
from paragone.worker.budgets import STANDARD

EVERYONE = [FOUND["numpy_rows"]]
PROBLEM = replace(find_problem("nielsen"), n_train=N_TRAIN - 1, layers=(784, 12, 10), start="scaled_normal")
BATCH_SIZE, STEPS_PER_EPOCH = 10, (N_TRAIN - 1) // 10


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return easy_data(tmp_path_factory.mktemp("cache"))


@pytest.fixture
def contender():
    return contenders_of(Request((PROBLEM,), dtypes=("float64",)), EVERYONE, EVERYONE)[0]


def loaded(contender, data) -> InProcessWorker:
    worker = InProcessWorker()
    worker.load(contender.variant, "", contender.problem, str(data.folder), seed=1)
    return worker


# --- counting ---

TINY = replace(PROBLEM, layers=(2, 2, 3))


def test_an_image_is_right_where_its_own_label_has_the_largest_output():
    # One hidden neuron per pixel, σ(4x − 2): 0.88 for a bright one and 0.12 for a dark one.
    # Logits of the three classes: a₁, a₂ and ½.
    state = State.at_rest([np.diag([4.0, 4.0]), np.array([[1.0, 0], [0, 1], [0, 0]])], [np.full(2, -2.0), [0, 0, 0.5]])
    images = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0], [0.9, 1.0], [1.0, 0.9]])
    #           largest:    0           1           2           1           0

    assert 5 == count_correct(TINY, state, images, np.array([0, 1, 2, 1, 0]))
    assert 3 == count_correct(TINY, state, images, np.array([0, 1, 1, 0, 0]))
    assert 0 == count_correct(TINY, state, images, np.array([2, 2, 0, 0, 1]))


@pytest.mark.parametrize("name", shipped_names())
def test_the_count_is_that_of_the_reference_network(name):
    from paragone.task.mlp.reference import forward

    problem = find_problem(name)
    state = problem.start_state(seed=4)
    random = np.random.Generator(np.random.PCG64(5))
    images, labels = random.random((50, 784)), random.integers(0, 10, 50)
    outputs = [forward(problem, state.W, state.b, image)[1][-1] for image in images]

    expected = sum(int(output.argmax()) == label for output, label in zip(outputs, labels, strict=True))
    assert expected == count_correct(problem, state, images, labels)
    assert expected > 0


def test_logits_beyond_what_exp_can_take_are_counted_without_a_warning():
    state = State.at_rest([np.full((2, 2), 1e4), np.array([[1.0, 1], [0, 0], [0, 0]])], [np.zeros(2), np.zeros(3)])

    assert 1 == count_correct(TINY, state, np.array([[1.0, -2.0], [1.0, 1.0]]), np.array([1, 0]))


# --- a curve ---


def test_accuracy_rises_on_a_set_that_can_be_learned(data, contender):
    curve = list(learning_curve(loaded(contender, data), contender, data, BATCH_SIZE, 3, seed=1))

    assert [0, 1, 2, 3] == [at.epoch for at in curve]
    assert {N_TEST} == {at.n_test for at in curve}
    assert curve[0].correct < 0.4 * N_TEST
    assert curve[-1].correct > 0.9 * N_TEST


def test_the_epochs_are_one_training_in_pieces(data, contender):
    worker = loaded(contender, data)
    list(learning_curve(worker, contender, data, BATCH_SIZE, 3, seed=1))
    in_pieces, _ = worker.result()
    order = PROBLEM.order(1, 3 * STEPS_PER_EPOCH, BATCH_SIZE)
    at_once, _ = worker.train(PROBLEM.start_state(1), order)

    assert at_once.digest() == in_pieces.digest()
    assert 3 * [("train", STEPS_PER_EPOCH, BATCH_SIZE)] == [entry for entry in worker.log if entry[0] == "train"][:3]


def test_training_time_is_part_of_the_elapsed_time_and_neither_runs_backwards(data, contender):
    curve = list(learning_curve(loaded(contender, data), contender, data, BATCH_SIZE, 2, seed=1))

    assert (0.0, 0.0) == (curve[0].training_seconds, curve[0].elapsed_seconds)
    for before, after in pairwise(curve):
        assert before.training_seconds < after.training_seconds
        assert before.elapsed_seconds < after.elapsed_seconds
        assert after.training_seconds <= after.elapsed_seconds


def test_a_curve_can_be_followed_epoch_by_epoch(data, contender):
    worker = loaded(contender, data)
    curve = learning_curve(worker, contender, data, BATCH_SIZE, 3, seed=1)
    next(curve)
    next(curve)

    assert 1 == sum(entry[0] == "train" for entry in worker.log)


# --- paragone train ---


@pytest.fixture
def opened():
    return []


def opening(workers):
    """Opens workers without a process, and keeps them."""
    return lambda *args: workers.append(InProcessWorker()) or workers[-1]


def request(**changed) -> Request:
    return Request(**{"problems": (PROBLEM,), "sizes": (BATCH_SIZE,), **changed})


def test_learn_kills_its_worker_though_its_generator_is_abandoned(data, opened, contender):
    epochs = learn(request(), EVERYONE, contender.variant, data, 3, opening(opened))
    next(epochs)
    assert opened[0].alive
    epochs.close()

    assert not opened[0].alive


def test_learning_gives_the_curve_of_the_variant(data, opened, contender):
    epochs = list(learn(request(), EVERYONE, contender.variant, data, 2, opening(opened)))
    expected = list(learning_curve(loaded(contender, data), contender, data, BATCH_SIZE, 2, seed=1))

    assert [(at.epoch, at.correct) for at in expected] == [(at.epoch, at.correct) for at in epochs]


def test_learn_raises_where_the_variant_is_unavailable(data, opened, contender):
    special = with_class(contender, missing=classmethod(lambda cls: "no gcc"))
    with pytest.raises(Unavailable, match=r"numpy_rows\[dtype=float64,order=C\]: no gcc"):
        next(learn(request(), [special.found], special.variant, data, 2, opening(opened)))
    assert [] == opened


def test_learn_refuses_a_problem_that_does_not_fit_the_data(data, contender):
    with pytest.raises(InvalidProblem, match="n_train"):
        next(learn(request(problems=(find_problem("nielsen"),)), EVERYONE, contender.variant, data, 2))


# --- the curves of a run ---


class Silent:
    @contextmanager
    def progress(self, title, total):
        self.total = total
        yield lambda what, amount: None


def drawn(tmp_path, data, opened, step_seconds=1e-4, **changed) -> tuple[list[dict], list[dict]]:
    """Draw the curves of a run with cells at 1, 20 and 50; return the rows of accuracy and of outcomes."""
    asked = request(sizes=(1, 20, 50), **changed)
    contenders = {e.key: e for e in contenders_of(asked, EVERYONE, EVERYONE)}
    cells = [Cell(*key[:2], size, key[2], 1, 0, step_seconds, False) for key in contenders for size in (1, 20, 50)]
    write_json(tmp_path / "plan.json", stored_plan(cells=msgspec.to_builtins(cells)))
    with RunFolder(tmp_path) as rows:
        draw_curves(rows, contenders, data, asked, opening(opened), Silent())
    return read_rows(tmp_path / "accuracy.jsonl"), read_rows(tmp_path / "outcomes.jsonl")


def test_each_implementation_has_one_curve_at_the_first_batch_size_from_ten_on(tmp_path, data, opened):
    accuracy, outcomes = drawn(tmp_path, data, opened)

    assert {("nielsen", "numpy_rows[dtype=float32,order=C]", 20)} == {
        (row["problem"], row["variant"], row["size"]) for row in accuracy
    }
    assert list(range(STANDARD.curve_passes + 1)) == [row["epoch"] for row in accuracy]
    assert [] == outcomes
    assert [False] == [worker.alive for worker in opened]


def test_an_approximate_implementation_has_no_learning_curve(tmp_path, data, opened, monkeypatch):
    monkeypatch.setattr("paragone.plan.cells.Contender.difference", "it only comes near this problem: another loss")
    accuracy, (outcome,) = drawn(tmp_path, data, opened)

    assert [] == accuracy == opened
    assert ("not measured", "it only comes near this problem: another loss") == (outcome["status"], outcome["reason"])


def test_slow_epochs_make_fewer_of_them(tmp_path, data, opened):
    # 29 steps an epoch of 0.1 s: 2.9 s; 12 s hold 4 of them.
    accuracy, _ = drawn(tmp_path, data, opened, step_seconds=0.1)

    assert 4 == accuracy[-1]["epoch"]


def test_an_epoch_that_takes_too_long_is_a_gap_with_its_reason(tmp_path, data, opened):
    accuracy, (outcome,) = drawn(tmp_path, data, opened, step_seconds=1.0)

    assert [] == accuracy == opened
    assert ("accuracy", "not measured", 20) == (outcome["stage"], outcome["status"], outcome["size"])
    assert outcome["reason"].startswith("an epoch takes about 29 s; paragone train numpy_rows")


def test_a_curve_whose_worker_fails_is_a_gap_and_no_part_of_it_is_kept(tmp_path, data, opened, monkeypatch):
    def failing(*args):
        yield Epoch(0, 10, 100, 0.0, 0.0)
        raise MeasurementFailed("train: the worker was killed by SIGSEGV")

    monkeypatch.setattr(learning_curves, "learning_curve", failing)
    accuracy, (outcome,) = drawn(tmp_path, data, opened)

    assert [] == accuracy
    assert "train: the worker was killed by SIGSEGV" == outcome["reason"]
    assert [False] == [worker.alive for worker in opened]


def test_a_curve_that_is_there_is_not_drawn_again(tmp_path, data, opened):
    first, _ = drawn(tmp_path, data, opened, quick=True)
    again, _ = drawn(tmp_path, data, opened, quick=True)

    assert first == again
    assert 1 == len(opened)
