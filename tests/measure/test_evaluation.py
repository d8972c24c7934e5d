"""Evaluation: what `predict` returns is right, was computed inside the clock, and was not prepared before it."""

import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from described_here import described
from easy_data import N_TEST, easy_data
from everyone import EVERYONE
from in_process import InProcessWorker
from small_gate import IMAGES, LABELS, loaded, small
from zoo_faults import PROBLEM as WORKERS_PROBLEM
from zoo_faults import Workers

from paragone.errors import MeasurementFailed
from paragone.implementation.contract import Variant
from paragone.implementation.importing import implementation_class
from paragone.implementation.registry import IMPLEMENTATIONS
from paragone.measure.evaluation import (
    MOST_CALLS,
    TRIES,
    calls_of_a_sample,
    evaluate,
    evaluate_after,
    fault_of_calls,
    wrong_classes,
)
from paragone.store.records import Evaluation, Sample
from paragone.task.mlp.perturbation import logits
from paragone.task.mlp.problem_files import find_problem, shipped_names
from paragone.task.mlp.state import State
from paragone.worker.replies import Evaluated

IN_NUMPY = [
    implementation_class(found.folder, found.name)
    for found in EVERYONE
    if found.implementation.predicts and found.implementation.bridge is None
]
(Rows,) = [implementation for implementation in IN_NUMPY if implementation.name == "numpy_rows"]
TEST_PIXELS = (IMAGES / 255).astype("float64")
# Two pixels are two logits: the class is the brighter pixel.
BRIGHTER = State.at_rest([np.eye(2)], [np.zeros(2)])
TWO = SimpleNamespace(test_labels=[0, 1, 0], test_pixels=lambda dtype: np.array([[0.9, 0.1], [0.2, 0.7], [0.5, 0.5]]))
BRIGHTER_PROBLEM = SimpleNamespace(start_state=lambda seed: BRIGHTER, hidden_activation="sigmoid")
PROBLEM = replace(find_problem("nielsen"), n_train=200, layers=(784, 4, 10))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return easy_data(tmp_path_factory.mktemp("cache"))


def evaluated(implementation, data, n_calls=2, times=2):
    """Return the nanoseconds of the last of several evaluations of an implementation in this process."""
    worker = InProcessWorker()
    variant = Variant(described(implementation), (("dtype", "float32"), ("order", "C")))
    worker.load(variant, str(IMPLEMENTATIONS / "numpy_rows"), PROBLEM, str(data.folder), 1)
    return [evaluate(worker, PROBLEM, data, n_calls) for _ in range(times)][-1]


# --- honest code ---


@pytest.mark.parametrize("problem", shipped_names())
@pytest.mark.parametrize("implementation", IN_NUMPY, ids=lambda implementation: implementation.name)
def test_predicted_classes_follow_from_the_parameters(implementation, problem):
    problem = small(problem)
    for order in implementation.axes.get("order", (None,)):
        axes = {"dtype": "float32"} | ({"order": order} if order else {})
        made = loaded(implementation, problem, **axes)
        made.load_test(TEST_PIXELS.astype(made.dtype))
        made.reset(problem.start_state(1))
        before = made.predict()
        made.train(problem.order(1, 30, 10))

        assert wrong_classes(problem, problem.start_state(1), TEST_PIXELS, before) == 0
        assert wrong_classes(problem, made.params(), TEST_PIXELS, made.predict()) == 0
        assert wrong_classes(problem, made.params(), TEST_PIXELS, (made.predict() + 1) % 10) > len(LABELS) / 2


def test_enough_implementations_predict_for_the_claims_about_epochs():
    names = {found.name for found in EVERYONE if found.implementation.predicts}

    assert {"numpy_rows", "numpy_columns", "numpy_per_sample", "julia_broadcast"} <= names


class View(np.ndarray):
    """A subclass of NumPy's array, as libraries have them."""


AS_HONEST_CODE_RETURNS_THEM = {
    "an array": lambda classes: classes,
    "a view of a larger array": lambda classes: np.stack([classes, classes], axis=1)[:, 1],
    "a subclass": lambda classes: classes.view(View),
    "small numbers": lambda classes: classes.astype(np.uint8),
    "a list": lambda classes: classes.tolist(),
}


@pytest.mark.parametrize("form", AS_HONEST_CODE_RETURNS_THEM.values(), ids=AS_HONEST_CODE_RETURNS_THEM)
def test_whole_numbers_in_any_form_are_right(data, form):
    class Honest(Rows):
        def predict(self):
            return form(super().predict())

    assert evaluated(Honest, data) > 0


def test_a_buffer_that_every_call_writes_again_is_right(data):
    class Reuses(Rows):
        def load_test(self, images):
            super().load_test(images)
            self.classes = np.zeros(len(images), dtype=np.int64)

        def predict(self):
            self.classes[:] = super().predict()
            return self.classes

    assert evaluated(Reuses, data, n_calls=3) > 0


def test_what_takes_the_parameters_over_in_reset_and_computes_in_predict_is_right(data):
    class Transposes(Rows):
        def reset(self, state):
            super().reset(state)
            self.W = [np.asfortranarray(W_l) for W_l in self.W]

    assert evaluated(Transposes, data) > 0


def test_states_and_classes_travel_to_a_worker_and_back(data):
    with Workers(data) as workers:
        worker = workers.loaded("numpy_rows")

        assert calls_of_a_sample(worker, WORKERS_PROBLEM, data) >= 1
        assert evaluate(worker, WORKERS_PROBLEM, data, 3) > 0


# --- work that is put off, kept or done before ---


SECONDS = 0.02  # that a dishonest member's classes take, so that its place can be seen


class Lazy:
    """Classes that are computed when somebody looks at them."""

    def __init__(self, compute):
        self.compute = compute

    def __array__(self, dtype=None, copy=None):
        time.sleep(SECONDS)
        return self.compute()


def test_classes_that_are_computed_when_they_are_read_are_computed_inside_the_clock(data):
    class PutsOff(Rows):
        def predict(self):
            return Lazy(super().predict)

    assert evaluated(PutsOff, data, n_calls=1) > 0.9 * SECONDS * 1e9


class RemembersAlways(Rows):
    known = None

    def predict(self):
        if self.known is None:
            self.known = super().predict()
        return self.known


class RemembersByParameters(Rows):
    def load_test(self, images):
        super().load_test(images)
        self.known = {}

    def predict(self):
        key = np.abs(self.b[-1]).round(-1).tobytes()  # parameters hardly change from one call to the next, it seems
        if key not in self.known:
            self.known[key] = super().predict()
        return self.known[key]


class RemembersTheHiddenLayer(Rows):
    sums = None

    def predict(self):
        if self.sums is None:
            self.sums = self.X_test @ self.W[0] + self.b[0]
        A = 1 / (1 + np.exp(-self.sums))
        return (A @ self.W[1] + self.b[1]).argmax(axis=1)


class LooksAtHalfOfThem(Rows):
    def predict(self):
        classes = super().predict()
        classes[::2] = classes[1::2]
        return classes


class IsWrongOnce(Rows):
    def predict(self):
        classes = super().predict()
        classes[17] = (classes[17] + 1) % 10
        return classes


@pytest.mark.parametrize(
    "member",
    [RemembersAlways, RemembersByParameters, RemembersTheHiddenLayer, LooksAtHalfOfThem],
    ids=lambda member: member.__name__,
)
def test_classes_of_other_parameters_or_other_images_are_wrong(data, member):
    with pytest.raises(MeasurementFailed, match=rf"^predict: for \d+ of {N_TEST} test images it names another class"):
        evaluated(member, data, times=4)


def test_one_wrong_class_of_one_image_is_found(data):
    with pytest.raises(MeasurementFailed, match=rf"^predict: for 1 of {N_TEST} test images it names another class"):
        evaluated(IsWrongOnce, data, n_calls=1)


class WorksInReset(Rows):
    classes = None

    def reset(self, state):
        super().reset(state)
        if hasattr(self, "X_test"):
            time.sleep(SECONDS)
            self.classes = super().predict()

    def predict(self):
        return self.classes


def test_classes_that_reset_prepared_are_not_timed_as_if_predict_had_found_them(data):
    with pytest.raises(MeasurementFailed, match=r"^reset\(\) took 2\d(\.\d)? ms before a predict\(\) of 0\.\d+ ms"):
        evaluated(WorksInReset, data)


def test_a_single_slow_reset_is_noise(data):
    class IsSlowOnce(Rows):
        resets = 0

        def reset(self, state):
            super().reset(state)
            self.resets += 1
            if self.resets == 3:
                time.sleep(SECONDS)

    assert evaluated(IsSlowOnce, data, n_calls=1, times=4) > 0


@pytest.mark.parametrize("wrong", [lambda c: c.astype(bool), lambda c: c.astype(float), lambda c: c[:, None]])
def test_a_result_that_is_not_one_whole_number_per_image_is_a_fault(data, wrong):
    class Returns(Rows):
        def predict(self):
            return wrong(super().predict())

    with pytest.raises(MeasurementFailed, match=r"predict: expected a whole number for every test image; got "):
        evaluated(Returns, data)


def test_results_of_different_lengths_are_a_fault(data):
    class Forgets(Rows):
        n_calls = 0

        def predict(self):
            self.n_calls += 1
            return super().predict()[: N_TEST - self.n_calls]

    with pytest.raises(MeasurementFailed, match="another shape from one call to the next"):
        evaluated(Forgets, data)


# --- the comparison ---


def test_where_two_logits_are_as_good_as_equal_either_class_is_right():
    pixels = TWO.test_pixels("float64")

    answers = ([0, 1, 0], [0, 1, 1], [0, 0, 1])
    assert [wrong_classes(PROBLEM, BRIGHTER, pixels, np.array(classes)) for classes in answers] == [0, 0, 1]


@pytest.mark.parametrize("got", [None, [[0, 1]], [[0.0, 1.0, 0.0]], [0, 1, 0], [[0, 1, 0], [0, 1, 0]]])
def test_an_answer_that_is_not_one_class_per_image_and_call_is_a_fault(got):
    got = None if got is None else np.array(got)
    assert fault_of_calls(PROBLEM, [BRIGHTER], TWO, got).startswith("expected whole numbers of shape (1, 3)")


def test_every_image_is_compared_in_one_of_the_calls():
    right, wrong = np.array([0, 1, 0]), np.array([1, 0, 0])

    assert fault_of_calls(PROBLEM, [BRIGHTER] * 3, TWO, np.stack([right] * 3)) is None
    assert fault_of_calls(PROBLEM, [BRIGHTER] * 3, TWO, np.stack([wrong] * 3)).startswith("for 2 of 3 test images")


def test_the_class_is_that_of_the_largest_logit():
    assert np.array_equal(logits(PROBLEM, BRIGHTER, TWO.test_pixels("float64")), TWO.test_pixels("float64"))


class Scripted:
    """A worker whose calls of `predict` take so many nanoseconds each, and those of `reset`."""

    def __init__(self, classes, ns=1_000_000, reset_ns=0):
        self.classes, self.ns, self.reset_ns, self.asked = np.array(classes), ns, reset_ns, []

    def call_with_arrays(self, command, arrays):
        n_calls = len(arrays["W1"])
        self.asked.append(n_calls)
        times = Evaluated(elapsed_ns=self.ns * n_calls, reset_ns=self.reset_ns * n_calls)
        return times, {"classes": np.stack([self.classes] * n_calls)}


def test_an_evaluation_that_names_other_classes_is_no_measurement():
    with pytest.raises(MeasurementFailed, match="predict: for 2 of 3"):
        evaluate(Scripted([1, 0, 0]), BRIGHTER_PROBLEM, TWO, 1)


@pytest.mark.parametrize(("reset_ms", "tries"), [(5.2, 1), (5.3, TRIES)])
def test_reset_may_take_five_milliseconds_and_a_quarter_of_predict(reset_ms, tries):
    worker = Scripted([0, 1, 0], 1_000_000, int(reset_ms * 1e6))
    try:
        evaluate(worker, BRIGHTER_PROBLEM, TWO, 3)
    except MeasurementFailed:
        assert tries == TRIES

    assert worker.asked == [3] * tries


def test_every_call_has_parameters_of_its_own_that_no_seed_of_the_run_gives():
    seeds = []
    problem = SimpleNamespace(start_state=lambda seed: seeds.append(seed) or BRIGHTER, hidden_activation="sigmoid")
    for _ in range(2):
        evaluate(Scripted([0, 1, 0]), problem, TWO, 4)

    assert len(set(seeds)) == 8


def test_short_calls_are_repeated_until_they_make_a_sample_and_the_first_is_not_counted():
    worker = Scripted([0, 1, 0], 8_000_000)

    assert calls_of_a_sample(worker, BRIGHTER_PROBLEM, TWO) == 5
    assert worker.asked == [1] * 2
    assert calls_of_a_sample(Scripted([0, 1, 0], 1), BRIGHTER_PROBLEM, TWO) == MOST_CALLS
    assert calls_of_a_sample(Scripted([0, 1, 0], 10**9), BRIGHTER_PROBLEM, TWO) == 1


def test_a_row_says_which_sample_it_follows():
    place = {"problem": "p", "variant": "v", "size": 10, "threads": 1, "wave": 0, "launch": 2, "attempt": 0}
    sample = Sample(**place, round=3, kind="timed", n_steps=1, elapsed_ns=5, cpu_ns=5, digest="")
    row = evaluate_after(sample, Scripted([0, 1, 0]), BRIGHTER_PROBLEM, TWO, 4)

    assert row == Evaluation(**place, round=3, n_calls=4, n_images=3, elapsed_ns=4_000_000)
