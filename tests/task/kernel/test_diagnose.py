"""A wrong result is explained by the mistake that makes it, or by none."""

from dataclasses import replace

import numpy as np
import pytest
from kernel_folder import REFERENCE, write_kernel

from paragone.task.kernel import diagnose
from paragone.task.kernel.diagnose import likely_mistake
from paragone.task.kernel.judge import judge
from paragone.task.kernel.kernel_file import read_kernel
from paragone.task.kernel.mistakes import Computation, mistakes_of
from paragone.task.kernel.perturbation import expect
from paragone.task.kernel.reference import load_reference

MISTAKES = """

def from_the_origin(X, centre, *, n, d):
    return np.sqrt((X**2).sum(axis=1))


def broken(X, centre, *, n, d):
    raise ValueError("never finished")


MISTAKES = {"the author left this unfinished": broken, "the centre were the origin": from_the_origin}
"""


@pytest.fixture
def computation(tmp_path):
    folder = write_kernel(tmp_path, REFERENCE + MISTAKES)
    spec = read_kernel(folder)
    reference = load_reference(folder, spec)
    inputs = reference.inputs(1, "random", spec, 10)
    return Computation(spec, reference, inputs, 10, expect(reference, spec, inputs, 10))


def in_float32(results):
    return {name: array.astype(np.float32).astype(np.float64) for name, array in results.items()}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_mistake_is_rejected_and_known_again(computation, dtype):
    known = {mistake.sentence: mistake for mistake in mistakes_of(computation) if "unfinished" not in mistake.sentence}
    for sentence, mistake in known.items():
        got = in_float32(mistake.results()) if dtype == "float32" else mistake.results()
        assert judge(computation.spec, computation.expected, got, dtype).status == "failed", sentence
        said = likely_mistake(computation, got, dtype)

        # Where the next row of X is read, D is shifted: of mistakes with one effect, the first is said.
        assert said == sentence or np.allclose(known[said].results()["D"], mistake.results()["D"], rtol=1e-12), sentence


def test_the_authors_own_mistake_is_known(computation):
    got = {"D": np.linalg.norm(computation.inputs["X"], axis=1)}

    assert likely_mistake(computation, got, "float64") == "the centre were the origin"


def test_a_factor_is_found_where_no_mistake_with_a_name_fits(computation):
    right = computation.expected.outputs["D"]

    assert likely_mistake(computation, {"D": 2.5 * right}, "float64") == "D were 2.5 times what it is to be"


def test_what_nothing_explains_is_not_explained(computation):
    random = np.random.Generator(np.random.PCG64(3))

    assert likely_mistake(computation, {"D": random.standard_normal(10)}, "float64") is None


def test_a_result_that_is_nearly_right_is_not_explained(computation):
    right = computation.expected.outputs["D"].copy()
    right[3] *= 1 + 1e-9

    assert likely_mistake(computation, {"D": right}, "float64") is None


def test_a_mistake_that_explains_most_of_an_error_does_not_explain_it(computation):
    right = computation.expected.outputs["D"].copy()
    right[[0, -1]] *= 1.1, 0

    assert likely_mistake(computation, {"D": right}, "float64") is None


def test_results_of_another_call_are_known(computation):
    other = {"D": np.arange(10.0)}
    with_others = replace(computation, other_results=[other])

    assert likely_mistake(with_others, other, "float64") == "these were the results of another call"


def test_of_large_arrays_nothing_is_tried(computation, monkeypatch):
    monkeypatch.setattr(diagnose, "MOST_NUMBERS", 10)

    assert likely_mistake(computation, {"D": 0 * computation.expected.outputs["D"]}, "float64") is None
