"""TensorFlow, Keras and scikit-learn: what each does inside, which the gate does not see."""

from dataclasses import replace

import pytest
from everyone import FOUND
from small_gate import checked, loaded, small

from paragone.implementation.importing import implementation_class
from paragone.task.mlp.problem_files import find_problem, shipped_names
from paragone.task.mlp.stress import stress_problem, stress_state

pytestmark = pytest.mark.slow  # loads TensorFlow

NAMES = ("tensorflow_function", "keras_fit")


def found(name):
    if reason := FOUND[name].implementation.missing:
        pytest.skip(reason)
    return implementation_class(FOUND[name].folder, name)


@pytest.fixture(params=NAMES)
def implementation(request):
    return found(request.param)


def test_threads_that_no_one_configured_are_those_of_the_environment(implementation, monkeypatch):
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "3")
    monkeypatch.setenv("TF_NUM_INTEROP_THREADS", "1")
    threads = implementation(dtype="float32").threads()

    assert {"tensorflow within an operation": 3, "tensorflow between operations": 1} == dict(threads)


def test_the_build_info_names_the_versions(implementation):
    names = {"tensorflow_function": {"tensorflow"}, "keras_fit": {"keras", "tensorflow"}}

    assert names[implementation.name] == set(implementation(dtype="float32").build_info())


def trained_at(made, problem, batch_size, n_steps):
    made.reset(stress_state(problem, 1, batch_size))
    made.train(problem.order(1, n_steps, batch_size))


def test_the_graph_is_traced_once_for_any_number_of_steps_and_any_batch_size():
    implementation = found("tensorflow_function")
    problem = stress_problem(small("mlp4"))
    made = loaded(implementation, problem, dtype="float32")
    for batch_size, n_steps in ((1, 2), (10, 3), (10, 1)):
        trained_at(made, problem, batch_size, n_steps)

    assert 1 == made.network.steps.experimental_get_tracing_count()


def test_keras_traces_its_step_in_the_first_calls_of_a_batch_size_alone(monkeypatch):
    implementation = found("keras_fit")
    problem = stress_problem(small("mlp4"))
    made = loaded(implementation, problem, dtype="float32")
    traced, update_step = [], made.model.optimizer.update_step
    monkeypatch.setattr(made.model.optimizer, "update_step", lambda *args: traced.append(1) or update_step(*args))
    for batch_size in (1, 10):
        trained_at(made, problem, batch_size, 2)
    assert traced
    traced.clear()
    for batch_size, n_steps in ((10, 3), (1, 5), (10, 2)):
        trained_at(made, problem, batch_size, n_steps)

    assert [] == traced


def test_scikit_learn_is_exact_for_the_plain_softmax_alone_and_says_elsewhere_in_what_it_differs():
    nearest = found("sklearn_mlp").nearest

    assert nearest(find_problem("softmax")) is None
    assert "quadratic cost" in nearest(find_problem("nielsen"))
    for words in ("momentum", "L1", "L2"):
        assert words in nearest(find_problem("mlp4"))
    assert all(nearest(stress_problem(find_problem(name))) for name in shipped_names())


def test_scikit_learn_takes_an_l2_penalty_exactly_at_any_batch_size():
    problem = replace(small("softmax"), l2=0.3)

    for batch_size in (1, 7):
        assert "passed" == checked(found("sklearn_mlp"), problem, batch_size, dtype="float64").status
