"""Evaluation: predicted classes are compared with those of the parameters; every predicting variant is tested."""

from types import SimpleNamespace

import numpy as np
import pytest
from everyone import EVERYONE
from small_gate import IMAGES, LABELS, loaded, small

from paragone.errors import MeasurementFailed
from paragone.implementation.importing import implementation_class
from paragone.measure.evaluation import MOST_CALLS, calls_of_a_sample, evaluate, evaluate_after, fault_of_classes
from paragone.store.records import Evaluation, Sample
from paragone.task.mlp.perturbation import logits
from paragone.task.mlp.state import State
from paragone.worker.commands import Evaluate
from paragone.worker.replies import Evaluated

IN_NUMPY = [
    implementation_class(found.folder, found.name)
    for found in EVERYONE
    if found.implementation.predicts and found.implementation.bridge is None
]
DATA = SimpleNamespace(test_labels=LABELS, test_pixels=lambda dtype: (IMAGES / 255).astype(dtype))
# Two pixels are two logits: the class is the brighter pixel.
BRIGHTER = State.at_rest([np.eye(2)], [np.zeros(2)])
TWO = SimpleNamespace(test_labels=[0, 1, 0], test_pixels=lambda dtype: np.array([[0.9, 0.1], [0.2, 0.7], [0.5, 0.5]]))


@pytest.mark.parametrize("problem", ["nielsen", "softmax", "mlp4"])
@pytest.mark.parametrize("implementation", IN_NUMPY, ids=lambda implementation: implementation.name)
def test_predicted_classes_follow_from_the_parameters(implementation, problem):
    problem = small(problem)
    for order in implementation.axes.get("order", (None,)):
        axes = {"dtype": "float32"} | ({"order": order} if order else {})
        made = loaded(implementation, problem, **axes)
        made.load_test((IMAGES / 255).astype(made.dtype))
        made.reset(problem.start_state(1))
        before = made.predict()
        made.train(problem.order(1, 30, 10))

        assert fault_of_classes(problem.start_state(1), DATA, before) is None
        assert fault_of_classes(made.params(), DATA, made.predict()) is None
        assert "it names another class" in fault_of_classes(made.params(), DATA, (made.predict() + 1) % 10)


def test_enough_implementations_predict_for_the_claims_about_epochs():
    names = {found.name for found in EVERYONE if found.implementation.predicts}

    assert {"numpy_rows", "numpy_columns", "numpy_per_sample", "julia_broadcast"} <= names


def test_where_two_logits_are_as_good_as_equal_either_class_is_right():
    assert fault_of_classes(BRIGHTER, TWO, np.array([0, 1, 0])) is None
    assert fault_of_classes(BRIGHTER, TWO, np.array([0, 1, 1])) is None
    assert fault_of_classes(BRIGHTER, TWO, np.array([0, 0, 1])).startswith("for 1 of 3 test images")


@pytest.mark.parametrize("got", [None, np.array([0, 1]), np.array([0.0, 1.0, 0.0]), np.array([[0, 1, 0]])])
def test_a_result_that_is_not_one_class_per_image_is_a_fault(got):
    assert fault_of_classes(BRIGHTER, TWO, got).startswith("expected a class of every test image")


def test_the_class_is_that_of_the_largest_logit():
    assert np.array_equal(logits(BRIGHTER, TWO.test_pixels("float64")), TWO.test_pixels("float64"))


class Scripted:
    """A worker whose calls of `predict` take so many nanoseconds each."""

    def __init__(self, classes, ns=1_000_000):
        self.classes, self.ns, self.asked = np.array(classes), ns, []

    def call_with_arrays(self, command):
        self.asked.append(command)
        return Evaluated(self.ns * command.n_calls), {"classes": self.classes}

    def result(self):
        return BRIGHTER, None


def test_an_evaluation_that_names_other_classes_is_no_measurement():
    with pytest.raises(MeasurementFailed, match="predict: for 2 of 3"):
        evaluate(Scripted([1, 0, 0]), TWO, 1)


def test_short_calls_are_repeated_until_they_make_a_sample_and_the_first_is_not_counted():
    worker = Scripted([0, 1, 0], 4_000_000)

    assert calls_of_a_sample(worker, TWO) == 10
    assert worker.asked == [Evaluate(n_calls=1)] * 2
    assert calls_of_a_sample(Scripted([0, 1, 0], 1), TWO) == MOST_CALLS
    assert calls_of_a_sample(Scripted([0, 1, 0], 10**9), TWO) == 1


def test_a_row_says_which_sample_it_follows():
    place = {"problem": "p", "variant": "v", "batch_size": 10, "threads": 1, "wave": 0, "launch": 2, "attempt": 0}
    sample = Sample(**place, round=3, kind="timed", n_steps=1, elapsed_ns=5, cpu_ns=5, digest="")
    row = evaluate_after(sample, Scripted([0, 1, 0]), TWO, 4)

    assert row == Evaluation(**place, round=3, n_calls=4, n_images=3, elapsed_ns=4_000_000)
