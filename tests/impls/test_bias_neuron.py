"""Each step of the S4 ladder does what it is about, and differs from the one before in nothing else."""

import ast
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest
from small_gate import IMAGES, checked, loaded, small

from paragone.implementation.registry import IMPLEMENTATIONS, read_folder
from paragone.task.mlp.gate import stress_problem
from paragone.task.mlp.problem_files import shipped_names

FOLDER = IMPLEMENTATIONS / "numpy_bias_neuron"
STEPS = read_folder(FOLDER)
LAYERS = 3  # of weights, in mlp4
BATCH_SIZE = 7
FLOATS = ("float32", "float64")


def functions(implementation):
    """Return the source of each function and table of a maths file, without its docstring, by name."""
    tree = ast.parse((FOLDER / implementation.maths[0]).read_text(encoding="utf-8"))
    found = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = ast.unparse([node.args, *node.body[1:]])
        elif isinstance(node, ast.Assign):
            found[ast.unparse(node.targets)] = ast.unparse(node.value)
    return found


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        (0, 1, {"backward"}),
        (1, 2, {"store_images", "forward"}),
        (2, 3, {"step", "add_bias_row", "hidden_slope", "product", "backward", "PARTS"}),
    ],
)
def test_neighbours_differ_in_what_the_step_is_about_and_in_nothing_else(before, after, changed):
    one, other = functions(STEPS[before]), functions(STEPS[after])

    assert {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)} == changed


def test_the_steps_are_in_order_and_only_the_first_knows_no_float32():
    assert [step.name for step in STEPS] == [f"numpy_bias_step{number}" for number in range(4)]
    assert [step.axes["dtype"] for step in STEPS] == [("float64",), *[FLOATS] * 3]


@pytest.fixture(params=range(4), ids=lambda number: f"step{number}")
def watched(request, monkeypatch):
    """Return number, instance and the calls of one training step of mlp4, as (phase, function of the maths file)."""
    implementation = loaded(STEPS[request.param], small("mlp4"))
    calls, phase = Counter(), [""]

    def counting(name, function):
        def call(*arguments):
            calls[phase[0], name] += 1
            return function(*arguments)

        return call

    def within(name, function):
        def call(*arguments):
            phase[0] = name
            return function(*arguments)

        return call

    maths = implementation.maths_file
    for name in ("with_bias_row", *maths.PARTS.values()):
        monkeypatch.setattr(maths, name, counting(name, getattr(maths, name)))
    hidden = implementation.hidden
    implementation.hidden = SimpleNamespace(activation=counting("activation", hidden.activation), slope=hidden.slope)
    for name in ("gather", "forward", "loss", "backward", "update"):
        monkeypatch.setattr(maths, name, within(name, getattr(maths, name)))
    problem = implementation.problem
    implementation.reset(problem.start_state(1))
    implementation.train(problem.order(1, 1, BATCH_SIZE))
    return request.param, implementation, calls


def test_only_the_first_version_propagates_delta_to_the_input_layer(watched):
    number, _, calls = watched

    assert calls["backward", "propagated"] == (LAYERS if number == 0 else LAYERS - 1)


def test_bias_rows_are_added_where_the_step_still_does(watched):
    number, _, calls = watched

    assert calls["forward", "with_bias_row"] == (LAYERS if number < 2 else LAYERS - 1)
    assert calls["backward", "with_bias_row"] == (LAYERS, LAYERS - 1, LAYERS - 1, 0)[number]


def test_the_slope_takes_another_exp_until_the_activations_are_reused(watched):
    number, _, calls = watched

    assert calls["backward", "activation"] == (LAYERS, LAYERS - 1, LAYERS - 1, 0)[number]


def test_the_parts_are_functions_that_only_backward_calls_once_for_each_layer(watched):
    number, implementation, calls = watched
    parts = implementation.maths_file.PARTS
    times = {
        name: LAYERS if name in ("gradient", "penalised") or number == 0 else LAYERS - 1 for name in parts.values()
    }

    assert [label[:2] for label in parts] == [f"t{part}" for part in range(2 if number == 3 else 1, 7)]
    assert {name: count for (_, name), count in calls.items() if name in times} == times
    assert {phase for phase, name in calls if name in times} == {"backward"}


@pytest.mark.parametrize("number", range(4))
def test_a_mini_batch_is_in_fortran_order_and_is_copied_into_c_order_until_the_bias_row_is_stored(number):
    implementation = loaded(STEPS[number], small("mlp4"))
    implementation.reset(implementation.problem.start_state(1))
    maths = implementation.maths_file
    X, _ = maths.gather(implementation.X, implementation.Y, np.arange(BATCH_SIZE))
    _, A = maths.forward(X, implementation.W, implementation.hidden, implementation.output)

    assert X.flags.f_contiguous
    assert (A[0] is X, A[0].flags.c_contiguous) == ((False, True) if number < 2 else (True, False))
    assert A[0].shape == (1 + IMAGES.shape[1], BATCH_SIZE)
    assert (A[0][0] == 1).all()


@pytest.mark.parametrize("number", range(4))
def test_penalties_are_not_put_on_the_column_of_biases(number):
    implementation = loaded(STEPS[number], stress_problem(small("mlp4")))
    W, dW = np.ones((2, 3)), np.zeros((2, 3))
    penalised = implementation.maths_file.penalised(dW, W, implementation.problem)

    assert not penalised[:, 0].any()
    assert (penalised[:, 1:] == implementation.problem.l2 + implementation.problem.l1).all()


@pytest.mark.parametrize("name", shipped_names())
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_every_step_passes_the_gate_on_every_workload_and_its_twin(step, name):
    for dtype in step.axes["dtype"]:
        for problem in (small(name), stress_problem(small(name))):
            check = checked(step, problem, dtype=dtype)
            assert check.passed, check.reason
