"""Every implementation that ships has the hidden layers that it declares: sigmoid, tanh and ReLU."""

from dataclasses import replace

import pytest
from everyone import EVERYONE
from small_gate import checked, small

from paragone.implementation.importing import implementation_class
from paragone.task.mlp.problem import HIDDEN_ACTIVATIONS

OTHERS = ("tanh", "relu")
QUICK = ("numpy_", "python_lists", "c_", "rust_", "fortran_", "sklearn_", "torch_manual", "torch_autograd")


def test_every_implementation_that_ships_declares_all_hidden_layers():
    assert {found.name: found.implementation.hidden_activations for found in EVERYONE} == {
        found.name: HIDDEN_ACTIVATIONS for found in EVERYONE
    }


def cases():
    """An implementation and an activation; those that compile, or start another language, take seconds each."""
    for found in EVERYONE:
        for activation in OTHERS:
            marks = () if found.name.startswith(QUICK) else (pytest.mark.slow,)
            yield pytest.param(found, activation, id=f"{found.name}-{activation}", marks=marks)


@pytest.mark.parametrize(("found", "activation"), list(cases()))
def test_the_gate_passes_it_with_other_hidden_layers_than_sigmoid(found, activation):
    if found.implementation.missing:
        pytest.skip(found.implementation.missing)
    problem = replace(small("softmax"), layers=(49, 8, 7, 10), hidden_activation=activation)
    kind = implementation_class(found.folder, found.name)

    for size in (1, 10):  # in float64, where rounding all but never decides on which side of its kink a ReLU is
        check = checked(kind, problem, size, dtype="float64")
        assert (check.status, check.reason) == ("passed", "")
