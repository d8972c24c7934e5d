import dataclasses
from typing import ClassVar

import numpy as np
import pytest
from described_here import made, variants_of

from paragone.implementation.contract import FLOATS, Implementation, axes_of, without_version
from paragone.implementation.described import unavailable_reason
from paragone.task.mlp.problem_files import find_problem


class Whole(Implementation):
    name = "whole"
    axes: ClassVar = {"dtype": FLOATS, "order": ("C", "F")}

    def load(self, problem, images, labels):
        pass

    def reset(self, state):
        pass

    def train(self, order):
        pass

    def params(self):
        pass


def test_variants_are_all_combinations_in_the_order_declared_the_last_axis_fastest():
    assert [variant.name for variant in variants_of(Whole)] == [
        "whole[dtype=float32,order=C]",
        "whole[dtype=float32,order=F]",
        "whole[dtype=float64,order=C]",
        "whole[dtype=float64,order=F]",
    ]


def test_an_implementation_that_declares_no_axes_computes_in_float64():
    class Plain(Whole):
        name = "plain"
        axes = Implementation.axes

    assert [variant.name for variant in variants_of(Plain)] == ["plain[dtype=float64]"]


@pytest.mark.parametrize("variant", list(variants_of(Whole)), ids=lambda variant: variant.name)
def test_what_a_variant_makes_has_its_dtype_and_its_axes(variant):
    instance = made(variant)

    assert type(instance) is Whole
    assert instance.dtype == np.dtype(variant.dtype)
    assert instance.axis == dict(variant.axis)


def test_each_making_is_a_fresh_instance():
    [variant, *_] = variants_of(Whole)

    assert made(variant) is not made(variant)


def test_the_control_has_another_name_and_is_another_variant_of_the_same_code():
    [variant, *_] = variants_of(Whole)
    control = dataclasses.replace(variant, control=True)

    assert control.name == variant.name + " (A/A)"
    assert control != variant
    assert type(made(control)) is type(made(variant))


def test_variants_can_be_keys():
    assert len({*variants_of(Whole), *variants_of(Whole)}) == 4
    assert len({dataclasses.replace(v, control=c) for v in variants_of(Whole) for c in (True, False)}) == 8


@pytest.mark.parametrize("verb", ["load", "reset", "train", "params"])
def test_each_of_the_four_verbs_must_be_written(verb):
    lacking = type("Lacking", (Whole,), {verb: getattr(Implementation, verb)})

    with pytest.raises(TypeError, match=verb):
        lacking(dtype="float64")


def test_an_implementation_runs_everywhere_and_on_everything_unless_it_says_otherwise():
    assert Whole.missing() is None
    assert Whole.supports(find_problem("nielsen")) is None
    assert Whole.nearest(find_problem("nielsen")) is None
    assert Whole.call_seconds == 0
    assert Whole.deterministic


def with_hidden(activation):
    return dataclasses.replace(find_problem("nielsen"), hidden_activation=activation)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_an_implementation_that_does_not_declare_it_is_asked_for_no_other_hidden_layer_than_sigmoid(activation):
    """The code of older days has sigmoid in its formulas, and would train another network; it may have `supports`."""

    class Supports(Whole):
        @classmethod
        def supports(cls, problem):
            return None

    assert Supports.unsupported(with_hidden("sigmoid")) is None
    assert Supports.unsupported(with_hidden(activation)) == f"its hidden layers are sigmoid, not {activation}"
    (variant, *_) = variants_of(Supports)
    assert unavailable_reason(variant.implementation, with_hidden(activation)) == (
        f"its hidden layers are sigmoid, not {activation}"
    )


def test_what_an_implementation_declares_of_hidden_layers_it_may_still_refuse_by_supports():
    class Refuses(Whole):
        hidden_activations = ("sigmoid", "relu")

        @classmethod
        def supports(cls, problem):
            return "no" if problem.hidden_activation == "relu" else None

    assert Refuses.unsupported(with_hidden("sigmoid")) is None
    assert Refuses.unsupported(with_hidden("relu")) == "no"
    assert Refuses.unsupported(with_hidden("tanh")) == "its hidden layers are sigmoid or relu, not tanh"


def test_a_version_stands_between_the_name_and_the_axes():
    assert "whole[dtype=float32]" == without_version("whole@v1.2[dtype=float32]")
    assert "whole" == without_version("whole@v1.2")
    assert "whole[weird=a@b]" == without_version("whole[weird=a@b]")


def test_the_axes_of_a_variant_are_read_from_its_name():
    assert axes_of("numpy_rows[dtype=float32,order=C]") == {"dtype": "float32", "order": "C"}
    assert axes_of("plain") == {}
